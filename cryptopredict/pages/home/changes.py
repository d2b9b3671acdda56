"""What changed since somebody was here: the market, its sectors, the lists, signals, alerts and suggestions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from assets.choices import Market
from macro.models import AIRegimeAnalysis
from macro.selectors.shown import shown_regime_at
from sectors.selectors.table import RankedSector, places_at
from selection.selectors.list_changes import ListChange, Move, list_changes
from selection.selectors.queue import public_queue
from system.formats import digits, listed
from trading.choices import SignalEnding
from trading.models import AlertFiring
from trading.selectors.chains import active_signals
from trading.selectors.endings import endings_since

LIST_LINES = 6
"""Changes of lists that are told one by one; of more it is said how many."""


@dataclass(frozen=True)
class Change:
    """A line: what changed, how, since when, and where more of it stands."""

    subject: str
    text: str
    address: str
    at: datetime | None


@dataclass(frozen=True)
class ChangesCard:
    """What changed since a moment."""

    since: datetime
    lines: list[Change]


@dataclass(frozen=True)
class Present:
    """What the start page knows of the market anyway."""

    market: Market
    analysis: AIRegimeAnalysis
    sectors: list[RankedSector]


def changes_card(present: Present, user: Any, watched: set[int], since: datetime) -> ChangesCard:
    """Everything that changed after ``since`` and concerns a reader.

    Args:
        watched: assets whose signals are told.
    """
    lines = [
        *_regime(present, since),
        *_sector(present, since),
        *_lists(list_changes(present.market, user, since)),
        *_signals(present.market, user, watched, since),
        *_alerts(user, since),
        *_suggestions(present.market, user, since),
    ]
    return ChangesCard(since, lines)


def _regime(present: Present, since: datetime) -> Iterator[Change]:
    now = present.analysis
    before = shown_regime_at(present.market, now.analysis_timeframe, since)
    if before is not None and before.current_regime != now.current_regime:
        words = {"now": now.get_current_regime_display(), "before": before.get_current_regime_display()}
        yield Change(
            gettext("The market"), gettext("%(now)s now, %(before)s before") % words, reverse("market"),
            now.analysis_time,
        )  # fmt: skip


def _sector(present: Present, since: datetime) -> Iterator[Change]:
    first = next((one for one in present.sectors if one.rank == 1), None)
    if first is None:
        return
    snapshot = present.analysis.metrics_snapshot
    place = places_at(snapshot, since).get(first.analysis.sector.name)
    if place is not None and place > 1:
        words = gettext("leads the sectors, number %(place)s before") % {"place": digits(str(place))}
        name = first.analysis.sector.name
        yield Change(name, words, reverse("sector", args=[name]), snapshot.snapshot_time)


def _lists(changes: list[ListChange]) -> Iterator[Change]:
    moves = {
        Move.CAME: gettext("came onto %(list)s"),
        Move.LEFT: gettext("left %(list)s"),
        Move.PROMOTED: gettext("was promoted to %(list)s"),
        Move.DEMOTED: gettext("was demoted to %(list)s"),
    }
    for change in changes[:LIST_LINES]:
        where = change.watchlist
        words = moves[change.move] % {"list": where.get_tier_display() if where.tier else where.name}
        yield Change(change.asset.symbol, words, reverse("watchlist", args=[where.pk]), change.at)
    if (rest := len(changes) - LIST_LINES) > 0:
        words = ngettext("%(n)s more change of lists", "%(n)s more changes of lists", rest)
        yield Change(words % {"n": digits(str(rest))}, "", reverse("watchlists"), None)


def _signals(market: Market, user: Any, watched: set[int], since: datetime) -> Iterator[Change]:
    made = active_signals(market, user).filter(
        asset__in=watched, created_at__gt=since, ai_analysis__is_proven=True
    ).order_by().aggregate(n=Count("pk"), at=Max("created_at"))  # fmt: skip
    if made["n"]:
        words = ngettext("%(n)s new signal", "%(n)s new signals", made["n"]) % {"n": digits(str(made["n"]))}
        yield Change(words, gettext("with a measured edge"), f"{reverse('signals')}?proof=proven", made["at"])
    ended = endings_since(user, watched, since)
    if ended:
        total = sum(count for count, _at in ended.values())
        words = ngettext("%(n)s signal ended", "%(n)s signals ended", total) % {"n": digits(str(total))}
        parts = [f"{SignalEnding(name).label} {digits(str(count))}" for name, (count, _at) in ended.items()]
        yield Change(words, listed(parts), reverse("signals"), max(at for _count, at in ended.values()))


def _alerts(user: Any, since: datetime) -> Iterator[Change]:
    fired = AlertFiring.objects.filter(user=user.pk, fired_at__gt=since).aggregate(n=Count("pk"), at=Max("fired_at"))
    if fired["n"]:
        words = ngettext("%(n)s alert", "%(n)s alerts", fired["n"]) % {"n": digits(str(fired["n"]))}
        yield Change(words, gettext("fired"), reverse("alerts"), fired["at"])


def _suggestions(market: Market, user: Any, since: datetime) -> Iterator[Change]:
    """For who decides on them."""
    if not user.is_staff:
        return
    came = public_queue(market).filter(created_at__gt=since).order_by().aggregate(n=Count("pk"), at=Max("created_at"))
    if came["n"]:
        words = ngettext("%(n)s suggestion", "%(n)s suggestions", came["n"]) % {"n": digits(str(came["n"]))}
        yield Change(words, gettext("came in and waits for a decision"), reverse("review"), came["at"])
