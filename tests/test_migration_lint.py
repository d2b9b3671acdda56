"""The judge of migrations refuses what a running product would suffer from; ``migrate`` gives way to who works."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connections, migrations

from cryptopredict import faults
from cryptopredict.backups.database import owner_parameters
from cryptopredict.management.commands import migrate
from system.services.roles import grant_application_role
from tests import migration_lint
from tests.conftest import KEPT
from tests.migration_lint import (
    PYTHON,
    Fault,
    Judged,
    accepted_by,
    beyond,
    flat,
    judge,
    lint,
    ours,
    record,
    recorded,
    released,
    report,
)

INDEXES = "accounts.0012_newest_first"
CONCURRENTLY = "require-concurrent-index-creation"


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ('ALTER TABLE "t" DROP COLUMN "x" CASCADE;', "ban-drop-column"),
        ('DROP TABLE "t" CASCADE;', "ban-drop-table"),
        ('ALTER TABLE "t" RENAME COLUMN "a" TO "b";', "renaming-column"),
        ('ALTER TABLE "t" RENAME TO "u";', "renaming-table"),
        ('ALTER TABLE "t" ADD COLUMN "x" integer NOT NULL;', "adding-required-field"),
        # As Django adds a field with a default that the database does not know: rows of the former release lack it.
        (
            'ALTER TABLE "t" ADD COLUMN "x" integer DEFAULT 5 NOT NULL; ALTER TABLE "t" ALTER COLUMN "x" DROP DEFAULT;',
            "ban-drop-default",
        ),
        ('ALTER TABLE "t" ALTER COLUMN "x" SET NOT NULL;', "adding-not-nullable-field"),
        ('ALTER TABLE "t" ALTER COLUMN "x" TYPE bigint USING "x"::bigint;', "changing-column-type"),
        ('CREATE INDEX "i" ON "t" ("x");', CONCURRENTLY),
        ('DROP INDEX "i";', "require-concurrent-index-deletion"),
        ('ALTER TABLE "t" ADD CONSTRAINT "c" CHECK ("x" > 0);', "constraint-missing-not-valid"),
        ('ALTER TABLE "t" ADD CONSTRAINT "u" UNIQUE ("x");', "disallowed-unique-constraint"),
        (
            'ALTER TABLE "t" ADD CONSTRAINT "f" FOREIGN KEY ("x") REFERENCES "u" ("id");',
            "adding-foreign-key-constraint",
        ),
    ],
)
def test_what_is_refused(sql: str, rule: str) -> None:
    assert rule in {one.rule for one in lint(sql, in_transaction=True)}


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE TABLE "t" ("id" bigint PRIMARY KEY, "x" varchar(10) NOT NULL); CREATE INDEX "i" ON "t" ("x");',
        'ALTER TABLE "t" ADD COLUMN "x" integer;',
        'ALTER TABLE "t" ADD COLUMN "x" integer DEFAULT 5 NOT NULL;',
        "COMMENT ON COLUMN t.x IS 'what it is';",
        'ALTER TABLE "t" ADD CONSTRAINT "c" CHECK ("x" > 0) NOT VALID;',
    ],
)
def test_what_may_run(sql: str) -> None:
    assert lint(sql, in_transaction=True) == []


def test_outside_a_transaction_an_index_is_built_concurrently() -> None:
    assert lint('CREATE INDEX CONCURRENTLY IF NOT EXISTS "i" ON "t" ("x");', in_transaction=False) == []


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_migration_is_judged_by_its_sql() -> None:
    """Four indexes on tables that there are already, in an operation that is made of others."""
    one = ours()[INDEXES]
    assert len(list(flat(one.operations))) == 4
    found = judge(one, accepted_by(one))
    assert {fault.rule for fault in found.open} == {CONCURRENTLY}
    assert any("idx_notifications_newest" in fault.text for fault in found.open)
    assert report([found])[1] is False

    named = judge(one, {CONCURRENTLY: "few rows"})
    assert (named.open, named.idle) == ([], [])
    assert report([named]) == ([f"{INDEXES}: {CONCURRENTLY} accepted: few rows"], True)
    assert judge(one, {CONCURRENTLY: " "}).open, "no reason"
    assert report([judge(one, {CONCURRENTLY: "few rows", "renaming-table": "x"})])[1] is False, "it renames nothing"


@pytest.mark.django_db(databases=["default", "owner"])
def test_python_beside_a_change_of_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    one: Any = migrations.Migration("0099_x", "accounts")
    one.operations = [migrations.RunPython(migrations.RunPython.noop)]
    for sql, faults_found in (('ALTER TABLE "t" ADD COLUMN "x" int;', [PYTHON]), ("-- nothing", [])):
        monkeypatch.setattr(migration_lint, "statements", lambda _, sql=sql: sql)
        assert [fault.rule for fault in judge(one, {}).open] == faults_found


def test_which_are_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that no release has had: before the first one all, without what is written down of them."""
    listed, known = tmp_path / "released.txt", tmp_path / "faults.txt"
    names = set(ours())
    assert INDEXES in names
    assert not any(name.startswith(("auth.", "django_celery_beat.")) for name in names)
    for constant, path in (("RELEASED", listed), ("RECORDED", known)):
        monkeypatch.setattr(migration_lint, constant, path)
    monkeypatch.setattr(migration_lint, "released", lambda: released(listed))
    monkeypatch.setattr(migration_lint, "recorded", lambda: recorded(known))
    assert released(listed) is None
    judged: list[str] = []

    def judge_nothing(one: Any, _: Any) -> Judged:
        judged.append(f"{one.app_label}.{one.name}")
        return Judged(judged[-1], [Fault("ban-drop-column", "x")] * (judged[-1] == INDEXES), {}, [])

    monkeypatch.setattr(migration_lint, "judge", judge_nothing)
    known.write_text("# why\n")
    assert (migration_lint.main([]), set(judged)) == (1, names)
    assert f"{INDEXES}: ban-drop-column: x" in capsys.readouterr().out
    known.write_text(f"# why\n{INDEXES} ban-drop-column 1\n")
    assert migration_lint.main([]) == 0
    assert f"{len(names)} migrations judged\n1 faults of 1 of them" in capsys.readouterr().out
    known.write_text("accounts.0000_gone ban-drop-column 1\n")
    assert migration_lint.main([]) == 1
    assert "accounts.0000_gone was there before, and is gone" in capsys.readouterr().out

    judged.clear()
    assert migration_lint.main(["--release"]) == 0
    assert set(listed.read_text().split()) == names
    assert (migration_lint.main([]), judged) == (0, [])
    listed.write_text("".join(f"{name}\n" for name in names - {INDEXES}))
    assert (migration_lint.main([]), judged) == (1, [INDEXES])
    assert f"{INDEXES}: ban-drop-column: x" in capsys.readouterr().out, "the first drafts are over with the release"
    listed.write_text("".join(f"{name}\n" for name in names | {"accounts.0000_gone"}))
    assert migration_lint.main([]) == 1
    assert "accounts.0000_gone was there before, and is gone" in capsys.readouterr().out


