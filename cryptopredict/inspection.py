"""The checks of ``doctor`` that look into the database and the files."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import OperationalError, connection, connections
from django.utils import timezone

from accounts.services import setup_is_open
from aimodels.services.model_health import broken_versions
from assets.choices import DEMO_SOURCE, GapStatus, IngestStatus, Timeframe
from assets.models import CandleGap, IngestState
from assets.services.ingest_states import FILE
from assets.services.partitions import Partition, partition_homes
from cryptopredict import health
from cryptopredict.backups.archiving import archiving
from cryptopredict.backups.bases import archive_in_use, bases_in, unsealed
from cryptopredict.backups.passphrase import passphrase_file
from cryptopredict.backups.policy import FIRST, PATIENCE, begun_at, known
from cryptopredict.doctor import Finding
from cryptopredict.running import static_files
from system.history import there_is_a_replica
from system.replica import standing_now
from system.selectors.isolation import isolation_faults
from system.selectors.providers import provider_states
from system.selectors.trail import verify_trail
from system.services import setting
from system.services.roles import APPEND_ONLY, READ_ONLY
from system.stores.artefacts import bucket

BOOTSTRAP = "run: python manage.py bootstrap"
UNREADABLE = """
SELECT count(*) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
  AND NOT has_table_privilege(oid, 'SELECT')
