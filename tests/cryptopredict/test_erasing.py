"""A person who has gone: nothing of them is found anywhere, nobody else loses a row, and the chains hold."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from psycopg import sql

from accounts.models import User
from accounts.services.people import close_account, ensure_system_user
from aimodels.models import Prediction
from aimodels.services.verification import verify_ledger
from cryptopredict.portability.erasing import (
    ACTS,
    NAMELESS,
    erase_closed_accounts,
    erase_person,
    name_of,
    own_relations,
    own_rows,
    relations,
)
from selection.models import Portfolio, Watchlist
from system import configuration
from system.choices import AuditOperation
from system.exceptions import ConflictError, NotAllowed
from system.models import BackgroundTask, RowChange
from system.selectors.trail import verify_trail
from system.services import change_setting, record_change
from system.services.trail import seal_changes
from tests.factories import (
    AdminFactory,
    AssetFactory,
    ChannelFactory,
    ExchangeAccountFactory,
    PortfolioFactory,
    PredictionFactory,
    ReviewFactory,
    ScreenshotFactory,
    UserFactory,
    UserSessionFactory,
    WatchlistFactory,
)
from tests.pages import every
from trading.services import record_trade, write_note

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
MARK = "zyxwvut"
"""In everything that the person has said."""
ACTED = {
    "ai_suggestions.reviewed_by",
    "ai_suggestions_archive.reviewed_by",
    "ai_trading_signals.generated_by",
    "audit_log.changed_by",
    "model_activations.activated_by",
    "model_jobs.initiated_by",
    "portfolio_assets.added_by",
    "portfolio_assets.last_modified_by",
    "recommendations.reviewed_by",
    "suggestion_reviews.reviewer",
    "system_config.updated_by",
    "system_config_history.changed_by",
    "user_activities_archive.user",
    "user_feedback.reviewed_by",
    "users.deleted_by",
    "users.referred_by",
    "watchlist_asset_history.changed_by",
    "watchlist_assets.added_by",
    "watchlist_assets.last_modified_by",
    "watchlist_state_history.changed_by",
}
"""Columns that go on pointing at the account without a person, where their rows stay at all."""


def somebody() -> User:
    """With something on every page, and more that no page shows."""
    person = every.make_all()
    person.email, person.first_name, person.bio = f"{MARK}@example.com", f"{MARK} I", f"I am {MARK}."
    person.save()
    portfolio = PortfolioFactory(user=person, name=f"{MARK}'s")
    says: dict[str, Any] = {"actor": person, "executed_at": timezone.now(), "quantity": Decimal(2), "price": Decimal(9)}
    trade = record_trade(portfolio, AssetFactory(), action_type="buy", **says)
    write_note(trade, actor=person, text=f"{MARK} bought")
    ScreenshotFactory(trade_action=trade)
    WatchlistFactory(user=person, watchlist_type="personal", name=f"{MARK}'s list")
    UserSessionFactory(user=person)
    ExchangeAccountFactory(portfolio=portfolio, created_by=person)
    PredictionFactory(user=person)
    record_change(ChannelFactory(user=person), AuditOperation.INSERT, actor=person, new={"name": f"{MARK}'s phone"})
    return person


def rows(user: User) -> dict[str, int]:
    """How many rows of each table point at somebody."""
    return {name_of(column): own_rows(column, user).count() for column in relations()}


def tables_that_say(word: str) -> list[str]:
    """Tables with a row in which a word stands, in any column."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relispartition ORDER BY 1"
        )
        names = [name for (name,) in cursor.fetchall()]
        found = []
        for name in names:
            one = sql.SQL("SELECT EXISTS (SELECT FROM {} t WHERE t::text LIKE %s)").format(sql.Identifier(name))
            cursor.execute(one, [f"%{word}%"])
            if cursor.fetchone()[0]:
                found.append(name)
    return found


def test_nothing_of_them_is_left_and_nobody_else_loses_a_row() -> None:
    person, other = somebody(), UserFactory()
    PortfolioFactory(user=other)
    WatchlistFactory(user=other, watchlist_type="personal", name="kept")
    seal_changes()
    assert {"users", "portfolios", "watchlists", "row_changes"} <= set(tables_that_say(MARK))
    forecasts, others = Prediction.objects.count(), rows(other)
    close_account(person, by=None)
    gone = erase_person(person)
    assert tables_that_say(MARK) == []
    assert {"portfolios", "watchlists", "user_sessions"} <= gone.keys()
    own = {name_of(column) for column in own_relations()}
    left = {name: count for name, count in rows(person).items() if count and name in own | NAMELESS}
    assert left == {}
    assert rows(other) == others
    assert Prediction.objects.count() == forecasts
    assert (Portfolio.objects.get().user, Watchlist.objects.filter(user=other).count()) == (other, 1)
    husk = User.objects.all_with_deleted().get(pk=person.pk)
    assert (husk.email, husk.first_name, husk.is_active) == (f"{person.pk}@erased.invalid", None, False)
    assert not husk.has_usable_password()
    emptied = RowChange.objects.filter(table_name="users", row_id=person.pk)
    assert emptied.exists()
    assert not emptied.exclude(before=None, after=None, salt=None).exists()
    seal_changes()
    assert verify_trail().fault is None
    assert all(chain.fault is None for chain in verify_ledger())


