"""The chain over what the database has noted: every order of writers keeps it, and no tampering by the owner goes
unseen."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from cryptopredict.inspection import audit
from system import configuration
from system.exceptions import InvalidInput
from system.models import RowChange, RowChangeChain, RowChangeLink, SystemConfig
from system.selectors.trail import Anchor, verify_trail
from system.services import change_setting, sweep_old_rows
from system.services.roles import grant_application_role
from system.services.trail import empty_changes, forget_changes, seal_changes
from tests.assets.other_process import addresses
from tests.cryptopredict.installation import wait_for
from tests.rounds import examples

pytestmark = pytest.mark.django_db(databases=["default", "owner"], transaction=True)
WRITER = """
import sys
import psycopg
name = sys.argv[2]
with psycopg.connect(sys.argv[1], autocommit=True, options="-c app.user_id=task") as connection:
    print("ready", flush=True)
    sys.stdin.readline()
    for part in range(20):
        with connection.transaction():
            connection.execute("INSERT INTO system_config (key, value) VALUES (%s, '1')", [f"{name}{part}"])
            connection.execute("UPDATE system_config SET value = '2' WHERE key = %s", [f"{name}{part}"])
"""
SEALER = """
import sys
import psycopg
with psycopg.connect(sys.argv[1], autocommit=True, options="-c app.user_id=task") as connection:
    print("ready", flush=True)
    sys.stdin.readline()
    for part in range(30):
        connection.execute("SELECT seal_row_changes(7)")
