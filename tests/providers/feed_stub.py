"""What a feed of news sends."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
XML = {"Content-Type": "application/rss+xml; charset=utf-8"}


def item(title: str = "Bitcoin rises", *, at: datetime | str = NOW - timedelta(hours=1), more: str = "") -> str:
    date = format_datetime(at) if isinstance(at, datetime) else at
    link = f"https://desk.example/{abs(hash(title))}"
    return f"<item><title>{escape(title)}</title><link>{link}</link><pubDate>{date}</pubDate>{more}</item>"


def rss(*items: str, end: str = "</channel></rss>", start: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return f'{start}<rss version="2.0"><channel><title>Desk</title>{"".join(items)}{end}'