"""
NEWEST_AUDITED = 10_000
"""Entries of the audit that are looked at here; ``verify_audit`` looks at all."""
SEALED_WITHIN = timedelta(hours=1)
POWERS = """
SELECT rolsuper OR rolbypassrls, has_schema_privilege('public', 'CREATE') FROM pg_roles WHERE rolname = current_user
"""
OWNED = """
SELECT current_user, pg_get_userbyid(relowner), pg_has_role(relowner, 'USAGE')
FROM pg_class WHERE oid = 'price_data'::regclass
"""


def findings() -> Iterator[Finding]:
    """The proxy, Redis, the database from its reachability to its content, and the files."""
    yield proxy()
    yield redis()
    reachable = database()
    yield reachable
    in_bucket = files()
    if in_bucket is not None:
        yield in_bucket
    if reachable.is_well:
        if there_is_a_replica():
            yield replica()
        yield role()
        yield owner()
        yield grants()
        yield fences()
        yield audit()
        yield partitions()
        yield providers()
        yield candles()
        if in_bucket is None or in_bucket.is_well:
            yield models()
        yield backups()
        yield log_archive()
        yield admin()
    yield static()


def proxy() -> Finding:
    """Where a proxy ends https, it is believed whose a request is."""
    believed = os.environ.get("FORWARDED_ALLOW_IPS")
    if urlsplit(settings.SITE_URL).scheme == "https" and not believed:
        return Finding(
            "proxy",
            "SITE_URL is https, but no proxy is believed: everybody has its address, and shares one limit of requests",
            "set FORWARDED_ALLOW_IPS to the address of the proxy, as the web sees it",
        )
    return Finding("proxy", f"{believed} is believed" if believed else "none is believed, and none is needed")


def redis() -> Finding:
    fault = health.redis_fault()
    return Finding("redis", fault, "start it, or correct REDIS_URL") if fault else Finding("redis", "answers")


def database() -> Finding:
    fault = health.database_fault()
    if fault is None:
        return Finding("database", "answers, every migration has run")
    remedy = "run: python manage.py migrate" if "run" in fault else "start it, or correct DATABASE_URL"
    return Finding("database", fault, remedy)


def files() -> Finding | None:
    """The bucket of the files, if they lie in one."""
    there = bucket()
    if there is None:
        return None
    fault = there.fault()
    if fault is None:
        return Finding("files", f"lie in {there}, which answers")
    remedy = "see whether the store runs, and correct ARTEFACTS_URL and what AWS_… says"
    return Finding("files", f"lie in {there}, which does not answer ({fault.rstrip('.')})", remedy)


def replica() -> Finding:
    """The copy that is asked for what lies back."""
    seen = standing_now()
    if seen.fault:
        return Finding("replica", seen.fault, "see its log; until then the database answers in its place")
    return Finding("replica", f"follows the database, {seen.lag:.1f} s behind")


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


def owner() -> Finding:
    """Who migrates, archives and erases may do so."""
    try:
        with connections["owner"].cursor() as cursor:
            cursor.execute(OWNED)
            who, whose, may = cursor.fetchone()
    except OperationalError as error:
        fault = str(error).strip().splitlines()[0]
        return Finding("owner", f"the owner's connection fails: {fault}", "correct DATABASE_OWNER_URL")
    if not may:
        return Finding(
            "owner",
            f"{who} owns nothing (the tables are {whose}'s), so nothing here can migrate, back up, archive or erase",
            "set DATABASE_OWNER_URL for migrations and the worker of ingest, and run this as they do; others need none",
        )
    return Finding("owner", f"{who} owns the tables")


def grants() -> Finding:
    """It reads every table, and cannot change what is written once."""
    with connection.cursor() as cursor:
        cursor.execute(UNREADABLE)
        (unreadable,) = cursor.fetchone()
        cursor.execute(
            "SELECT bool_or(has_table_privilege(name, 'UPDATE')) FROM unnest(%s::text[]) name",
            [[*APPEND_ONLY, *READ_ONLY]],
        )
        (is_loose,) = cursor.fetchone()
    if unreadable:
        return Finding("grants", f"{unreadable} tables cannot be read", BOOTSTRAP)
    return (
        Finding("grants", "rows written once could be changed", BOOTSTRAP)
        if is_loose
        else Finding("grants", "as meant")
    )


def fences() -> Finding:
    """Each table with rows of people shows everybody their own alone."""
    faults = isolation_faults()
    if faults:
        text = f"{len(faults)} are not as meant: {faults[0].partition(':')[0]}"
        return Finding("fences", text, "run: python manage.py migrate, then python manage.py verify_isolation")
    return Finding("fences", "rows of people are their own")


def audit() -> Finding:
    """The newest entries of the audit hold, and none waits long for its seal."""
    found = verify_trail(newest=NEWEST_AUDITED)
    if found.fault is not None:
        return Finding("audit", f"does not hold {found.fault}", "run: python manage.py verify_audit, and see a backup")
    if found.waiting_since is not None and timezone.now() - found.waiting_since > SEALED_WITHIN:
        text = f"{found.waiting} entries are not sealed, the first of {found.waiting_since:%Y-%m-%d %H:%M} UTC"
        return Finding("audit", text, "see whether the workers run; seal them: python manage.py verify_audit --seal")
    return Finding("audit", f"the newest of {found.length} sealed entries hold")


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


def providers() -> Finding:
    """No source has closed itself to us."""
    if not setting("collection")["enabled"]:
        return Finding("providers", "nobody is called: the setting collection is off")
    banned = [state for state in provider_states() if state.is_banned]
    if banned:
        told = ", ".join(f"{state.name} until {state.banned_until:%Y-%m-%d %H:%M} UTC" for state in banned)
        return Finding("providers", f"closed to us: {told}", "wait, or lower its budget in the setting outgoing")
    return Finding("providers", "none has banned us")


def candles() -> Finding:
    """What was asked for is there, or known not to exist."""
    unfinished = [IngestStatus.PARTIAL, IngestStatus.FAILED]
    broken = IngestState.objects.filter(status__in=unfinished).exclude(source__in=[FILE, DEMO_SOURCE]).count()
    gaps = CandleGap.objects.filter(status=GapStatus.OPEN).exclude(asset__data_source=DEMO_SOURCE).count()
    text = f"{broken} fetches are not complete, {gaps} gaps are open"
    if not (broken or gaps):
        return Finding("candles", "all that was asked for is stored")
    if not setting("collection")["enabled"]:
        return Finding("candles", f"{text}, as the files left them")
    return Finding("candles", text, "see States of fetches in the admin, and run: python manage.py gaps --repair")


def models() -> Finding:
    """Every version in force can serve."""
    from cryptopredict.watching import LEARNED, require_usable  # numeric libraries, which most looks do without

    broken = broken_versions(require_usable)
    if not broken:
        return Finding("models", "the versions in force are as they were stored")
    first = broken[0]
    text = f"{len(broken)} cannot serve, the rules do: {first.name} {first.version}: {first.reason}"
    chosen = "--type macro" if first.name == LEARNED else f"--model {first.name}"
    return Finding("models", text, f"run: python manage.py train {chosen} --activate")


def admin() -> Finding:
    if setup_is_open():
        return Finding("admin", "there is none", "open the link that make up prints, within 30 minutes")
    return Finding("admin", "there is one")


def backups() -> Finding:
    """There is one that is not old, and the last trial succeeded."""
    now, stand = timezone.now(), known()
    if stand.drill_fault:
        return Finding("backups", f"the last trial failed: {stand.drill_fault}", "run: python manage.py drill")
    if stand.failure is not None:
        reason = (stand.failure.error_message or "").rstrip(".")
        return Finding("backups", f"the last one failed: {reason}", "run: python manage.py backup")
    if stand.made_at is None:
        text = "there is none yet"
        is_new = stand.enabled and now - begun_at() < PATIENCE * stand.every
        return Finding("backups", text, "" if is_new else "run: python manage.py backup")
    drilled = "was never tried out" if stand.drill is None else f"tried out on {stand.drill.created_at:%Y-%m-%d}"
    text = f"the newest is of {stand.made_at:%Y-%m-%d %H:%M} UTC, {drilled}"
    return Finding("backups", text, "run: python manage.py backup" if stand.is_late(now) else "")


def log_archive() -> Finding:
    """It keeps up, and a restore has a copy to go from."""
    name, stand, archive = "log archive", archiving(), archive_in_use()
    if stand is None:
        return Finding(name, "is off: what came after the newest backup cannot be restored (WAL_ARCHIVE)")
    last = "nothing yet" if stand.last_at is None else f"the last file on {stand.last_at:%Y-%m-%d %H:%M} UTC"
    if stand.is_late:
        what = f"{stand.failed} cannot be archived" if stand.failed else f"{stand.waiting} files wait"
        return Finding(name, f"{what}; {last}", "see whether its disk has room, and logs/postgres.log")
    if archive is not None and not bases_in(archive):
        is_new = timezone.now() - begun_at() < FIRST
        return Finding(name, "has no base backup", "" if is_new else "run: python manage.py backup --base")
    if archive is not None and passphrase_file(None) is not None:
        if not stand.is_sealed:
            return Finding(name, f"is NOT SEALED as backups are; {last}", "start the product anew")
        left = unsealed(archive)
        last += f"; sealed, but for {left} files of before, which go after WAL_KEEP_DAYS" if left else "; sealed"
    return Finding(name, last)


def static() -> Finding:
    """Collected, and not older than their sources where that is known."""
    collected = Path(settings.STATIC_ROOT, "staticfiles.json").exists() or settings.DEBUG
    if not collected or (static_files.stamp_file().exists() and static_files.are_stale()):
        state = "are out of date" if collected else "have not been collected"
        return Finding("static files", state, "run: python manage.py collectstatic, or make up")
    return Finding("static files", "are collected")
