"""The command that finds tables with people's rows and no fence."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from system.fences import FENCED, UNFENCED, VIEWS
from system.selectors import isolation
from system.selectors.isolation import isolation_faults, reaching_people

pytestmark = pytest.mark.django_db


def test_the_audit_finds_nothing() -> None:
    assert isolation_faults() == []
    told = StringIO()
    call_command("verify_isolation", "--all", stdout=told)
    assert f"{len(FENCED)} tables are fenced" in told.getvalue()
    assert all(f"none    {name}:" in told.getvalue() for name in UNFENCED)


def test_views_of_people_are_known() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace")
        assert {name for (name,) in cursor.fetchall()} == VIEWS


def test_what_needs_no_fence_is_known_and_reaches_people() -> None:
    assert UNFENCED.keys() <= reaching_people().keys()
    assert not UNFENCED.keys() & FENCED


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP POLICY fence ON portfolios", "portfolios has no fence"),
        ("ALTER TABLE trade_actions NO FORCE ROW LEVEL SECURITY", "trade_actions has no fence"),
        ("CREATE TABLE diaries (user_id bigint REFERENCES users)", "diaries has no fence, and people can be reached"),
        ("CREATE POLICY open ON passkeys USING (true)", "passkeys has no fence"),
        (
            "DROP POLICY fence ON outbox_events; CREATE POLICY fence ON outbox_events USING (true)",
            "outbox_events shows rows",
        ),
        ("CREATE VIEW leak AS SELECT * FROM portfolios", "leak is a view of its owner"),
        ("DROP POLICY fence ON idempotency_keys; ALTER TABLE idempotency_keys DROP COLUMN user_id", "has lost its"),
    ],
)
def test_the_audit_finds(change: str, told: str) -> None:
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute(change)
            cursor.execute("INSERT INTO outbox_events (topic, payload) VALUES ('t', '{}')")
        faults = isolation_faults("owner")
        transaction.set_rollback(True, using="owner")
    assert [fault for fault in faults if told in fault]


def test_a_fault_ends_the_command_with_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "UNFENCED", {})
    told = StringIO()
    with pytest.raises(CommandError, match="faults in the fences"):
        call_command("verify_isolation", stderr=told)
    assert "audit_log has no fence" in told.getvalue()
