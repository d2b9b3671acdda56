"""Base backups: copies of the whole embedded cluster that its write-ahead log goes on from."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from cryptopredict import environment
from cryptopredict.backups.copies import WHOLE, check_packed, check_sealed
from cryptopredict.backups.copying import copy, copy_sealed, name_in
from cryptopredict.backups.disk import settle
from cryptopredict.backups.files import put
from cryptopredict.backups.passphrase import passphrase_in
from cryptopredict.backups.policy import KIND
from cryptopredict.backups.sealed import SEALED, Opener, Sealing
from cryptopredict.backups.segments import Base, Segment, bases_to_keep, position, segments_to_drop
from cryptopredict.embedded.client import running_state
from cryptopredict.embedded.places import Places
from cryptopredict.embedded.postgres import MAJOR, Postgres
from cryptopredict.embedded.wal import OWN, Archive, archive_of, archive_root
from system.exceptions import ConflictError, NoData, UnavailableError
from system.services.background import background_task

BASE = "cryptopredict.backups.bases.make_base"
FACTS = "base.json"
STAMP = "%Y%m%dT%H%M%SZ"
DRAFT = ".draft-"
LONGEST_DRAFT = timedelta(days=1)
LEAST_FREE = 1 << 28
HOLD_LOG = "SELECT pg_create_physical_replication_slot('cryptopredict_base_' || pg_backend_pid(), true, true)"
"""The log of the copy is read at its end: until then the server removes nothing of it. It ends with the connection."""
ONE_AT_A_TIME = "SELECT pg_try_advisory_lock(hashtext('base backup of cryptopredict'))"
ENDINGS = (".gz", f".gz{SEALED}")
"""Of the names of the files of the log."""
Say = Callable[[str], object]


def home_in_use() -> Places:
    """The installation whose embedded services these may be."""
    return Places(Path(settings.CRYPTOPREDICT_HOME))


def root_in_use(here: Places) -> Path | None:
    """Where archives are kept, as the server writes it; None: it is switched off."""
    root = archive_root(here.home)
    return root.resolve() if root == here.home / OWN else root


def archive_in_use() -> Archive | None:
    """The archive of the database that we work with; None: it has none, or is no embedded one."""
    here = home_in_use()
    state, root = running_state(here), root_in_use(here)
    if root is None or state is None or state["variables"].get("DATABASE_URL") != os.environ.get("DATABASE_URL"):
        return None
    archive = archive_of(root, (here.home / Postgres.key).resolve())
    return archive if archive.segments.is_dir() else None


def bases_in(archive: Archive) -> list[Base]:
    """Whole base backups, the newest first."""
    found = [read_base(path.parent) for path in archive.bases.glob(f"[!.]*/{FACTS}")] if archive.bases.is_dir() else []
    return sorted(found, key=lambda one: one.ended_at, reverse=True)


def read_base(folder: Path) -> Base:
    """What a base backup says of itself."""
    facts: dict[str, Any] = json.loads((folder / FACTS).read_text())
    moments = {name: datetime.fromisoformat(facts[name]) for name in ("began_at", "ended_at")}
    timeline, begin, end = (int(facts[name]) for name in ("timeline", "begin", "end"))
    is_sealed = (folder / WHOLE).exists()
    return Base(folder.name, timeline=timeline, begin=begin, end=end, is_sealed=is_sealed, **moments)


def is_base_due(archive: Archive, now: datetime) -> bool:
    """Twice in the time that is kept: so what has to be gone through for a restore stays short. And at once when the
    passphrase is another one, or there is one now: so from here on a restore asks for no other.

    Raises:
        InvalidInput: the passphrase cannot be read.
    """
    found = bases_in(archive)
    if not found or now - found[0].ended_at >= timedelta(days=max(1, environment.wal_days() // 2)):
        return True
    passphrase = passphrase_in(None)
    if passphrase is None or not found[0].is_sealed:
        return passphrase is not None
    return not Opener(passphrase).opens(archive.bases / found[0].name / WHOLE)


def make_base(
    archive: Archive, *, passphrase: Path | None = None, gently: bool = False, say: Say = lambda _: None
) -> Base:
    """Copy the cluster while it runs, check the copy, and let go of what has had its time.

    Args:
        passphrase: file with the passphrase to seal it with; None: that of ``BACKUP_PASSPHRASE_FILE``, if there is one.
        gently: let the server take its time, as everything else goes first.
    Raises:
        ConflictError: another one is being made.
        InvalidInput: the passphrase cannot be read.
        UnavailableError: PostgreSQL or the disk refused.
    """
    text = passphrase_in(passphrase)
    cluster = Postgres(home_in_use())
    with cluster.connect("postgres") as server:
        (is_ours,) = server.execute(ONE_AT_A_TIME).fetchone() or (False,)
        if not is_ours:
            raise ConflictError("Another base backup is being made; wait until it is done.")
        with background_task(BASE, KIND, {"directory": str(archive.bases)}) as row:
            sweep_drafts(archive, datetime.now(UTC))
            (size,) = server.execute("SELECT sum(pg_database_size(oid))::bigint FROM pg_database").fetchone() or (0,)
            require_room(archive, int(str(size)))
            (began_at,) = server.execute("SELECT clock_timestamp()").fetchone() or ()
            draft = archive.bases / f"{DRAFT}{datetime.now(UTC):{STAMP}}-{os.getpid()}"
            try:
                say("copy of the cluster")
                checkpoint = "spread" if gently else "fast"
                if text is None:
                    copy(cluster, draft, checkpoint)
                else:
                    server.execute(HOLD_LOG)
                    copy_sealed(cluster, archive, draft, checkpoint, Sealing(text))
                say("checksums of the copy")
                manifest = check_packed(draft) if text is None else check_sealed(draft, name_in(archive), Opener(text))
                (ended_at,) = server.execute("SELECT clock_timestamp()").fetchone() or ()
                made = complete(archive, draft, manifest, moment(began_at), moment(ended_at))
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise
            gone = sweep(archive, datetime.now(UTC))
            size = sum(path.stat().st_size for path in (archive.bases / made.name).iterdir())
            row.result_data = {"base": str(archive.bases / made.name), "bytes": size, **asdict(gone)}
    return made


def moment(found: object) -> datetime:
    """A time of the server."""
    if not isinstance(found, datetime):
        raise UnavailableError("The server does not tell the time.")
    return found.astimezone(UTC)


def complete(archive: Archive, draft: Path, manifest: dict[str, Any], began_at: datetime, ended_at: datetime) -> Base:
    """Write what the copy is, and give it its name: from then on it counts."""
    log = manifest["WAL-Ranges"]
    facts = {
        "began_at": began_at.isoformat(),
        "ended_at": ended_at.isoformat(),
        "timeline": log[-1]["Timeline"],
        "begin": position(log[0]["Start-LSN"]),
        "end": position(log[-1]["End-LSN"]),
        "postgres": MAJOR,
        "product": settings.VERSION,
    }
    put(draft, FACTS, [(json.dumps(facts, indent=1) + "\n").encode()], None)
    settle(draft)
    folder = archive.bases / f"{ended_at:{STAMP}}"
    if folder.exists():
        raise ConflictError(f"{folder} is there already; try again in a second.")
    draft.rename(folder)
    settle(archive.bases)
    return read_base(folder)


def require_room(archive: Archive, size: int) -> None:
    """A copy is smaller than its cluster.

    Raises:
        UnavailableError: there is too little room.
    """
    needed, free = size // 2 + LEAST_FREE, shutil.disk_usage(archive.bases).free
    if free < needed:
        raise UnavailableError(
            f"{archive.bases} has room for {free >> 20} MB, and a base backup may need {needed >> 20} MB; free some "
            "space, lower WAL_KEEP_DAYS, or set WAL_ARCHIVE to another disk."
        )


@dataclass(frozen=True)
class Gone:
    """What was let go of: base backups by their names, and how many files of the log."""

    bases: list[str]
    segments: int


def sweep(archive: Archive, now: datetime) -> Gone:
    """Remove base backups that have had their time, and then the log that none of those that stay needs."""
    found = bases_in(archive)
    keep = bases_to_keep(found, environment.wal_days(), now)
    gone = [one.name for one in found if one.name not in keep]
    for name in gone:
        draft = archive.bases / f"{DRAFT}{name}"
        shutil.rmtree(draft, ignore_errors=True)
        (archive.bases / name).rename(draft)  # it stops to count at once, however far the rest comes
        shutil.rmtree(draft)
    settle(archive.bases)
    old = segments_to_drop(segments_in(archive), bases_in(archive))
    for segment in old:
        for ending in ENDINGS:
            (archive.segments / f"{segment.name}{ending}").unlink(missing_ok=True)
    return Gone(gone, len(old))


def segments_in(archive: Archive) -> dict[Segment, datetime]:
    """The files of the log that are kept, and when each was last written to before it was."""
    found = {}
    for ending in ENDINGS:
        for path in archive.segments.glob(f"*{ending}"):
            segment = Segment.of(path.name.removesuffix(ending))
            if segment is not None:
                found[segment] = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return found


def unsealed(archive: Archive) -> int:
    """How many files and copies in an archive can be read by whoever has them."""
    copies = sum(not one.is_sealed for one in bases_in(archive))
    return copies + sum(1 for _path in archive.segments.glob(f"*{ENDINGS[0]}"))


def sweep_drafts(archive: Archive, now: datetime) -> None:
    """Remove what was broken off long ago."""
    for draft in [*archive.bases.glob(f"{DRAFT}*"), *archive.segments.glob(".*")]:
        if now.timestamp() - draft.stat().st_mtime > LONGEST_DRAFT.total_seconds():
            shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)


def newest_base(archive: Archive) -> Base:
    """The newest base backup.

    Raises:
        NoData: there is none.
    """
    found = bases_in(archive)
    if not found:
        raise NoData(f"There is no base backup in {archive.bases}; make one: python manage.py backup --base.")
    return found[0]
