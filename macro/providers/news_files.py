"""News from files of headlines (``headlines-*.csv``). Their times state no zone, and are read as UTC."""

import re
from pathlib import Path

from assets.compute.checks import LINE
from assets.providers.text_files import Reject, read_rows
from macro.compute.news_items import SentItem

STEM = re.compile(r"headlines-.+\.csv(\.gz)?")
REQUIRED, OPTIONAL = ("published_at", "title"), ("url", "source")
UNNAMED = "file"
"""Source of items whose file names none."""
ESCAPES = re.compile(r"\\x[0-9a-f]{2}")
"""Bytes that a file holds as codes: dashes and spaces of a lost encoding."""


def is_news_file(path: Path) -> bool:
    """Whether a file holds headlines, by its name."""
    return STEM.fullmatch(path.name) is not None


def read_headlines(path: Path) -> tuple[list[SentItem], list[Reject]]:
    """The items of a file, and the lines that hold none.

    Raises:
        UnreadableFile: it has no column of dates or titles.
    """
    rows, rejects = read_rows(path, REQUIRED, OPTIONAL)
    items = [
        SentItem(line, _slug(source), ESCAPES.sub(" ", title or ""), published, url)
        for line, published, title, url, source in rows.select(LINE, *REQUIRED, *OPTIONAL).iter_rows()
    ]
    return items, rejects


def _slug(source: str | None) -> str:
    """A source as feeds name it: ``CoinTelegraph`` is ``cointelegraph``."""
    return re.sub(r"[^a-z0-9]+", "_", (source or "").casefold()).strip("_") or UNNAMED
