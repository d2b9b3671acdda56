"""The test database: made and migrated by the owner's role, used by the application's, as in production."""

import gc
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.core.management import call_command
from django.db import InternalError, OperationalError, connections, transaction
from django.test import testcases
from django.utils import translation
from hypothesis import HealthCheck, settings
from psycopg import sql

from assets.services.partitions import ensure_partitions
from system import configuration
from system.services.roles import grant_application_role
from system.trail import AUDITED
from tests import rounds
from tests.buckets import files_bucket, line, s3_server  # noqa: F401 - fixtures for every test
from tests.compose.database import patiently, refuse_any_other

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
ROOM = (
    (("1d", "1w", "1M"), (2018, 1, 1), (2027, 12, 31)),
    (("1h", "4h"), (2023, 12, 1), (2024, 12, 31)),
    (("1m", "5m", "15m"), (2024, 1, 1), (2024, 2, 28)),
)
"""Partitions that stand ready: attaching one waits for whoever has written an asset, so no test transaction may."""

LONGEST = (
    "tests/cryptopredict/test_up.py",
    "tests/test_pipeline.py",
    "tests/cryptopredict/test_embedded.py",
    "tests/cryptopredict/test_faults.py",
    "tests/cryptopredict/test_admin_pages.py",
    "tests/browser/test_pages.py",
    "tests/cryptopredict/test_backups.py",
    "tests/cryptopredict/test_schemathesis.py",
    "tests/cryptopredict/test_order_kills.py",
    "tests/cryptopredict/test_live_path.py",
    "tests/cryptopredict/test_web_kills.py",
    "tests/cryptopredict/test_api_nasty.py",
    "tests/trading/test_execution_processes.py",
    "tests/trading/test_reconciliation.py",
    "tests/accounts/test_delivery_kills.py",
    "tests/cryptopredict/test_learning.py",
    "tests/assets/test_writers.py",
    "tests/trading/test_alerts_processes.py",
)
"""Files that are begun first, so that at the end no worker waits for one of them. The first and third need no test
database: they run while another worker makes it."""

# Tests are not timed: a machine that is busy is no fault of theirs.
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run everything, in its longest round")
    parser.addoption("--long", action="store_true", help="run what takes long too, as CI does; parts of the suite do")
    parser.addoption(
        "--product",
        metavar="ADDRESS",
        help="tests of the browser go there; its variables are ours, and its database was made for it (tests/compose)",
    )


def pytest_configure(config: pytest.Config) -> None:
    rounds.choose(full=config.getoption("--full"))
    if config.getoption("--product"):
        testcases.TransactionTestCase._fixture_teardown = patiently(empty_by_owner)  # type: ignore[attr-defined]
    gc.disable()  # until everything is collected: so long only what stays is made


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(LONGEST)))
    if config.getoption("--full"):
        return
    skip = pytest.mark.skip(reason="long suite: make test-full")
    for item in [*(one for one in items if one.get_closest_marker("full")), *other_looks(items)]:
        item.add_marker(skip)
    if config.args == ["tests"] and not config.getoption("--long"):
        skip = pytest.mark.skip(reason="takes long, run in CI: make test LONG=1")
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(skip)


