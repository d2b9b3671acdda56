"""What the database notes of changes, whichever way they come, and who is named for them."""

import json
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import Error, connection, connections, transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptopredict.celery import ServiceTask, app
from selection.models import Portfolio, PortfolioAsset
from system.acting import Doer, acting_as, done_by
from system.models import RowChange, SystemConfig
from system.services import change_setting
from system.trail import AUDITED, MASK, UNAUDITED
from tests import factories as make
from tests import rounds

pytestmark = pytest.mark.django_db


def noted(table: str, after: int = 0) -> list[RowChange]:
    return list(RowChange.objects.filter(table_name=table, pk__gt=after).order_by("pk"))


def newest() -> int:
    return RowChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def test_each_audited_table_has_its_triggers() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, array_agg(DISTINCT encode(tgargs, 'escape')) FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = tgrelid WHERE tgfoid = 'note_row_changes'::regproc GROUP BY 1"
        )
        found = dict(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgfoid = 'note_row_changes'::regproc AND tgenabled = 'O'")
        assert cursor.fetchone() == (3 * len(AUDITED),)
    said = {name: rf"{{{','.join(rule.secret)}}}\000{{{','.join(rule.idle)}}}\000" for name, rule in AUDITED.items()}
    assert found == {name: [text] for name, text in said.items()}


def test_each_audited_table_has_a_number_as_its_key_and_the_columns_that_are_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, array_agg(attname::text), bool_or(attname = 'id' AND atttypid::regtype::text "
            "IN ('bigint', 'integer')) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid "
            "WHERE relname = ANY(%s) AND attnum > 0 AND NOT attisdropped GROUP BY 1",
            [list(AUDITED)],
        )
        rows = {name: (set(columns), numbered) for name, columns, numbered in cursor.fetchall()}
    assert rows.keys() == AUDITED.keys()
    for name, (columns, numbered) in rows.items():
        rule = AUDITED[name]
        assert numbered, name
        assert {*rule.secret, *rule.idle} <= columns, name
        words = ("password", "secret", "sealed", "token_hash", "_token", "code_hash")
        secrets = {one for one in columns if any(word in one for word in words) and not one.endswith("_expires")}
        assert secrets <= {*rule.secret}, name
    assert not AUDITED.keys() & UNAUDITED.keys()


def test_an_update_tells_the_columns_that_differ() -> None:
    row = make.PositionFactory(notes="before")
    start = newest()
    PortfolioAsset.objects.filter(pk=row.pk).update(notes="after", quantity=row.quantity)
    (change,) = noted("portfolio_assets", start)
    assert (change.operation, change.row_id) == ("UPDATE", row.pk)
    assert (change.before, change.after) == ({"notes": "before"}, {"notes": "after"})
    PortfolioAsset.objects.filter(pk=row.pk).update(notes="after")
    assert len(noted("portfolio_assets", start)) == 1


@pytest.mark.parametrize("number", [1, 12])
def test_what_a_run_measures_anew_is_no_entry(number: int) -> None:
    suggestions = make.SuggestionFactory.create_batch(number)
    sector = make.SectorFactory()
    start = newest()
    type(sector).objects.update(market_cap=5, volume_24h=7)
    type(suggestions[0]).objects.update(actual_return=3, success_score="0.5")
    assert newest() == start
    type(suggestions[0]).objects.update(success_score="0.6", reasoning={"by": "hand"})
    assert [change.after for change in noted("ai_suggestions", start)] == [{"reasoning": {"by": "hand"}}] * number


@pytest.mark.parametrize("number", [3, 40])
def test_a_bulk_update_tells_each_row(number: int) -> None:
    """Few rows and many are compared in different ways, which say the same."""
    portfolio, asset = make.PortfolioFactory(), make.AssetFactory()
    rows = [
        make.PositionFactory(portfolio=portfolio, asset=asset, sort_order=n, notes=None if n % 2 else "old")
        for n in range(number)
    ]
    start = newest()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE portfolio_assets SET notes = 'old', quantity = CASE WHEN sort_order = 0 THEN 5 ELSE quantity END "
            "WHERE portfolio_id = %s",
            [portfolio.pk],
        )
    found = {change.row_id: (change.before, change.after) for change in noted("portfolio_assets", start)}
    expected: dict[int, Any] = {row.pk: ({"notes": None}, {"notes": "old"}) for row in rows[1::2]}
    quantity = rows[0].quantity
    first: Any = found.pop(rows[0].pk)
    assert Decimal(str(first[0]["quantity"])) == quantity
    assert Decimal(str(first[1]["quantity"])) == 5
    assert found == expected
    assert len({change.transaction_id for change in noted("portfolio_assets", start)}) == 1


