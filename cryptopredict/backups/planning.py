"""What a moment of the embedded cluster can be restored from: which base backup, which files of the log."""

import gzip
import os
import re
import struct
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptopredict.backups.bases import bases_in, segments_in
from cryptopredict.backups.copying import program
from cryptopredict.backups.disk import read
from cryptopredict.backups.sealed import CLOSED, SEALED, Opener
from cryptopredict.backups.segments import HISTORY, SIZE, Base, Segment, Stretch, past_of, reach
from cryptopredict.embedded.sealer import name_in
from cryptopredict.embedded.wal import Archive, archive_of, identifier
from system.exceptions import InvalidInput, NoData

TIMELINE = re.compile(r"^Latest checkpoint's TimeLineID: +([1-9]\d*)$", re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """What a restore goes from and to.

    Attributes:
        until: the moment; None: as far as the log goes.
        reaches: when the last part of the log was written that there is.
        log: the files of the log that are gone through.
        rest: those that follow them, should they not reach so far.
    """

    archive: Archive
    base: Base
    until: datetime | None
    timeline: int
    reaches: datetime
    log: tuple[Segment, ...]
    rest: tuple[Segment, ...] = ()


def plan_for(root: Path, data: Path, until: datetime | None, timeline: int | None, opener: Opener = CLOSED) -> Plan:
    """The base backup to go from, and whether the log leads from it to the moment.

    Raises:
        InvalidInput: it does not; the text names what is missing, and what can be restored. Or it is sealed, and not
            with what the opener has.
        NoData: there is no base backup.
    """
    archive = archive_for(root, data)
    way = way_to(archive, data, timeline, opener)
    bases = [one for one in bases_in(archive) if one.is_on(way)]
    if not bases:
        raise NoData(f"There is no base backup in {archive.bases}; one has to be made before a moment can be restored.")
    usable = [one for one in bases if until is None or one.ended_at <= until]
    if not usable:
        raise InvalidInput(
            f"The oldest base backup is of {told(bases[-1].ended_at)}; an earlier moment cannot be restored. Restore a "
            "backup of that time instead (manage.py backup --list)."
        )
    base = usable[0]
    there = segments_in(archive) | left_in(data, archive)
    found = reach(base.first, way, there, until)
    reaches = max(base.ended_at, found.until or base.ended_at)
    if until is not None and until > reaches:
        why = f"{found.missing.name} is missing in {archive.segments}" if found.is_gap else "nothing later was archived"
        raise InvalidInput(f"The log goes from the base backup {base.name} to {told(reaches)}, because {why}.")
    rest = reach(base.first, way, there).log[len(found.log) :]
    return Plan(archive, base, until, way[-1].timeline, reaches, found.log, rest)


def archive_for(root: Path, data: Path) -> Archive:
    """The archive of the present cluster; where there is none, the only one that has a base backup.

    Raises:
        NoData: there is none.
        InvalidInput: there are several.
    """
    with suppress(OSError):
        mine = archive_of(root, data)
        if bases_in(mine):
            return mine
    found = [Archive(path) for path in sorted(root.glob("[0-9]*")) if bases_in(Archive(path))]
    if not found:
        raise NoData(f"There is no base backup in {root}; one has to be made before a moment can be restored.")
    if len(found) > 1:
        names = ", ".join(archive.root.name for archive in found)
        raise InvalidInput(f"{root} has the archives of several clusters ({names}); move away all but the one.")
    return found[0]


def way_to(archive: Archive, data: Path, timeline: int | None, opener: Opener) -> list[Stretch]:
    """The way of the log to a timeline: the named one, else that of the present cluster, else the newest.

    Raises:
        InvalidInput: there is no such timeline.
    """
    known = {one.timeline: "" for one in bases_in(archive)} | histories(archive, data, opener)
    chosen = timeline or timeline_in(data, archive) or max(known, default=1)
    if chosen not in known and chosen != 1:
        raise InvalidInput(f"There is no timeline {chosen} in {archive.segments}; known are {sorted(known)}.")
    return past_of(chosen, known.get(chosen, ""))


def timeline_in(data: Path, archive: Archive) -> int | None:
    """The timeline that the present cluster is on, which need not be the newest: one that a restore has set aside may
    have been put back. None: it is not of this archive, or cannot be read."""
    try:
        if identifier(data) != archive.root.name:
            return None
    except (OSError, struct.error):
        return None
    done = subprocess.run(
        [program("pg_controldata"), data], env=os.environ | {"LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    found = TIMELINE.search(done.stdout)
    return int(found[1]) if found and not done.returncode else None


def histories(archive: Archive, data: Path, opener: Opener) -> dict[int, str]:
    """Where each timeline came from, by the archive and by what the present cluster has not archived yet."""
    found = {}
    for path in [*histories_in(archive), *data.glob("pg_wal/*.history")]:
        named = HISTORY.fullmatch(path.name.partition(".gz")[0])
        if named:
            pieces = path.read_bytes() if path.suffix == ".history" else gzip.decompress(b"".join(kept(path, opener)))
            found[int(named[1], 16)] = pieces.decode()
    return found


def histories_in(archive: Archive) -> list[Path]:
    """The files of an archive that say where a timeline came from, sealed or not."""
    return sorted(archive.segments.glob("*.history.gz*"))


def kept(path: Path, opener: Opener) -> Iterator[bytes]:
    """A file of the archive as PostgreSQL gets it back: compressed, and opened if it is sealed.

    Raises:
        InvalidInput: it cannot be opened.
    """
    if path.suffix == SEALED:
        yield from opener.open(name_in(path.parent, path.name.removesuffix(SEALED)), path)
        return
    with path.open("rb") as file:
        yield from read(file)


def place_of(archive: Archive, segment: Segment) -> Path | None:
    """Where a file of the log lies in the archive, sealed or not; None: it is not there."""
    plain = archive.segments / f"{segment.name}.gz"
    return next((path for path in (plain, plain.with_name(f"{plain.name}{SEALED}")) if path.exists()), None)


def left_in(data: Path, archive: Archive) -> dict[Segment, datetime]:
    """Segments of the present cluster that have not come into the archive: it could not be started or written."""
    there = segments_in(archive)
    newest = max(there.values(), default=datetime.fromtimestamp(0, UTC))
    found = {}
    for path in data.glob("pg_wal/*"):
        segment = Segment.of(path.name)
        if segment is not None and segment not in there and path.stat().st_size:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            waits = (data / "pg_wal/archive_status" / f"{path.name}.ready").exists()
            if waits or written > newest:  # those made ready for later hold what is older
                found[segment] = written
    return found


def check_log(plan: Plan, opener: Opener = CLOSED) -> None:
    """Every file of the log that is needed can be read to its end: what PostgreSQL cannot read it takes for the end.

    Raises:
        InvalidInput: one is damaged, or cannot be opened; it is named.
    """
    for segment in plan.log:
        path = place_of(plan.archive, segment)
        if path is None:
            continue  # of the present cluster, and not compressed
        length, fault = 0, ""
        packed = b"".join(kept(path, opener))
        try:
            length = len(gzip.decompress(packed))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            fault = str(error)
        if fault or length != SIZE:
            raise InvalidInput(f"{path} is damaged ({fault or f'{length} bytes'}); nothing was replaced.")


def open_log(paths: Iterable[Path | None], place: Path, opener: Opener) -> bool:
    """Write those of some files of an archive that are sealed into a directory, as the server that recovers reads them.

    Returns:
        Whether there are any.
    Raises:
        InvalidInput: one cannot be opened.
    """
    sealed = [path for path in paths if path is not None and path.suffix == SEALED]
    for path in sealed:
        with (place / path.name.removesuffix(SEALED)).open("xb") as file:
            file.writelines(kept(path, opener))
    return bool(sealed)


def told(moment: datetime) -> str:
    """A moment as it can be asked for again."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