def other_looks(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Of a browser's test in several languages or looks one is run, another of each in turn; with ``--full`` all."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and "language" in callspec.params and item.nodeid.startswith("tests/browser/"):
            groups.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for number, (_name, looks) in enumerate(sorted(groups.items())):
        yield from (item for place, item in enumerate(looks) if place != number % len(looks))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: to look for garbage in it takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


@pytest.fixture(autouse=True)
def _own_language() -> None:
    """A page that an earlier test asked for in Persian leaves its language behind in the process."""
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def shipped_security() -> Iterator[dict[str, Any]]:
    """Admins of tests need no second factor, or each would need one first; tests about that switch the rule on.

    Returns:
        The settings as they are shipped.
    """
    rules: Any = configuration.group("security").default
    shipped = dict(rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(rules, "admins_need_second_factor", False)
        yield shipped


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real market data that stands beside the checkout on the founders' machines."""
    if not SHARED.is_dir():
        pytest.skip(f"no real market data at {SHARED}")
    return SHARED


@contextmanager
def connected_to(database: str) -> Iterator[None]:
    """Both roles work in another database for the length of the block."""
    pair = [connections["owner"], connections["default"]]
    original = pair[0].settings_dict["NAME"]
    for connection in pair:
        connection.close()
        connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        for connection in pair:
            connection.close()
            connection.settings_dict["NAME"] = original


def execute(statement: str, *names: str) -> None:
    """A statement by the owner's role, outside any test database; ``{}`` stands for a name."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
    connections["owner"].close()


def drop(database: str) -> None:
    """Autovacuum gives way to a plain DROP; FORCE would be refused where it is at work, because it is not ours to end.
    Sessions that a killed run has left are ended first."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user",
            [database],
        )
    for patience in (2, 2, 0):
        try:
            execute("DROP DATABASE IF EXISTS {}", database)
        except OperationalError:  # still in use
            if not patience:
                raise
            time.sleep(patience)
        else:
            return


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Of several test processes one makes the template; a copy is made while nobody else copies."""
    parameters = connections["owner"].get_connection_params()
    parameters.pop("cursor_factory")
    parameters.pop("context")
    with psycopg.connect(**parameters, autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(hashtext('template of the test databases'))")
        yield


def databases(prefix: str) -> list[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        return [name for (name,) in cursor.fetchall()]


def template(name: str) -> str:
    """A database that all migrations have run on, with room for the candles of tests. It is made when the migrations
    change, and then copied by every test run: a copy takes a tenth of a second."""
    sources = [
        *sorted(ROOT.glob("*/migrations/*.py")),
        ROOT / "requirements.lock",
        ROOT / "system/fences.py",
        ROOT / "system/sql.py",
        ROOT / "system/together.py",
        ROOT / "system/trail.py",
        ROOT / "system/trail_chain.py",
        ROOT / "system/services/roles.py",
        Path(__file__),
    ]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    prefix = f"template_{name}_"
    if f"{prefix}{digest}" in databases(prefix):
        return f"{prefix}{digest}"
    for old in databases(prefix):
        drop(old)
    draft = f"{prefix}draft"
    execute("CREATE DATABASE {}", draft)
    with connected_to(draft):
        call_command("migrate", verbosity=0)
        grant_application_role()
        for timeframes, first, last in ROOM:
            for timeframe in timeframes:
                ensure_partitions(timeframe, datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC))
    execute("ALTER DATABASE {} RENAME TO {}", draft, f"{prefix}{digest}")
    return f"{prefix}{digest}"


def drop_left_behind(prefix: str) -> None:
    """Databases of test runs that were killed: their name begins with the number of a process that is gone."""
    for name in databases(prefix):
        number = re.match(r"\d+", name.removeprefix(prefix))  # a restore that is being tested adds its moment
        if number and not psutil.pid_exists(int(number[0])):
            drop(name)


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """One database for the whole run: the owner's role makes and drops it, the application's works in it."""
    if request.config.getoption("--product"):
        with django_db_blocker.unblock():
            refuse_any_other()
        yield
        return
    name = connections["owner"].settings_dict["NAME"]
    copy = f"test_{name}_{os.getpid()}"
    with django_db_blocker.unblock():
        with one_at_a_time():
            drop_left_behind(f"test_{name}_")
            execute("CREATE DATABASE {} TEMPLATE {}", copy, template(name))
            execute("ALTER DATABASE {} SET synchronous_commit TO off", copy)  # nobody pulls the plug of this server
        with connected_to(copy):
            django_db_blocker.block()
            try:
                yield
            finally:
                django_db_blocker.restore()
                for sweeping in KEPT:
                    sweeping.close()
        drop(copy)


@pytest.fixture(scope="module")
def module_rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Rows that the tests of a module share, written once by a fixture of the module, inside what this one yields. They
    go with the module; what a test changes is undone after it, as ever. Not where tests have real transactions."""
    with django_db_blocker.unblock():
        whole = transaction.atomic()
        whole.__enter__()
    yield django_db_blocker.unblock
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        whole.__exit__(None, None, None)


KEPT: list["psycopg.Connection[Any]"] = []


def sweeper() -> "psycopg.Connection[Any]":
    """The owner's connection that empties tables, kept from test to test: a new one reads up on hundreds of tables
    first, which takes ten times as long as to look into them."""
    if not KEPT or KEPT[0].closed:
        parameters = connections["owner"].get_connection_params()
        parameters.pop("cursor_factory", None)
        behind_no_fence = {"context": None, "options": "-c app.user_id=command"}
        KEPT[:] = [psycopg.connect(**parameters | behind_no_fence, autocommit=True)]
    return KEPT[0]


def empty_by_owner(self: testcases.TransactionTestCase) -> None:
    """After a test with real transactions. Django's own way is TRUNCATE by the application's role, which may not; of
    hundreds of partitions it takes a second, and DELETE of the few rows of a test a twentieth. Triggers that keep
    ledgers would refuse even the owner, so they rest meanwhile."""
    owner = sweeper()
    with owner.transaction():
        filled = filled_tables(owner)
        guards = owner.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
            "WHERE tgname LIKE 'trg_%%_write_once' AND NOT relispartition AND relname = ANY(%s)",
            [filled],
        ).fetchall()
        names = [(sql.Identifier(table), sql.Identifier(trigger)) for table, trigger in guards]
        for table, trigger in names:
            owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}").format(table, trigger))
        for name in sorted(filled, key=lambda name: name.startswith("row_change")):  # what goes leaves a row there
            owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no trigger may wait when a table is altered
        for table, trigger in names:
            owner.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER {}").format(table, trigger))
        owner.execute(
            "SELECT setval(d.objid::regclass, 1, false) FROM pg_depend d JOIN pg_class s ON s.oid = d.objid "
            "WHERE s.relkind = 'S' AND d.deptype IN ('a', 'i') AND d.refobjid = ANY(%s::regclass[])",
            [[f'"{name}"' for name in filled]],
        )


