"""The checks of ``doctor`` that look into the database and the files."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.services import setup_is_open
from assets.choices import Timeframe
from assets.services.partitions import Partition, partition_homes
from cryptopredict import health
from cryptopredict.doctor import Finding
from cryptopredict.running import static_files
from system.services.roles import APPEND_ONLY

BOOTSTRAP = "run: python manage.py bootstrap"
UNREADABLE = """
SELECT count(*) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
  AND NOT has_table_privilege(oid, 'SELECT')
"""
POWERS = """
SELECT rolsuper OR rolbypassrls, has_schema_privilege('public', 'CREATE') FROM pg_roles WHERE rolname = current_user
"""


def findings() -> Iterator[Finding]:
    """Redis, the database from its reachability to its content, and the files."""
    yield redis()
    reachable = database()
    yield reachable
    if reachable.is_well:
        yield role()
        yield grants()
        yield partitions()
        yield admin()
    yield static()


def redis() -> Finding:
    fault = health.redis_fault()
    return Finding("redis", fault, "start it, or correct REDIS_URL") if fault else Finding("redis", "answers")


def database() -> Finding:
    fault = health.database_fault()
    if fault is None:
        return Finding("database", "answers, every migration has run")
    remedy = "run: python manage.py migrate" if "run" in fault else "start it, or correct DATABASE_URL"
    return Finding("database", fault, remedy)


def role() -> Finding:
    """The application works as a role that owns nothing."""
    with connection.cursor() as cursor:
        cursor.execute(POWERS)
        is_mighty, may_create = cursor.fetchone()
    if is_mighty or may_create:
        return Finding(
            "role",
            f"{connection.settings_dict['USER']} may change the schema or pass every fence",
            "give DATABASE_URL a role that owns nothing, and DATABASE_OWNER_URL the owner's",
        )
    return Finding("role", f"{connection.settings_dict['USER']} owns nothing")


def grants() -> Finding:
    """It reads every table, and cannot change what is written once."""
    with connection.cursor() as cursor:
        cursor.execute(UNREADABLE)
        (unreadable,) = cursor.fetchone()
        cursor.execute(
            "SELECT bool_or(has_table_privilege(name, 'UPDATE')) FROM unnest(%s::text[]) name", [list(APPEND_ONLY)]
        )
        (is_loose,) = cursor.fetchone()
    if unreadable:
        return Finding("grants", f"{unreadable} tables cannot be read", BOOTSTRAP)
    return (
        Finding("grants", "rows written once could be changed", BOOTSTRAP)
        if is_loose
        else Finding("grants", "as meant")
    )


def partitions() -> Finding:
    """Rows of the present and of the next period have a place."""
    missing = []
    for timeframe in Timeframe.values:
        present = Partition.of(timezone.now(), timeframe)
        homes = partition_homes(timeframe)
        missing += [one.name for one in (present, present.next()) if one.name not in homes]
    if missing:
        return Finding("partitions", f"{len(missing)} are missing ({missing[0]})", BOOTSTRAP)
    return Finding("partitions", "stand ready for the present and the next period")


def admin() -> Finding:
    if setup_is_open():
        return Finding("admin", "there is none", "open the link that make up prints, within 30 minutes")
    return Finding("admin", "there is one")


def static() -> Finding:
    """Collected, and not older than their sources where that is known."""
    collected = Path(settings.STATIC_ROOT, "staticfiles.json").exists() or settings.DEBUG
    if not collected or (static_files.stamp_file().exists() and static_files.are_stale()):
        state = "are out of date" if collected else "have not been collected"
        return Finding("static files", state, "run: python manage.py collectstatic, or make up")
    return Finding("static files", "are collected")