"""
TAMPERED: dict[str, tuple[str, str, int]] = {
    "a flipped byte": (
        "UPDATE row_changes SET after = jsonb_set(after, '{{key}}', '\"kex\"') WHERE id = {five}", "entry_changed", 5),
    "another actor": ("UPDATE row_changes SET actor = 'user:1' WHERE id = {five}", "entry_changed", 5),
    "another time": ("UPDATE row_changes SET at = at + interval '1 second' WHERE id = {five}", "entry_changed", 5),
    "a removed entry": ("DELETE FROM row_changes WHERE id = {five}", "entry_missing", 5),
    "a removed entry and its link": (
        "DELETE FROM row_changes WHERE id = {five}; DELETE FROM row_change_links WHERE change_id = {five}",
        "link_missing", 6),
    "exchanged contents": (
        ("UPDATE row_changes c SET after = o.after FROM row_changes o "
        "WHERE (c.id, o.id) IN (({five}, {six}), ({six}, {five}))"), "entry_changed", 5),
    "an exchanged order": (
        ("UPDATE row_change_links SET position = -position WHERE change_id IN ({five}, {six});"
        "UPDATE row_change_links SET position = CASE change_id WHEN {five} THEN 6 ELSE 5 END "
        "WHERE change_id IN ({five}, {six})"), "out_of_order", 5),
    "a hash made to fit": (
        ("UPDATE row_changes SET actor = 'x' WHERE id = {five};"
        "UPDATE row_change_links l SET content_hash = row_change_facts_digest(c) FROM row_changes c "
        "WHERE c.id = l.change_id AND c.id = {five}"), "out_of_order", 5),
    "values and a hash made to fit": (
        ("UPDATE row_changes SET after = '{{}}' WHERE id = {five};"
        "UPDATE row_change_links l SET values_hash = row_change_values_digest(c) FROM row_changes c "
        "WHERE c.id = l.change_id AND c.id = {five}"), "out_of_order", 5),
    "one hash of all, as links of before have": (
        ("UPDATE row_change_links l SET content_hash = row_change_digest(c), values_hash = NULL FROM row_changes c "
        "WHERE c.id = l.change_id AND c.id = {five}"), "out_of_order", 5),
    "an entry emptied and rewritten as if it were one of before": (
        ("UPDATE row_change_links SET values_hash = NULL WHERE change_id = {five}; UPDATE row_changes SET actor = 'x', "
        "before = NULL, after = NULL, salt = NULL, emptied_at = now() WHERE id = {five}"), "out_of_order", 5),
    "an entry emptied, and nobody erased": (
        ("UPDATE row_changes SET before = NULL, after = NULL, salt = NULL, emptied_at = now() "
        "WHERE id = {five}"), "emptied_unexplained", 5),
    "an entry emptied, with words that nobody understands": (
        ("UPDATE row_changes SET before = NULL, after = NULL, salt = NULL, emptied_at = now() WHERE id = {five};"
        "INSERT INTO row_changes (transaction_id, table_name, row_id, operation, actor, door, after) VALUES "
        "(1, 'row_changes', 1, 'UPDATE', 'x', 'sql', '{{\"entries\": \"all\", \"emptied_at\": \"today?\"}}')"),
        "emptied_unexplained", 5),
    "an entry said to be emptied that is not": (
        ("INSERT INTO row_changes (transaction_id, table_name, row_id, operation, actor, door, after) "
        "SELECT 1, 'row_changes', 1, 'UPDATE', 'x', 'sql', jsonb_build_object('emptied_at', now(), "
        "'entries', int8multirange(int8range({five}, {six}))::text)"), "not_emptied", 5),
    "an end cut off": (
        "DELETE FROM row_changes WHERE id = {last}; DELETE FROM row_change_links WHERE change_id = {last}",
        "end_cut", 9),
    "a content taken away without a word": (
        "UPDATE row_changes SET before = NULL, after = NULL WHERE id = {five}", "entry_changed", 5),
    "an entry slipped in": (
        ("INSERT INTO row_changes (id, transaction_id, table_name, row_id, operation, actor, door) "
        "OVERRIDING SYSTEM VALUE VALUES (0, 1, 'users', 1, 'INSERT', 'user:1', 'web')"), "entry_not_sealed", 0),
}  # fmt: skip


def write(number: int = 9) -> list[int]:
    SystemConfig.objects.bulk_create(SystemConfig(key=f"key {n}", value={"n": n}) for n in range(number))
    return list(RowChange.objects.order_by("pk").values_list("pk", flat=True))


def await_settled(newest: int) -> None:
    """Until every transaction that may have drawn a smaller number has ended: those of other tests count, too."""

    def is_settled() -> bool:
        assert seal_changes() == 0
        return RowChangeChain.objects.get().settled_id == newest

    wait_for(is_settled, 240)


def by_owner(statement: str, **names: int) -> None:
    """Tampering by who may do everything: the guards rest meanwhile."""
    with connections["owner"].cursor() as cursor:
        for table in ("row_changes", "row_change_links", "row_change_chains"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER trg_{table}_write_once")
        cursor.execute(sql.SQL(statement).format(**{name: sql.Literal(value) for name, value in names.items()}))
        for table in ("row_changes", "row_change_links", "row_change_chains"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER trg_{table}_write_once")


def test_entries_are_sealed_in_order_and_hold() -> None:
    found = verify_trail()
    assert (found.length, found.head, found.waiting, found.fault) == (0, "", 0, None)
    ids = write()
    assert verify_trail().waiting == 9
    assert seal_changes(batch=4) == 9
    assert RowChangeChain.objects.get().settled_id == 0  # one that is under way may have drawn a smaller number
    await_settled(ids[-1])
    links = RowChangeLink.objects.order_by("position").values_list("position", "change_id")
    assert list(links) == list(enumerate(ids, 1))
    found = verify_trail()
    assert (found.length, found.waiting, found.fault) == (9, 0, None)
    assert found.head == RowChangeLink.objects.get(position=9).hash


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampering_is_found(kind: str) -> None:
    ids = write()
    seal_changes()
    seal_changes()
    statement, fault, place = TAMPERED[kind]
    by_owner(statement, five=ids[4], six=ids[5], last=ids[8])
    found = verify_trail().fault
    assert found is not None
    assert (found.kind, found.position or 0) == (fault, place)
    told = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", stdout=told)
    assert ended.value.code == 1
    assert told.getvalue().startswith("BAD ")
    assert found.meaning in told.getvalue()
    if kind != "an entry slipped in":
        assert "does not hold" in audit().text


def test_a_chain_computed_anew_is_shown_by_what_was_noted_outside(tmp_path: Path) -> None:
    write()
    told = StringIO()
    call_command("verify_audit", "--seal", "--json", stdout=told)
    noted = tmp_path / "audit.json"
    noted.write_text(told.getvalue())
    call_command("verify_audit", "--anchor", str(noted), stdout=StringIO())
    by_owner(
        "UPDATE row_changes SET actor = 'user:1'; DELETE FROM row_change_links;"
        "UPDATE row_change_chains SET length = 0, head = '', settled_id = 0, seen_id = 0, seen_transaction = 0"
    )
    seal_changes()
    assert verify_trail().fault is None
    found = verify_trail(anchor=Anchor(9, json.loads(told.getvalue())["head"])).fault
    assert found is not None
    assert (found.kind, found.position) == ("anchor_missing", 9)
    noted.write_text("{}")
    with pytest.raises(InvalidInput, match="no output of verify_audit"):
        call_command("verify_audit", "--anchor", str(noted))


def emptied(*entries: int) -> None:
    """As the erasure of a person does it."""
    rows = list(RowChange.objects.filter(pk__in=entries).values_list("row_id", flat=True))
    with transaction.atomic(using="owner"):
        assert empty_changes({"system_config": rows}, timezone.now()) == len(rows) == len(entries)


def test_a_person_can_be_erased_and_the_chain_holds() -> None:
    ids = write()
    assert seal_changes(batch=6) == 9
    emptied(ids[4], ids[5], ids[8])
    assert verify_trail().waiting == 1, "the word of the erasure is an entry as any other"
    more = write_more("after it")
    emptied(more)
    found = verify_trail()
    assert (found.emptied, found.unproven, found.erasures, found.fault) == (4, 0, 2, None)
    assert seal_changes() == 3
    found = verify_trail()
    assert (found.length, found.emptied, found.waiting, found.fault) == (12, 4, 0, None)
    word = RowChange.objects.get(pk=found_words()[0])
    told = word.after or {}
    assert (told["entries"], told["count"]) == (f"{{[{ids[4]},{ids[5] + 1}),[{ids[8]},{ids[8] + 1})}}", 3)
    first = RowChange.objects.get(pk=ids[0])
    assert (word.operation, word.row_id, word.actor, word.door) == ("UPDATE", ids[4], first.actor, first.door)
    said = StringIO()
    call_command("verify_audit", stdout=said)
    assert "4 emptied by 2 erasures" in said.getvalue()
    assert empty_nothing_twice(ids[4]) == 0
    assert verify_trail().erasures == 2, "and without anything to empty nothing is said"
    assert forget_changes(timezone.now() + timedelta(days=1), 7) == 7
    found = verify_trail()
    assert (found.emptied, found.erasures, found.fault) == (2, 2, None), "what an erasure speaks of may go before it"


def write_more(key: str) -> int:
    SystemConfig.objects.create(key=key)
    return RowChange.objects.order_by("-pk").values_list("pk", flat=True)[0]


def found_words() -> list[int]:
    """What erasures have noted."""
    return list(RowChange.objects.filter(table_name="row_changes").order_by("pk").values_list("pk", flat=True))


def empty_nothing_twice(entry: int) -> int:
    rows = RowChange.objects.filter(pk=entry).values_list("row_id", flat=True)
    with transaction.atomic(using="owner"):
        return empty_changes({"system_config": list(rows)}, timezone.now())


OTHERWISE = {
    "at": "at + interval '1 microsecond'", "transaction_id": "transaction_id + 1", "table_name": "'users'",
    "row_id": "row_id + 1", "operation": "'DELETE'", "actor": "'user:1'", "door": "'admin'", "request_id": "'1'",
    "before": "'{}'", "after": "'{\"a\": 1}'", "salt": "gen_random_uuid()",
    "emptied_at": "coalesce(emptied_at, now()) - interval '1 s'",
}  # fmt: skip
OTHER_LINK = {
    "content_hash": "values_hash", "values_hash": "content_hash", "hash": "content_hash",
    "position": "position + 100", "sealed_at": "sealed_at - interval '1 day'",
}  # fmt: skip


def test_no_column_of_an_entry_can_be_changed_unseen_whether_or_not_it_was_emptied() -> None:
    """Each alone, and together with the time of emptying taken back; looked at from within, and undone."""
    ids = write()
    seal_changes()
    emptied(ids[4])
    seal_changes()
    (word,) = found_words()
    columns = {field.column for field in RowChange._meta.fields} - {"id"}
    assert columns == set(OTHERWISE)
    changes = [("row_changes", "id", name, f"{name} = {how}") for name, how in OTHERWISE.items()]
    changes += [("row_changes", "id", name, f"{name} = {how}, emptied_at = NULL") for name, how in OTHERWISE.items()
                if name != "emptied_at"]  # fmt: skip
    changes += [("row_change_links", "change_id", name, f"{name} = {how}") for name, how in OTHER_LINK.items()]
    unseen = []
    for entry in (ids[3], ids[4], word):
        for table, key, name, change in changes:
            if entry == ids[4] or "emptied_at = NULL" not in change:
                with undone() as cursor:
                    cursor.execute(f"UPDATE {table} SET {change} WHERE {key} = %s", [entry])  # noqa: S608 - as above
                    if verify_trail(database="owner").fault is None:
                        unseen.append((entry, name, change))
    assert unseen == []
    assert verify_trail().fault is None


def test_what_was_emptied_cannot_be_brought_back() -> None:
    """Not even by who kept what stood there; and the word about it cannot be taken away."""
    ids = write()
    seal_changes()
    whole = RowChange.objects.get(pk=ids[4])
    emptied(ids[4])
    seal_changes()
    (word,) = found_words()
    with undone() as cursor:
        cursor.execute(
            "UPDATE row_changes SET after = %s, salt = %s, emptied_at = NULL WHERE id = %s",
            [json.dumps(whole.after), whole.salt, ids[4]],
        )
        fault = verify_trail(database="owner").fault
        assert fault is not None
        assert (fault.kind, fault.position) == ("not_emptied", 5)
    emptying = "UPDATE row_changes SET after = NULL, salt = NULL, emptied_at = now() WHERE id = %s"
    for statement, kind in (
        ("DELETE FROM row_changes WHERE id = %s", "entry_missing"),
        (emptying, "emptied_unexplained"),
    ):
        with undone() as cursor:
            cursor.execute(statement, [word])
            fault = verify_trail(database="owner").fault
            assert fault is not None
            assert fault.kind == kind


@contextmanager
def undone() -> Iterator[Any]:
    """The owner's connection, whose changes nobody else sees; the guards rest meanwhile."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table in ("row_changes", "row_change_links", "row_change_chains"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER trg_{table}_write_once")
        yield cursor
        transaction.set_rollback(True, using="owner")


