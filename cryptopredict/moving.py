"""Files that a home directory has from before ``ARTEFACTS_URL`` was set go up into the bucket.

Each is held against the checksum that is known of it, sent, read back, and only then taken away here. So it can be
broken off anywhere and begun again.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from aimodels.services.artefacts import NAMED, model_store
from cryptopredict.backups.disk import read
from system.exceptions import InvalidInput, UnavailableError
from system.stores.artefacts import BACKTESTS, MEDIA, MODELS, Artefacts, bucket
from trading.models import TradeScreenshot
from trading.selectors.screenshots import FOLDER as PICTURES

Say = Callable[[str], object]


@dataclass
class Moved:
    """What came of it.

    Attributes:
        moved, bytes: files that were sent, and how much they hold.
        present: files that were in the bucket already, just as they are here.
        left: files that stay here, with the reason.
    """

    moved: int = 0
    bytes: int = 0
    present: int = 0
    left: list[str] = field(default_factory=list)


def move_files(*, keep: bool = False, say: Say = lambda _: None) -> Moved:
    """Send what lies here of models, media and reports of backtests into the bucket.

    Args:
        keep: leave them here as well, for programs that have not been told of the bucket yet.
        say: is told the name of each file before it is looked at.
    Raises:
        InvalidInput: no bucket is set.
        UnavailableError: it does not answer, or gives back something else than was sent; what was moved until then is
            moved.
    """
    there = bucket()
    if there is None:
        raise InvalidInput("ARTEFACTS_URL is not set; set it to a place in a store, such as s3://bucket/prefix.")
    done = Moved()
    for place, path in files_here():
        say(place)
        try:
            before = path.stat()
            digest = digest_of(pieces_of(path))
        except FileNotFoundError:  # swept since it was listed
            continue
        known = known_digest(place)
        if known not in (None, digest):
            done.left.append(f"{place}: it is not what was stored (its checksum differs)")
            continue
        if not sent(there, place, path, digest, done, is_known=known is not None):
            continue
        if not is_as_before(path, before):
            done.left.append(f"{place}: somebody writes it; move it again later")
        elif not keep:
            path.unlink(missing_ok=True)
    return done


def is_as_before(path: Path, before: os.stat_result) -> bool:
    """Whether nobody has written a file since; one that is gone was not."""
    if not path.exists():
        return True
    after = path.stat()
    return (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)


def sent(there: Artefacts, place: str, path: Path, digest: str, done: Moved, *, is_known: bool) -> bool:
    """See that the bucket holds a file as it is here.

    Args:
        is_known: its checksum is, so that another content in the bucket is the wrong one.
    Returns:
        Whether it does; else ``done`` says why not.
    """
    if there.stored(place) is not None:
        if digest_of(there.pieces(place)) == digest:
            done.present += 1
            return True
        if not is_known:
            done.left.append(f"{place}: the bucket has another one; look which of them is right")
            return False
    size = path.stat().st_size
    there.write(place, pieces_of(path), size)
    if digest_of(there.pieces(place)) != digest:
        there.delete(place)
        raise UnavailableError(f"{there}/{place} came back as something else than was sent; {path} stays.")
    done.moved += 1
    done.bytes += size
    return True


def files_here() -> Iterator[tuple[str, Path]]:
    """Every file that belongs into the bucket: its place there, and where it is."""
    home = Path(settings.CRYPTOPREDICT_HOME)
    for folder, root in {MODELS: model_store(), MEDIA: Path(settings.MEDIA_ROOT), BACKTESTS: home / BACKTESTS}.items():
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield f"{folder}/{path.relative_to(root).as_posix()}", path


def known_digest(place: str) -> str | None:
    """The SHA-256 that a file has to have: of a model by its name, of a picture by its row; None: nobody knows."""
    folder, _slash, inside = place.partition("/")
    name = inside.rpartition("/")[2]
    if folder == MODELS:
        named = NAMED.fullmatch(name)
        return named[1] if named else ""
    if folder == MEDIA and inside.startswith(f"{PICTURES}/"):
        return TradeScreenshot.objects.filter(name=name).values_list("sha256", flat=True).first()
    return None


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file here, piece by piece."""
    with path.open("rb") as file:
        yield from read(file)


def digest_of(pieces: Iterable[bytes]) -> str:
    """Their SHA-256, in hexadecimal digits."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
