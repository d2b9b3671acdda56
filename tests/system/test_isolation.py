"""What fences keep apart, looked at from outside: by raw SQL that asks for nobody's rows in particular."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from system.acting import GUEST, Everyone, acting, acting_as, for_everyone
from system.fences import FENCED
from tests import factories as make
from tests import rounds
from tests.cryptopredict.admin_rows import ROWS

pytestmark = pytest.mark.django_db
POSITION = "portfolio_asset__portfolio__user"
LIST = "watchlist__user"
OWNERS = {
    "ai_portfolio_analysis": "portfolio__user",
    "ai_portfolio_asset_analysis": POSITION,
    "ai_suggestions": LIST,
    "ai_suggestions_archive": LIST,
    "ai_trading_signals": "portfolio_analysis__portfolio__user",
    "ai_watchlist_analysis": LIST,
    "backtests": "created_by",
    "exchange_accounts": "portfolio__user",
    "exchange_records": "account__portfolio__user",
    "execution_fills": "execution__user",
    "lot_disposals": "position__portfolio__user",
    "manual_prices": "portfolio__user",
    "notification_deliveries": "channel__user",
    "paper_portfolios": "portfolio__user",
    "paper_trades": "paper__portfolio__user",
    "portfolio_assets": "portfolio__user",
    "portfolio_days": "portfolio__user",
    "position_flows": "position__portfolio__user",
    "position_lots": "position__portfolio__user",
    "recommendation_entries": "recommendation__user",
    "recommendation_outcomes": "recommendation__user",
    "suggestion_reviews": "suggestion__watchlist__user",
    "trade_actions": POSITION,
    "trade_imports": "portfolio__user",
    "trade_note_versions": "note__trade_action__portfolio_asset__portfolio__user",
    "trade_notes": "trade_action__portfolio_asset__portfolio__user",
    "trade_screenshots": "trade_action__portfolio_asset__portfolio__user",
    "used_refresh_tokens": "session__user",
    "watchlist_asset_history": LIST,
    "watchlist_assets": LIST,
    "watchlist_state_history": LIST,
    "webhook_deliveries": "subscription__user",
}
"""Whose a row is, as the program sees it; of all other tables ``user`` says it."""
NOT_BY_KEY = {"suggestion_outcomes", "row_changes"}
"""A suggestion may be in either of two tables, so that no path leads there; the audit is nobody's own."""
Kept = dict[str, dict[int, int | None]]


def fenced_models() -> dict[str, Any]:
    found = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    return {name: found[name] for name in sorted(FENCED)}


def owners() -> Kept:
    """The rows of every fenced table, and whose each is."""
    with for_everyone():
        return {
            name: dict(model._base_manager.values_list("pk", OWNERS.get(name, "user")))
            for name, model in fenced_models().items()
            if name not in NOT_BY_KEY
        }


@pytest.fixture(scope="module")
def kept(module_rows: Any) -> Kept:
    """Rows of many people in every table."""
    with module_rows():
        for label, row in ROWS.items():
            if apps.get_model(label)._meta.db_table in FENCED:
                for number in (71, 72):
                    row(number)
        advice, action = make.RecommendationFactory(), make.TradeActionFactory()
        advice.journal_entries.add(action)
        make.RecommendationFactory(user=None)
        make.PredictionFactory(user=None)
        make.PredictionFactory(user=make.UserFactory())
        return owners()


def seen_in(name: str, statement: str = "SELECT {key} FROM {table}") -> set[int]:
    """Keys that raw SQL finds in a table."""
    model = fenced_models()[name]
    words = {"key": sql.Identifier(model._meta.pk.column), "table": sql.Identifier(name)}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**words))
        return {key for (key,) in cursor.fetchall()}


def test_every_fenced_table_holds_rows(kept: Kept) -> None:
    assert [name for name, rows in kept.items() if not rows] == []