def filled_tables(owner: "psycopg.Connection[Any]") -> list[str]:
    """Tables that hold a row, but for those that migrations fill."""
    tables = owner.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND NOT relispartition AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')"
    ).fetchall()
    one = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    every = [one.format(sql.Literal(name), sql.Identifier(name)) for (name,) in tables]
    filled = [name for (name,) in owner.execute(sql.SQL(" UNION ALL ").join(every)).fetchall()]
    return [*filled, *({"row_changes"} - {*filled} if AUDITED.keys() & {*filled} else ())]


testcases.TransactionTestCase._fixture_teardown = empty_by_owner  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def refused_writes() -> Iterator[list[str]]:
    """Statements of requests that only read, and that the database refused because they write: in no test may there be
    one, whatever was answered then. A test that means it empties the list."""
    found: list[str] = []

    def ask(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        try:
            return execute(sql, params, many, context)
        except InternalError as error:
            if isinstance(error.__cause__, psycopg.errors.ReadOnlySqlTransaction):
                found.append(f"{error}: {sql}"[:300])
            raise

    with connections["default"].execute_wrapper(ask), connections["owner"].execute_wrapper(ask):
        yield found
    assert found == []


@pytest.fixture(autouse=True)
def _uncounted_calls(settings: Any) -> None:
    """Tests call as often as they like; those of the limits set their own."""
    settings.API_RATES = {}


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """The real hash is meant to take most of a second. What it is in production, a test of the settings says."""
    settings.PASSWORD_HASHERS = ["tests.passwords.Quick"]


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """Pages name their files as they are in the source, so that no test needs ``collectstatic``."""
    settings.WHITENOISE_AUTOREFRESH = True
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