@pytest.mark.parametrize("number", [2, 12])
def test_a_changed_key_is_a_row_that_went_and_one_that_came(number: int) -> None:
    first = make.WatchlistFactory.create_batch(number)[0]
    start = newest()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("UPDATE watchlists SET id = id + 100000 WHERE id >= %s", [first.pk])
    found = [(change.operation, change.row_id >= 100000) for change in noted("watchlists", start)]
    assert found == [("DELETE", False)] * number + [("INSERT", True)] * number


def test_what_comes_and_goes_is_told_whole() -> None:
    start = newest()
    one = SystemConfig.objects.create(key="a", value={"n": 1})
    SystemConfig.objects.bulk_create([SystemConfig(key="b"), SystemConfig(key="c")])
    SystemConfig.objects.filter(key__in="abc").delete()
    changes = noted("system_config", start)
    assert [change.operation for change in changes] == ["INSERT"] * 3 + ["DELETE"] * 3
    assert changes[0].before is None
    assert changes[0].after is not None
    assert changes[0].after["value"] == {"n": 1}
    assert changes[0].after == changes[3].before
    assert changes[0].row_id == one.pk


def test_conflicts_and_copies_are_told() -> None:
    start = newest()
    with connection.cursor() as cursor:
        with cursor.copy("COPY system_config (key, value) FROM STDIN") as copy:
            copy.write("copied\t{}\n")
        for _ in range(2):
            cursor.execute(
                "INSERT INTO system_config (key, value) VALUES ('twice', '1'), ('copied', '1') "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
            )
        cursor.execute(
            "MERGE INTO system_config c USING (VALUES ('twice')) n (key) ON c.key = n.key "
            "WHEN MATCHED THEN UPDATE SET value = '2'"
        )
    found = [(change.operation, (change.after or {}).get("value")) for change in noted("system_config", start)]
    assert found == [("INSERT", {}), ("UPDATE", 1), ("INSERT", 1), ("UPDATE", 2)]


def test_secrets_are_masked_and_their_change_is_told() -> None:
    start = newest()
    person = make.UserFactory(password="first-secret")
    type(person).objects.filter(pk=person.pk).update(password="second-secret", reset_password_token="third-secret")
    make.ApiTokenFactory(user=person, token_hash="f" * 64)
    came, changed = noted("users", start)
    assert came.after is not None
    assert came.after["password"] == MASK
    assert came.after["reset_password_token"] is None
    assert (changed.before, changed.after) == (
        {"password": MASK, "reset_password_token": None},
        {"password": MASK, "reset_password_token": MASK},
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(c::text, ' ') FROM row_changes c")
        (whole,) = cursor.fetchone()
    assert "-secret" not in whole
    assert "f" * 64 not in whole


def test_counters_alone_are_no_change() -> None:
    person = make.UserFactory()
    start = newest()
    type(person).objects.filter(pk=person.pk).update(login_count=7)
    assert noted("users", start) == []


def test_the_person_behind_a_request_is_named(client: Client) -> None:
    admin = make.AdminFactory()
    client.force_login(admin)
    start = newest()
    answer = client.post("/api/v1/watchlists/", {"name": "Mine"}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    (change,) = noted("watchlists", start)
    assert (change.actor, change.door) == (f"user:{admin.pk}", "api")
    assert change.request_id == answer.headers["X-Request-ID"]


def test_background_work_is_named() -> None:
    start = newest()

    def write() -> None:
        SystemConfig.objects.create(key="by a task")

    task = app.task(base=ServiceTask, name="tests.writing", shared=False)(write)
    try:
        task()
    finally:
        app.tasks.pop("tests.writing")
    (change,) = noted("system_config", start)
    assert (change.actor, change.door) == ("task:writing", "task")


def test_somebody_who_sees_only_their_own_is_named_and_noted() -> None:
    person = make.UserFactory()
    start = newest()
    with acting_as(person.pk), done_by(f"user:{person.pk}", "web"):
        Portfolio.objects.create(user=person, name="Own")
        assert not RowChange.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.user_id')")
            assert cursor.fetchone() == (str(person.pk),)
    (change,) = noted("portfolios", start)
    assert (change.actor, change.door) == (f"user:{person.pk}", "web")


@pytest.mark.django_db(transaction=True)
def test_past_the_program_the_role_is_named() -> None:
    parameters = connections["default"].get_connection_params()
    plain = {name: value for name, value in parameters.items() if name not in ("cursor_factory", "context")}
    with psycopg.connect(**plain, options="-c app.user_id=command") as raw:
        raw.execute("INSERT INTO system_config (key, value) VALUES ('raw', '{}')")
    (change,) = noted("system_config")
    assert (change.actor, change.door) == (f"role:{plain['user']}", "sql")


def test_a_command_is_named() -> None:
    start = newest()
    make.WatchlistFactory()
    change = noted("watchlists", start)[0]
    assert change.door == "command"
    assert change.actor.startswith("command:")


def test_nothing_can_be_slipped_into_the_words_about_who() -> None:
    doer = Doer("user:1'; DROP TABLE users; --", "web|sql", "a b")
    assert str(doer) == "user:1___DROP_TABLE_users__--|web_sql|a_b"
    start = newest()
    with done_by("x'; SELECT 1; --", "web"):
        SystemConfig.objects.create(key="odd")
    assert noted("system_config", start)[0].actor == "x___SELECT_1__--"


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO row_changes (transaction_id, table_name, row_id, operation, actor, door) "
            "VALUES (1, 'users', 1, 'INSERT', 'user:1', 'web')"
        ),
        "UPDATE row_changes SET actor = 'user:1'",
        "DELETE FROM row_changes",
        "TRUNCATE row_changes",
        "DELETE FROM row_change_links",
        "UPDATE row_change_chains SET length = 0",
        "ALTER TABLE watchlists DISABLE TRIGGER ALL",
        "TRUNCATE watchlists CASCADE",
    ],
)
def test_the_application_may_not(statement: str) -> None:
    SystemConfig.objects.create(key="kept")
    kept = RowChange.objects.count()
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert RowChange.objects.count() == kept


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("statement", ["TRUNCATE portfolios CASCADE", "TRUNCATE row_changes"])
def test_the_owner_empties_no_audited_table(statement: str) -> None:
    permitted = "row_changes" in statement
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        if permitted:  # by age, in order (``forget_changes``); whoever empties it all leaves a chain without entries
            cursor.execute(statement)
        else:
            with pytest.raises(Error, match="is recorded"):
                cursor.execute(statement)
        transaction.set_rollback(True, using="owner")