def test_everybody_sees_their_own_rows_and_those_of_nobody(kept: Kept) -> None:
    people = {owner for rows in kept.values() for owner in rows.values() if owner is not None}
    for name, rows in kept.items():
        for person in sorted({owner for owner in rows.values() if owner is not None})[:2]:
            with acting_as(person):
                assert seen_in(name) == {key for key, owner in rows.items() if owner in (None, person)}, name
        with acting_as(max(people) + 1):
            assert seen_in(name) == {key for key, owner in rows.items() if owner is None}, name
        with acting(GUEST):
            assert seen_in(name) == {key for key, owner in rows.items() if owner is None}, name


@pytest.mark.parametrize("context", Everyone)
def test_contexts_that_see_everything(kept: Kept, context: Everyone) -> None:
    with for_everyone(context):
        for name, rows in kept.items():
            assert seen_in(name) == set(rows), name


def test_without_a_word_nothing_is_seen_or_written(kept: Kept) -> None:
    for name in sorted(FENCED):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL app.user_id = ''; SELECT count(*) FROM {name}")  # noqa: S608
            cursor.nextset()
            assert cursor.fetchone() == (0,), name


def test_the_owner_of_the_tables_is_behind_the_fences_too(kept: Kept) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname = ANY(%s) AND relrowsecurity AND relforcerowsecurity",
            [sorted(FENCED)],
        )
        assert cursor.fetchone() == (len(FENCED),)
    assert len(kept) == len(FENCED) - len(NOT_BY_KEY)


STATEMENTS = {
    "all": "SELECT {key} FROM {table}",
    "by key": "SELECT {key} FROM {table} WHERE {key} = ANY (ARRAY(SELECT generate_series(-100, 200000)))",
    "joined": "SELECT a.{key} FROM {table} a JOIN {table} b USING ({key})",
    "locked": "SELECT {key} FROM {table} FOR UPDATE",
    "in a sub-select": "SELECT (SELECT max({key}) FROM {table}) WHERE EXISTS (SELECT FROM {table})",
    "united": "SELECT {key} FROM {table} UNION SELECT {key} FROM {table}",
}

NEVER_CHANGED = ("suggestion_reviews", "trade_note_versions")
"""Rows that are only added: the application may not lock them, and a refusal would end the transaction of the test."""


def test_what_is_never_changed_cannot_be_locked(kept: Kept) -> None:
    for name in NEVER_CHANGED:
        assert kept[name], name
        with acting(GUEST), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            seen_in(name, STATEMENTS["locked"])


STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(FENCED - NOT_BY_KEY)), st.sampled_from(sorted(STATEMENTS)), st.integers(0, 999)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=rounds.examples(25, 10_000))
@given(steps=STEPS)
def test_no_sequence_of_statements_shows_a_foreign_row(kept: Kept, steps: list[tuple[str, str, int]]) -> None:
    """Whatever is asked, in any order, for anybody: what comes back belongs to who asks, or to nobody."""
    people = sorted({owner for rows in kept.values() for owner in rows.values() if owner is not None})
    for name, action, number in steps:
        if action == "locked" and name in NEVER_CHANGED:
            continue
        person = people[number % len(people)] if number % 5 else [GUEST, ""][number % 2]
        for key in asked(name, STATEMENTS[action], person):
            assert person != "", (name, action)
            assert kept[name][key] in (None, person), (name, action, person)


def asked(name: str, statement: str, person: int | str) -> set[int]:
    """What raw SQL returns to somebody; to a statement that says nothing, where there is no person."""
    if person != "":
        with acting(str(person)):
            return seen_in(name, statement)
    model = fenced_models()[name]
    words = {"key": sql.Identifier(model._meta.pk.column), "table": sql.Identifier(name)}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET LOCAL app.user_id = ''; ") + sql.SQL(statement).format(**words))
        cursor.nextset()
        return {key for (key,) in cursor.fetchall()}


def test_nobody_writes_for_somebody_else() -> None:
    mine, theirs = make.PortfolioFactory(), make.PortfolioFactory()
    with acting_as(mine.user_id):
        assert type(mine).objects.filter(pk=theirs.pk).update(name="taken") == 0
        assert type(mine).objects.filter(pk=theirs.pk).delete()[0] == 0
        with pytest.raises(ProgrammingError, match="row-level security"):
            type(mine).objects.filter(pk=mine.pk).update(user=theirs.user_id)