def test_entries_that_were_sealed_before_with_one_hash_hold() -> None:
    """An installation whose chain began then, with entries that an erasure of then has emptied without a word."""
    call_command("migrate", "system", "0015_trace_of_task", verbosity=0)
    try:
        ids = write()
        seal_changes(batch=4)
        by_owner(
            "UPDATE row_changes SET before = NULL, after = NULL, salt = NULL, emptied_at = now() WHERE id = {five}",
            five=ids[4],
        )
    finally:
        call_command("migrate", verbosity=0)
        grant_application_role()
    found = verify_trail()
    assert (found.length, found.emptied, found.unproven, found.erasures, found.fault) == (9, 1, 1, 1, None)
    write_more("sealed with two")
    assert seal_changes() == 2
    links = RowChangeLink.objects.order_by("position").values_list("values_hash", flat=True)
    assert [bool(link) for link in links] == [False] * 9 + [True] * 2
    found = verify_trail()
    assert (found.length, found.unproven, found.fault) == (11, 1, None)
    said = StringIO()
    call_command("verify_audit", stdout=said)
    assert "1 of them sealed with one hash" in said.getvalue()
    with undone() as cursor:
        cursor.execute("UPDATE row_changes SET actor = 'x' WHERE id = %s", [ids[0]])
        fault = verify_trail(database="owner").fault
        assert fault is not None
        assert (fault.kind, fault.position) == ("entry_changed", 1)
    with undone() as cursor:
        cursor.execute(
            "UPDATE row_changes SET before = NULL, after = NULL, salt = NULL, emptied_at = now() WHERE id = %s",
            [ids[0]],
        )
        fault = verify_trail(database="owner").fault
        assert fault is not None
        assert (fault.kind, fault.position) == ("emptied_unexplained", 1), "from now on none of these is emptied so"


