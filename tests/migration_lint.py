"""Whether migrations may run while the former release serves: ``python -m tests.migration_lint``.

squawk judges the SQL of each; what the former release or a running product would suffer from is refused, unless the
migration names it in ``ACCEPTED = {"rule": "reason"}``. Judged are those that no release has had: the ones it has had
stand in docs/released-migrations.txt, because a clone need not have its history. Before the first release that is all
of them; what those of the first drafts do wrong is written down in docs/migration-faults.txt, fault by fault, and may
neither grow nor stay there once it is gone (``--record`` writes it anew).
"""

import importlib
import json
import subprocess
import sys
import sysconfig
import tempfile
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RELEASED = ROOT / "docs" / "released-migrations.txt"
RECORDED = ROOT / "docs" / "migration-faults.txt"
WHY = """\
# What migrations from before the first release do that one of a running product must not: migration, rule, how often.
# They do no harm: before the first release every installation begins with all of them, on empty tables that nobody
# reads. None is added to this list; a new migration is well, or names what it accepts and why (CONTRIBUTING.md, "Add a
# migration"). Written by python -m tests.migration_lint --record; once there was a release, it is not asked any more.
"""
SQUAWK = Path(sysconfig.get_path("scripts")) / "squawk"
POSTGRES = "18"
OF_STYLE = (
    "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity", "prefer-robust-stmts",
    "prefer-text-field", "prefer-timestamptz", "ban-char-field",
    "require-lock-timeout", "require-statement-timeout", "require-timeout-settings",  # manage.py migrate sees to it
)  # fmt: skip
PYTHON = "python-beside-schema"
UNWRITABLE = "no-sql"
HELP = {
    PYTHON: "Rows are changed while the locks of the change of the schema are held; make it a migration of its own.",
    UNWRITABLE: "It cannot be written as SQL, and so not be judged.",
}


@dataclass(frozen=True)
class Fault:
    """What a migration would do to a running product."""

    rule: str
    text: str


@dataclass(frozen=True)
class Judged:
    """A migration: what is wrong with it, and what it accepts.

    Attributes:
        idle: rules that it accepts and does not break.
    """

    name: str
    open: list[Fault]
    accepted: dict[str, str]
    idle: list[str]


