"""The test database: made and migrated by the owner's role, used by the application's, as in production."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import testcases
from psycopg import sql

from system.services.roles import grant_application_role

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long suites too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    skip = pytest.mark.skip(reason="long suite: make test-full")
    for item in items:
        if "full" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real market data that stands beside the checkout on the founders' machines."""
    if not SHARED.is_dir():
        pytest.skip(f"no real market data at {SHARED}")
    return SHARED


def migrated_template() -> str:
    """Name of a database that all migrations have run on; made when they change, and then copied by every test run."""
    migrations = sorted(ROOT.glob("*/migrations/*.py")) + [ROOT / "requirements.lock", ROOT / "system" / "sql.py"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in migrations)).hexdigest()[:12]
    owner = connections["owner"]
    name = f"template_{owner.settings_dict['NAME']}_{digest}"
    with owner.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone():
            return name
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template!_%%' ESCAPE '!'")
        for (old,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
    original = owner.settings_dict["NAME"]
    owner.settings_dict["TEST"]["NAME"] = draft = f"{name}_draft"
    owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    owner.close()
    owner.settings_dict["NAME"] = original
    with owner.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)))
    return name


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """One database for the whole run: the owner's role makes and drops it, the application's works in it."""
    owner, application = connections["owner"], connections["default"]
    original = owner.settings_dict["NAME"]
    copy = sql.Identifier(f"test_{original}_{os.getpid()}")
    with django_db_blocker.unblock():
        template = sql.Identifier(migrated_template())
        with owner.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copy, template))
        owner.close()
        for connection in (owner, application):
            connection.close()
            connection.settings_dict["NAME"] = copy.as_string(None).strip('"')
        grant_application_role()
    yield
    with django_db_blocker.unblock():
        for connection in (owner, application):
            connection.close()
            connection.settings_dict["NAME"] = original
        with owner.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(copy))
        owner.close()


def empty_by_owner(self: testcases.TransactionTestCase) -> None:
    """After a test with real transactions. Django's own way is TRUNCATE by the application's role, which may not; and
    the triggers that keep ledgers would refuse even the owner."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relispartition AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')"
        )
        tables = [sql.Identifier(name) for (name,) in cursor.fetchall()]
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'trg_%_keep'")
        guards = cursor.fetchall()
        for table, trigger in guards:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        cursor.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(tables)))
        for table, trigger in guards:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
    connections["owner"].close()


testcases.TransactionTestCase._fixture_teardown = empty_by_owner  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """Pages name their files as they are in the source, so that no test needs ``collectstatic``."""
    settings.WHITENOISE_AUTOREFRESH = True
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
