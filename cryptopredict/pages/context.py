"""What the frame of every page needs. It is looked up when a template asks for it: the admin's pages never do."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.selectors.notifications import undelivered, unread_count
from assets.choices import Market
from assets.selectors.shown import shown_market
from cryptopredict.pages.freshness import SystemFreshness, system_freshness
from cryptopredict.pages.inbox.words import unread_shown, unread_words
from cryptopredict.pages.navigation import ON_PHONES, Link, links, section
from system.calendars import Calendar, is_jalali


class Frame:
    """The market that is shown and how fresh it is, and whether something did not reach the reader."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def market(self) -> Market | None:
        return shown_market()

    @property
    def is_demo(self) -> bool:
        return self.market == Market.DEMO

    @property
    def version(self) -> str:
        """Of the product. Pages have versions of their own, so it is named with the frame."""
        return settings.VERSION

    @cached_property
    def links(self) -> list[Link]:
        """Pages of the rail."""
        return links(self.request)

    @cached_property
    def section(self) -> Link | None:
        """The page of the rail that this one lies below."""
        return section(self.request)

    @property
    def on_phones(self) -> int:
        """How many of them the bar of a phone shows."""
        return ON_PHONES

    @property
    def behind(self) -> list[Link]:
        """The others."""
        return self.links[ON_PHONES:]

    @cached_property
    def undelivered(self) -> int:
        """Messages that did not reach the reader outside the app."""
        user = self.request.user
        return undelivered(user).count() if isinstance(user, User) else 0

    @property
    def theme(self) -> str:
        """Which colours the reader has chosen for pages; empty: none."""
        return self.chosen("theme", ("auto", "light", "dark"))

    @property
    def colours(self) -> str:
        """Which colours rises and falls have for the reader; empty: not chosen."""
        return self.chosen("colours", ("usual", "swapped"))

    @property
    def calendar(self) -> str:
        """In which calendar the scripts tell dates."""
        return (Calendar.JALALI if is_jalali() else Calendar.GREGORIAN).value

    def chosen(self, name: str, allowed: tuple[str, ...]) -> str:
        """A preference of the reader, if it is one that we know."""
        user = self.request.user
        kept = (user.preferences or {}).get(name) if isinstance(user, User) else None
        return kept if kept in allowed else ""

    @cached_property
    def unread(self) -> int:
        """Messages in the app that the reader has not looked at."""
        user = self.request.user
        return unread_count(user, timezone.now()) if isinstance(user, User) else 0

    @property
    def unread_shown(self) -> str:
        return unread_shown(self.unread)

    @property
    def unread_words(self) -> str:
        return unread_words(self.unread)

    @cached_property
    def freshness(self) -> SystemFreshness:
        return system_freshness(self.market, timezone.now())


def frame(request: HttpRequest) -> dict[str, Any]:
    """Variables of the base template."""
    return {"frame": Frame(request), "languages": settings.LANGUAGES}