def test_a_change_that_is_undone_leaves_nothing() -> None:
    start = newest()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        change_setting("retention", {**SystemConfig.objects.create(key="x").value}, actor=None) if 1 / 0 else None
    assert noted("system_config", start) == []


KEYS = st.integers(0, 11)
VALUES = st.one_of(st.none(), st.integers(-3, 3), st.text("ab\"'\\é", max_size=3), st.lists(st.booleans(), max_size=2))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(KEYS, min_size=1, max_size=12, unique=True), VALUES),
        st.tuples(st.just("set"), st.lists(KEYS, min_size=1, max_size=12, unique=True), VALUES),
        st.tuples(st.just("say"), st.lists(KEYS, min_size=1, max_size=12, unique=True), VALUES),
        st.tuples(st.just("drop"), st.lists(KEYS, min_size=1, max_size=3, unique=True), VALUES),
    ),
    max_size=8,
)
STATEMENTS = {
    "add": "INSERT INTO system_config (key, value) SELECT 'k' || n, %(value)s FROM unnest(%(keys)s::int[]) n "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    "set": "UPDATE system_config SET value = %(value)s "
    "WHERE key = ANY (SELECT 'k' || n FROM unnest(%(keys)s::int[]) n)",
    "say": "UPDATE system_config SET description = left(%(value)s, 20), value = '1' "
    "WHERE key = ANY (SELECT 'k' || n FROM unnest(%(keys)s::int[]) n)",
    "drop": "DELETE FROM system_config WHERE key = ANY (SELECT 'k' || n FROM unnest(%(keys)s::int[]) n)",
}


def state() -> dict[int, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, to_jsonb(c) - 'updated_at' FROM system_config c")
        return {key: json.loads(row) if isinstance(row, str) else row for key, row in cursor.fetchall()}


@given(steps=STEPS)
@settings(max_examples=rounds.examples(40, 2_000))
def test_entries_applied_to_the_first_state_give_the_last(steps: list[tuple[str, list[int], Any]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'")
        start, now = newest(), state()
        for kind, keys, value in steps:
            cursor.execute(STATEMENTS[kind], {"keys": keys, "value": json.dumps(value)})
        for change in noted("system_config", start):
            if change.operation == "DELETE":
                gone = now.pop(change.row_id)
                assert gone == {name: text for name, text in (change.before or {}).items() if name != "updated_at"}
            elif change.operation == "INSERT":
                now[change.row_id] = {n: v for n, v in (change.after or {}).items() if n != "updated_at"}
            else:
                assert change.before is not None
                assert {name: now[change.row_id][name] for name in change.before} == change.before
                now[change.row_id] |= change.after or {}
        assert now == state()
        transaction.set_rollback(True)
