"""News as a source sent them, told apart: sound, or refused with the reason.

The one place where news are checked, whatever they come from: feeds or files.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from assets.compute.checks import FIRST_COIN, SHOWN, Fault
from macro.compute.news_text import canonical_address, cut_text, plain_text, story_key

LONGEST_TITLE, LONGEST_ADDRESS, LONGEST_ID = 500, 1000, 255
"""What the columns hold."""
LONGEST_SUMMARY = 1000
MOST_READ = 20_000
"""Characters of a text that are looked at; markup may make it longer than what is kept of it."""


@dataclass(frozen=True)
class SentItem:
    """An item as it was sent.

    Attributes:
        line: its line or place in what was sent.
        source: who published it.
        published: its date: a moment, or text; without a time zone it is in UTC.
    """

    line: int
    source: str
    title: str | None
    published: datetime | str | None
    url: str | None = None
    external_id: str | None = None
    summary: str | None = None


@dataclass(frozen=True)
class NewsItem:
    """A sound item.

    Attributes:
        line, source: as it was sent.
        title: headline, plain text on one line.
        story: its words; two headlines with the same tell the same story.
        published_at: in UTC.
        url: canonical.
    """

    line: int
    source: str
    title: str
    story: str
    published_at: datetime
    url: str | None = None
    external_id: str | None = None
    summary: str | None = None


@dataclass(frozen=True)
class CheckedItems:
    """What was sent: sound items in its order, and the others with their reasons."""

    sound: Sequence[NewsItem]
    faults: Sequence[Fault]


def check_items(sent: Iterable[SentItem], now: datetime) -> CheckedItems:
    """Tell sound items from others.

    Args:
        sent: items.
        now: what is dated later is refused; it will be taken when its time has come.
    """
    sound: list[NewsItem] = []
    faults: list[Fault] = []
    for item in sent:
        try:
            sound.append(_checked(item, now))
        except ValueError as error:
            faults.append(Fault(item.line, str(error)))
    return CheckedItems(sound, faults)


def _checked(item: SentItem, now: datetime) -> NewsItem:
    title = _title(item.title or "")
    story = story_key(title)
    if not story:
        raise ValueError(f"its title {title[:SHOWN]!r} has no word")
    summary = cut_text(plain_text((item.summary or "")[:MOST_READ]), LONGEST_SUMMARY)
    external_id = plain_text((item.external_id or "")[:MOST_READ])
    return NewsItem(
        item.line,
        item.source,
        title,
        story,
        _published(item.published, now),
        _address(item.url),
        external_id if 0 < len(external_id) <= LONGEST_ID else None,
        summary or None,
    )


def _title(sent: str) -> str:
    title = plain_text(sent[: MOST_READ + 1])
    if not title:
        raise ValueError("it has no title")
    if len(sent) > MOST_READ or len(title) > LONGEST_TITLE:
        raise ValueError(f"its title {title[:SHOWN]!r} has more than {LONGEST_TITLE} characters")
    return title


def _published(sent: datetime | str | None, now: datetime) -> datetime:
    if not sent:
        raise ValueError("it has no date")
    try:
        moment = datetime.fromisoformat(sent.strip()) if isinstance(sent, str) else sent
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"its date {str(sent)[:SHOWN]!r} is none") from None
    if moment > now:
        raise ValueError(f"its date {moment.isoformat()} lies in the future")
    if moment < FIRST_COIN:
        raise ValueError(f"its date {moment.isoformat()} lies before the first coin")
    return moment


def _address(sent: str | None) -> str | None:
    if not sent or not sent.strip():
        return None
    try:
        address = canonical_address(sent)
    except ValueError as error:
        raise ValueError(f"its address {sent.strip()[:SHOWN]!r} cannot be taken: {error}") from None
    if len(address) > LONGEST_ADDRESS:
        raise ValueError(f"its address {sent.strip()[:SHOWN]!r} has more than {LONGEST_ADDRESS} characters")
    return address