def test_an_admin_goes_and_what_they_decided_stays() -> None:
    admin = AdminFactory(email=f"{MARK}@example.com")
    review = ReviewFactory(reviewer=admin)
    close_account(admin, by=None)
    erase_person(admin)
    review.refresh_from_db()
    assert review.reviewer_id == admin.pk
    assert tables_that_say(MARK) == []


def test_only_a_closed_account_is_erased_and_once() -> None:
    person = UserFactory()
    with pytest.raises(ConflictError, match="Close it first"):
        erase_person(person)
    with pytest.raises(NotAllowed, match="own account"):
        erase_person(ensure_system_user())
    close_account(person, by=None)
    assert erase_person(person) == {}
    with pytest.raises(ConflictError, match="already"):
        erase_person(person)


def default_ages() -> Any:
    """The setting ``retention`` as the product comes."""
    return configuration.group("retention").default


def test_accounts_go_some_time_after_they_were_closed() -> None:
    now = timezone.now()
    early, late, _open = UserFactory.create_batch(3)
    for user, days in ((early, 31), (late, 29)):
        close_account(user, by=None)
        User.objects.all_with_deleted().filter(pk=user.pk).update(deleted_at=now - timedelta(days=days))
    change_setting("retention", {**default_ages(), "closed_accounts_days": None}, actor=None)
    assert erase_closed_accounts(timezone.now()) == 0
    change_setting("retention", {**default_ages(), "closed_accounts_days": 30}, actor=None)
    assert erase_closed_accounts(timezone.now()) == 1
    assert erase_closed_accounts(timezone.now()) == 0
    emails = dict(User.objects.all_with_deleted().values_list("pk", "email"))
    assert emails[early.pk] == f"{early.pk}@erased.invalid"
    assert emails[late.pk] == late.email


def test_one_that_cannot_be_erased_keeps_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The database refuses to let the first one's portfolios go; the others are erased, and it is said which is not."""
    stuck, *others = (PortfolioFactory(name=f"portfolio of {number}").user for number in range(3))
    now = timezone.now()
    for user in (stuck, *others):
        close_account(user, by=None)
        User.objects.all_with_deleted().filter(pk=user.pk).update(deleted_at=now - timedelta(days=400))
    change_setting("retention", {**default_ages(), "closed_accounts_days": 30}, actor=None)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION hold_back() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% stays', OLD.name USING ERRCODE = 'restrict_violation'; END $$"
        )
        cursor.execute(
            sql.SQL(
                "CREATE TRIGGER trg_hold_back BEFORE DELETE ON portfolios FOR EACH ROW WHEN (OLD.user_id = {}) "
                "EXECUTE FUNCTION hold_back()"
            ).format(sql.Literal(stuck.pk))
        )
    try:
        assert erase_closed_accounts(timezone.now()) == 2
        erased = set(
            User.objects.all_with_deleted().filter(email__endswith="@erased.invalid").values_list("pk", flat=True)
        )
        assert erased == {user.pk for user in others}
        assert list(Portfolio.objects.values_list("user", flat=True)) == [stuck.pk], "of the first nothing went"
        task = BackgroundTask.objects.get()
        assert (task.status, task.result_data) == ("failed", {"accounts": 2})
        assert task.error_message == f"account {stuck.pk}: IntegrityError", "and not what it is called"
        assert f"Account {stuck.pk} could not be erased" in caplog.text
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("DROP TRIGGER trg_hold_back ON portfolios; DROP FUNCTION hold_back()")
    assert erase_closed_accounts(timezone.now()) == 1
    assert erase_closed_accounts(timezone.now()) == 0
    assert list(BackgroundTask.objects.order_by("pk").values_list("status", flat=True)) == ["failed", "completed"]


def test_the_command_asks_first(capsys: pytest.CaptureFixture[str]) -> None:
    person = PortfolioFactory().user
    close_account(person, by=None)
    with pytest.raises(CommandError, match="--yes"):
        call_command("erase_person", person.email)
    call_command("erase_person", person.email, "--yes")
    assert "portfolios: 1" in capsys.readouterr().out
    with pytest.raises(CommandError, match="nobody called"):
        call_command("erase_person", person.email)


def test_of_every_column_that_points_at_a_person_it_is_known_what_becomes_of_it() -> None:
    every_one = {name_of(column) for column in relations()}
    own = {name_of(column) for column in own_relations()}
    assert every_one - own - ACTS - NAMELESS == ACTED