@settings(max_examples=examples(12, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from("wwwsef"), min_size=4, max_size=16), seed=st.integers(0, 2**32))
def test_writing_sealing_erasing_and_forgetting_in_any_order_keep_the_chain(steps: list[str], seed: int) -> None:
    choose = Random(seed)  # noqa: S311 - to vary, not to guard
    for number, step in enumerate(steps):
        if step == "w":
            SystemConfig.objects.create(key=f"{number} {uuid4()}")
        elif step == "s":
            seal_changes(batch=choose.randint(1, 3))
        elif step == "e":
            there = list(RowChange.objects.filter(table_name="system_config").values_list("row_id", flat=True))
            with transaction.atomic(using="owner"):
                empty_changes({"system_config": choose.sample(there, choose.randint(0, len(there)))}, timezone.now())
        else:
            forget_changes(timezone.now() + timedelta(days=1), choose.randint(1, 3))
        assert verify_trail().fault is None, (steps, number)


def test_old_entries_go_from_the_beginning_and_the_rest_holds() -> None:
    ids = write()
    seal_changes()
    later = timezone.now() + timedelta(days=1)
    assert forget_changes(later, 4) == 4
    found = verify_trail()
    assert (found.length, found.forgotten, found.fault) == (9, 4, None)
    assert list(RowChange.objects.order_by("pk").values_list("pk", flat=True)) == ids[4:]
    late = SystemConfig.objects.create(key="more")
    assert forget_changes(later, 100) == 5
    assert verify_trail().fault is None
    assert RowChange.objects.get().row_id == late.pk  # not sealed yet, so it stays
    seal_changes()
    assert verify_trail().length == 10
    assert verify_trail().fault is None


