"""The cards of the first page of the admin. One that fails says so, and takes no other with it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext

from cryptopredict.backups.archiving import archiving
from cryptopredict.backups.policy import Known, known
from cryptopredict.pages.admin_home import cards
from cryptopredict.pages.admin_home.inbox import Inbox, inbox
from cryptopredict.pages.freshness import STALE_STATE
from system import formats
from system.stores.artefacts import bucket

logger = logging.getLogger(__name__)
ACT, WELL, FAILED = "act", "well", "failed"


@dataclass(frozen=True)
class Card:
    """A card.

    Attributes:
        name: of its template, and where it is on the page.
        needs: what wants to be done, in sentences; none: all is well.
        shown: what stands on it; None: it could not be found out.
    """

    name: str
    title: str
    is_wide: bool
    needs: list[str]
    shown: Any

    @property
    def state(self) -> str:
        """In a word, for the mark beside its title."""
        return FAILED if self.shown is None else ACT if self.needs else WELL

    @property
    def template(self) -> str:
        """What shows it."""
        return f"admin/home/{self.name}.html"


@dataclass(frozen=True)
class Kind:
    """What a card is made of: where its figures come from, and what of them wants to be done."""

    name: str
    title: Callable[[], str]
    read: Callable[[datetime], Any]
    needs: Callable[[Any, datetime], list[str]]
    is_wide: bool = False


@dataclass(frozen=True)
class Home:
    """The page: its cards, and when they were read."""

    cards: list[Card]
    at: datetime

    @property
    def needs(self) -> list[tuple[str, str]]:
        """Everything that wants to be done, each with the card that tells more."""
        return [(card.name, words) for card in self.cards for words in card.needs]

    @property
    def headline(self) -> str:
        """The answer."""
        if count := len(self.needs):
            told = ngettext("%(n)s thing wants you", "%(n)s things want you", count)
            return told % {"n": formats.number(count)}
        return gettext("Nothing waits for you")


def home(now: datetime) -> Home:
    """The page at a moment."""
    kinds = KINDS if bucket() is None else (*KINDS, FILES)
    return Home([card(kind, now) for kind in kinds], now)


def card(kind: Kind, now: datetime) -> Card:
    """One card; what keeps it from being made is logged, and told on it."""
    try:
        shown = kind.read(now)
        return Card(kind.name, kind.title(), kind.is_wide, kind.needs(shown, now), shown)
    except Exception:
        logger.exception("The card %s of the admin's first page could not be made", kind.name)
        told = gettext("%(card)s: this card could not be made") % {"card": kind.title()}
        return Card(kind.name, kind.title(), kind.is_wide, [told], None)


def of_suggestions(found: cards.Suggestions, _now: datetime) -> list[str]:
    if not found.count:
        return []
    told = ngettext("%(n)s suggestion waits for a decision", "%(n)s suggestions wait for a decision", found.count)
    return [told % {"n": formats.number(found.count)}]


def of_inbox(found: Inbox, _now: datetime) -> list[str]:
    if not found.count:
        return []
    told = ngettext("%(n)s failure in %(days)s days", "%(n)s failures in %(days)s days", found.count)
    return [told % {"n": formats.number(found.count), "days": formats.number(found.days)}]


def of_jobs(found: cards.Jobs, now: datetime) -> list[str]:
    if found.oldest_wait is None or now - found.oldest_wait < cards.LONG_WAIT:
        return []
    return [gettext("Work has waited for a worker since %(when)s") % {"when": formats.relative(found.oldest_wait, now)}]


def of_lag(found: cards.Lag, _now: datetime) -> list[str]:
    needs = []
    if found.is_old:
        needs.append(gettext("No round of checks came lately: workers or schedule do not run"))
    else:
        signs = [*found.workers, *found.queues, *([found.schedule] if found.schedule else [])]
        if not found.workers:
            needs.append(gettext("No worker was heard of in the last hour"))
        if late := [sign.label for sign in signs if sign.state != cards.FRESH_STATE]:
            needs.append(gettext("Behind: %(names)s") % {"names": formats.listed(late)})
    if stale := [chip.label for chip in found.analyses if chip.state == STALE_STATE or chip.fault]:
        needs.append(gettext("Stale or failed: %(names)s") % {"names": formats.listed(stale)})
    return needs


def of_providers(found: cards.Sources, _now: datetime) -> list[str]:
    names = [one.state.name for one in found.called if one.standing == STALE_STATE]
    needs = [gettext("%(names)s: no answer as it should be") % {"names": formats.listed(names)}] if names else []
    if used := [one.state.name for one in found.called if one.remedy is None and one.is_nearly_used]:
        needs.append(gettext("%(names)s: the request budget is nearly used") % {"names": formats.listed(used)})
    return needs


def of_gaps(found: cards.Gaps, _now: datetime) -> list[str]:
    needs = []
    if found.open:
        told = ngettext("%(n)s gap in the candles is open.", "%(n)s gaps in the candles are open.", found.open)
        needs.append((told % {"n": formats.number(found.open)}).removesuffix("."))
    if found.fetches:
        told = ngettext("%(n)s fetch is not complete.", "%(n)s fetches are not complete.", found.fetches)
        needs.append((told % {"n": formats.number(found.fetches)}).removesuffix("."))
    return needs


def of_feedback(found: cards.Feedback, _now: datetime) -> list[str]:
    if not found.count:
        return []
    told = ngettext("%(n)s message of people is new", "%(n)s messages of people are new", found.count)
    return [told % {"n": formats.number(found.count)}]


def backups(_now: datetime) -> Known:
    """What is known of backups, and of the archive of the log."""
    return replace(known(), archive=archiving())


def of_backup(found: Known, now: datetime) -> list[str]:
    """Late or failed backups, and those that nobody has tried out. A new installation has its first within the hour."""
    needs = []
    if found.failure is not None:
        needs.append(gettext("The last backup failed"))
    if found.is_late(now):
        needs.append(gettext("The newest backup is old"))
    elif found.made_at is None and found.failure is None:
        needs.append(gettext("No backup is known"))
    if found.drill_fault:
        needs.append(gettext("The last trial of a backup failed"))
    elif found.made_at is not None and found.is_drill_due(now):
        needs.append(gettext("No backup has been tried out lately"))
    if found.archive is not None and found.archive.is_late:
        needs.append(gettext("The archive of the database log does not keep up"))
    return needs


def of_files(found: cards.Files, _now: datetime) -> list[str]:
    return [gettext("The bucket of the files does not answer")] if found.fault else []


KINDS = (
    Kind("suggestions", lambda: gettext("Suggestions"), cards.suggestions, of_suggestions),
    Kind("feedback", lambda: gettext("Feedback"), cards.feedback, of_feedback),
    Kind("inbox", lambda: gettext("Error inbox"), inbox, of_inbox, is_wide=True),
    Kind("jobs", lambda: gettext("Running work"), cards.jobs, of_jobs, is_wide=True),
    Kind("lag", lambda: gettext("Queues and lag"), cards.lag, of_lag),
    Kind("gaps", lambda: gettext("Gaps of candles"), cards.gaps, of_gaps),
    Kind("providers", lambda: gettext("Providers and their budgets"), cards.providers, of_providers, is_wide=True),
    Kind("backup", lambda: gettext("Backup"), backups, of_backup),
)
"""The cards in their order."""
FILES = Kind("files", lambda: gettext("Files"), cards.files, of_files)
"""Only where they lie in a bucket."""