def test_what_is_written_down_may_neither_grow_nor_stay(tmp_path: Path) -> None:
    path = tmp_path / "faults.txt"
    one = Judged("a.0001", [Fault("x", "1"), Fault("x", "2"), Fault("y", "3")], {}, [])
    record([one, Judged("a.0002", [], {}, [])], path)
    assert path.read_text().startswith("# What migrations from before")
    known = recorded(path)
    assert known == {("a.0001", "x"): 2, ("a.0001", "y"): 1}
    assert report([beyond(one, known)]) == ([], True)
    more = beyond(replace(one, open=[*one.open, Fault("x", "4")]), known)
    assert [fault.text for fault in more.open] == ["1", "2", "4"], "which of them is new is not known"
    less = beyond(replace(one, open=one.open[:1]), known)
    assert (less.open, len(less.idle), report([less])[1]) == ([], 2, False)
    assert beyond(Judged("b.0001", [Fault("x", "1")], {}, []), known).open, "another's do not count"


def test_the_list_of_the_first_drafts_names_what_there_is() -> None:
    assert {name for name, _rule in recorded()} <= set(ours())


def test_a_tag_without_its_list_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Told:
        stdout = "v1.0.0\n"

    monkeypatch.setattr(migration_lint.subprocess, "run", lambda *_, **__: Told)
    with pytest.raises(RuntimeError, match="belongs to each release"):
        released(tmp_path / "none.txt")


@pytest.mark.long
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_migrate_gives_way_and_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody works on a table: an attempt gives up after two seconds, the next one comes through when he is done."""
    app, name = INDEXES.split(".")
    before = import_module(f"{app}.migrations.{name}").Migration.dependencies[0][1]
    for one in KEPT:
        one.close()
    call_command("migrate", app, before, verbosity=0)
    waited: list[float] = []
    try:
        with psycopg.connect(**owner_parameters()) as other:
            other.execute("LOCK TABLE notifications IN ROW EXCLUSIVE MODE")
            monkeypatch.setattr(migrate, "ATTEMPTS", 1)
            with pytest.raises(OperationalError) as told:
                call_command("migrate", app, verbosity=0)
            assert str(faults.explain(told.value)).startswith("Somebody works on a table for long (canceling statement")
            monkeypatch.setattr(migrate, "ATTEMPTS", 2)

            def end_work(seconds: float) -> None:
                waited.append(seconds)
                other.rollback()

            monkeypatch.setattr(migrate.time, "sleep", end_work)
            call_command("migrate", app, verbosity=0)
            assert waited == [migrate.PAUSE]
    finally:
        # What other apps built upon that migration went back with it.
        call_command("migrate", verbosity=0)
        grant_application_role()
    with connections["owner"].cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",), "who comes after it waits as usual"
