"""Versions of rows and answers: who has read one, and who changes it.

The ETag of a row is weak and has two parts, ``W/"<version>.<answer>"``: the version changes with every change of the
row, the answer also with what is computed around it, such as a value at the latest price. Reading compares the whole
(``If-None-Match``), writing the version (``If-Match``).
"""

from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework.request import Request

from system.exceptions import StaleError, UnreadError

REVALIDATE = "no-cache"
"""``Cache-Control`` of what may be kept, but is asked for anew every time."""
PRIVATE = f"private, {REVALIDATE}"
DEPENDS_ON = ("Accept", "Accept-Language", "Authorization", "Cookie")
ANY = "*"


def known_etags(header: str) -> frozenset[str]:
    """The etags of ``If-None-Match``, without quotes; a weak one is as good as a strong one here."""
    if not header:
        return frozenset()
    return frozenset(etag.removeprefix("W/").strip('"') for etag in parse_etags(header))


def version_of(row: Any) -> str | None:
    """What changes with every change of a row; None for one that does not say when it was changed."""
    changed: datetime | None = getattr(row, "updated_at", None)
    return None if changed is None else f"{row.pk:x}-{int(changed.timestamp() * 1_000_000):x}"


def weak(etag: str) -> str:
    return f'W/"{etag}"'


def require_match(request: Request, row: Any, *, needed: bool = True, whole: str | None = None) -> None:
    """Refuse to change a row that is another one than the caller has read.

    Args:
        request: its ``If-Match`` names the version.
        row: as it is now, and locked.
        needed: whether the caller has to name a version at all.
        whole: version of the list that the row is read in, which is as good as its own.
    Raises:
        UnreadError: no version is named.
        StaleError: the row has changed since.
    """
    header = request.headers.get("If-Match", "")
    if not header.strip():
        if needed:
            raise UnreadError(_("Read this first, and send its ETag as If-Match."), field="If-Match")
        return
    versions = {etag.partition(".")[0] for etag in known_etags(header)}
    if versions.isdisjoint({ANY, version_of(row), whole or ANY}):
        raise StaleError(_("This has changed since you read it. Read it again."), field="If-Match")


def knows_version(request: Request, row: Any) -> bool:
    """The caller has an answer about this version of a row already."""
    versions = {etag.partition(".")[0] for etag in known_etags(request.headers.get("If-None-Match", ""))}
    return version_of(row) in versions


def tagged(request: Request, answer: HttpResponse, version: str | None) -> HttpResponse:
    """An answer to a read with its ETag; 304 without it when the caller has it already."""
    if "no-store" in answer.headers.get("Cache-Control", ""):
        return answer
    digest = blake2b(answer.content, digest_size=10).hexdigest()
    etag = f"{version}.{digest}" if version else digest
    answer.headers["ETag"] = weak(etag)
    answer.headers.setdefault("Cache-Control", PRIVATE)
    patch_vary_headers(answer, DEPENDS_ON)
    if known_etags(request.headers.get("If-None-Match", "")).isdisjoint({ANY, etag}):
        return answer
    return not_modified(answer)


def not_modified(answer: HttpResponse) -> HttpResponse:
    """The same, without its body."""
    kept = {name: value for name, value in answer.headers.items() if name not in {"Content-Type", "Content-Length"}}
    return HttpResponseNotModified(headers=kept)