def test_the_sweep_takes_entries_by_their_age() -> None:
    change_setting("retention", {**configuration.group("retention").default, "row_changes_months": 1}, actor=None)
    count = RowChange.objects.count()
    seal_changes()
    assert sweep_old_rows(timezone.now()).rows["row_changes"] == 0
    assert sweep_old_rows(timezone.now() + timedelta(days=40)).rows["row_changes"] == count
    assert verify_trail().fault is None


def test_writers_do_not_wait_for_each_other_and_all_are_sealed() -> None:
    """Two write and two seal, each in a process of its own, while a third transaction stays open."""
    owner = addresses()["DATABASE_URL"]
    late = connections["owner"].copy()
    try:
        with late.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO system_config (key, value) VALUES ('late', '1')")
            workers = [start(WRITER, owner, name) for name in ("a", "b")] + [start(SEALER, owner) for _ in range(2)]
            finish(workers)
            seal_changes()
            assert RowChangeLink.objects.count() == 80
            seal_changes()
            cursor.execute("COMMIT")
    finally:
        late.close()
    assert seal_changes() == 1
    found = verify_trail()
    assert (found.length, found.waiting, found.fault) == (81, 0, None)
    last = RowChangeLink.objects.select_related("change").get(position=81).change
    assert last.pk < RowChange.objects.order_by("-pk").values_list("pk", flat=True)[0]


def start(program: str, *arguments: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def finish(processes: "list[subprocess.Popen[str]]") -> None:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.wait(120) for process in processes] == [0] * len(processes)
    for process in processes:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def test_entries_of_another_server_do_not_stop_the_sealing() -> None:
    """A restored database may have counted transactions further than the server that it is in now."""
    write()
    seal_changes()
    by_owner("UPDATE row_change_chains SET seen_transaction = 4000000000000")
    SystemConfig.objects.create(key="after the restore")
    assert seal_changes() == 1
    await_settled(RowChange.objects.order_by("-pk").values_list("pk", flat=True)[0])


def test_doctor_tells_when_nobody_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    assert audit().is_well
    monkeypatch.setattr("cryptopredict.inspection.SEALED_WITHIN", timedelta(seconds=-1))
    assert "9 entries are not sealed" in audit().text
    seal_changes()
    assert audit().is_well


def test_numbers_of_the_chain_are_those_of_python() -> None:
    """The hash of a link is SHA-256 of the former hash, those of both halves, the place and the microsecond."""
    write(3)
    seal_changes()
    previous = ""
    for link in RowChangeLink.objects.order_by("position"):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (extract(epoch FROM sealed_at) * 1000000)::bigint FROM row_change_links WHERE position = %s",
                [link.position],
            )
            (moment,) = cursor.fetchone()
        text = f"{previous}:{link.content_hash}:{link.values_hash}:{link.position}:{moment}"
        assert hashlib.sha256(text.encode()).hexdigest() == link.hash
        previous = link.hash
