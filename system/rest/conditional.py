"""Answers that a client has already."""

from django.utils.http import parse_etags

REVALIDATE = "no-cache"
"""``Cache-Control`` of what may be kept, but is asked for anew every time."""


def known_etags(header: str) -> frozenset[str]:
    """The etags of ``If-None-Match``, without quotes; a weak one is as good as a strong one here."""
    if not header:
        return frozenset()
    return frozenset(etag.removeprefix("W/").strip('"') for etag in parse_etags(header))