def lint(sql: str, *, in_transaction: bool) -> list[Fault]:
    """What squawk has against some statements."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "migration.sql")
        path.write_text(sql)
        command: list[str | Path] = [
            SQUAWK,
            "--reporter=json",
            f"--pg-version={POSTGRES}",
            f"--exclude={','.join(OF_STYLE)}",
            path,
        ]
        around = ["--assume-in-transaction"] if in_transaction else []
        done = subprocess.run([*command, *around], capture_output=True, text=True, check=False)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"squawk failed: {done.stderr or done.stdout}") from None
    lines = sql.splitlines()
    return [Fault(one["rule_name"], f"{one['message']} {lines[one['line']].strip()[:160]}") for one in found]


def statements(migration: Any) -> str:
    """The SQL of a migration, without the transaction around it and without what is Python."""
    from django.db import connections
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connections["owner"], replace_migrations=False)
    lines = loader.collect_sql([(migration, False)])
    return "\n".join(line for line in lines if line not in {"BEGIN;", "COMMIT;"})


def flat(operations: Iterable[Any]) -> Iterator[Any]:
    """Operations, with those that others are made of."""
    for one in operations:
        inner = getattr(one, "database_operations", None) or getattr(one, "operations", None)
        if inner:
            yield from flat(inner)
        else:
            yield one


def judge(migration: Any, accepted: dict[str, str]) -> Judged:
    """Everything that is wrong with a migration, beside what it accepts with a reason."""
    from django.db import NotSupportedError
    from django.db.migrations import RunPython

    name = f"{migration.app_label}.{migration.name}"
    try:
        sql = statements(migration)
        found = lint(sql, in_transaction=migration.atomic)
    except (ValueError, NotSupportedError) as error:
        sql, found = "", [Fault(UNWRITABLE, f"{HELP[UNWRITABLE]} ({error})")]
    changes_schema = any(line and not line.startswith("--") for line in sql.splitlines())
    if migration.atomic and changes_schema and any(isinstance(one, RunPython) for one in flat(migration.operations)):
        found.append(Fault(PYTHON, HELP[PYTHON]))
    broken = {one.rule for one in found}
    reasons = {rule: reason for rule, reason in accepted.items() if reason.strip()}
    return Judged(
        name,
        [one for one in found if one.rule not in reasons],
        {rule: reason for rule, reason in reasons.items() if rule in broken},
        sorted(set(accepted) - broken),
    )


def ours() -> dict[str, Any]:
    """Every migration of the program, in the order in which they run."""
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    labels = {app.label for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
    loader = MigrationLoader(None, replace_migrations=False)
    plan = [key for target in loader.graph.leaf_nodes() for key in loader.graph.forwards_plan(target)]
    return {f"{app}.{name}": loader.graph.nodes[app, name] for app, name in dict.fromkeys(plan) if app in labels}


def recorded(path: Path = RECORDED) -> Counter[tuple[str, str]]:
    """How often which migration breaks which rule, as it was written down."""
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return Counter({(name, rule): int(times) for name, rule, times in lines})


def record(judged: Iterable[Judged], path: Path = RECORDED) -> None:
    """Write down what is wrong now."""
    counted = Counter((one.name, fault.rule) for one in judged for fault in one.open)
    path.write_text(WHY + "".join(f"{name} {rule} {times}\n" for (name, rule), times in sorted(counted.items())))


def beyond(one: Judged, known: Counter[tuple[str, str]]) -> Judged:
    """A migration without what was written down of it. Of a rule that it breaks more often than that, all is told; what
    it does not do any more counts as idle."""
    counted = Counter(fault.rule for fault in one.open)
    told = {rule: times for (name, rule), times in known.items() if name == one.name}
    less = [f"{rule} ({times} times in {RECORDED.name})" for rule, times in told.items() if counted[rule] < times]
    more = [fault for fault in one.open if counted[fault.rule] > told.get(fault.rule, 0)]
    return replace(one, open=more, idle=[*one.idle, *less])


def released(path: Path = RELEASED) -> set[str] | None:
    """Those that the last release has had; None: there was no release yet.

    Raises:
        RuntimeError: there was one, and its list is missing.
    """
    if path.exists():
        return set(path.read_text().split())
    tags = subprocess.run(["git", "tag", "--list", "v*"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tags.stdout.strip():
        raise RuntimeError(
            f"{path.name} is missing; it belongs to each release: python -m tests.migration_lint --release"
        )
    return None


def accepted_by(migration: Any) -> dict[str, str]:
    """What the file of a migration accepts, with its reasons."""
    found: dict[str, str] = getattr(importlib.import_module(migration.__module__), "ACCEPTED", {})
    return found


def report(judged: Iterable[Judged]) -> tuple[list[str], bool]:
    """Lines about migrations, and whether all may run."""
    lines, is_well = [], True
    for one in judged:
        lines += [f"{one.name}: {fault.rule}: {fault.text}" for fault in one.open]
        lines += [f"{one.name}: accepts {rule}, which it does not break" for rule in one.idle]
        lines += [f"{one.name}: {rule} accepted: {reason}" for rule, reason in one.accepted.items()]
        is_well = is_well and not one.open and not one.idle
    return lines, is_well


def main(arguments: list[str]) -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="judge every migration, to look at; the status is 0")
    parser.add_argument("--release", action="store_true", help="write down what a release has: part of making one")
    parser.add_argument("--record", action="store_true", help="write down what is wrong with those of before a release")
    options = parser.parse_args(arguments)
    migrations = ours()
    if options.release:
        RELEASED.write_text("".join(f"{name}\n" for name in sorted(migrations)))
        return 0
    had = set() if options.all or options.record else released()
    known = recorded() if had is None else Counter[tuple[str, str]]()
    judged = [judge(one, accepted_by(one)) for name, one in migrations.items() if name not in (had or ())]
    if options.record:
        record(judged)
        return 0
    lines, is_well = report(beyond(one, known) for one in judged)
    gone = sorted({*(had or ()), *(name for name, _rule in known)} - set(migrations))
    lines += [f"{name} was there before, and is gone" for name in gone]
    lines.append(f"{len(judged)} migrations judged")
    if known:
        lines.append(
            f"{known.total()} faults of {len({name for name, _rule in known})} of them are those of {RECORDED.name}"
        )
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0 if options.all or (is_well and not gone) else 1


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    django.setup()
    sys.exit(main(sys.argv[1:]))
