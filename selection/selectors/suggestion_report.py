"""What came of suggestions: how often the product was right, what the reviewers added, how they agree and how long they
take. Accepted, rejected and expired ones are told side by side."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import numpy as np
from django.db.models import Q

from assets.choices import DEMO_SOURCE, Market
from assets.compute.periods import MONDAY
from assets.models import Asset
from selection.choices import SuggestionStatus, WatchlistType
from selection.compute.intervals import Mean, difference_by_week, mean_by_week, share_by_week
from selection.models import AISuggestion, AISuggestionArchive, SuggestionOutcome, Watchlist
from system.choices import LIVE

WEEK = 7 * 86400
ACCEPTED = {SuggestionStatus.APPROVED, SuggestionStatus.IMPLEMENTED}
GROUPS = {
    "accepted": ACCEPTED,
    "rejected": {SuggestionStatus.REJECTED},
    "expired": {SuggestionStatus.EXPIRED},
}
OPEN = "open"
"""Those that nobody has decided yet, deferred ones too."""
NEAR = timedelta(days=30)
"""Decisions about the same change that lie so near to each other are compared."""
COLUMNS = ("pk", "watchlist_id", "asset_id", "suggestion_type", "status", "reviewed_by__email", "reviewed_at",
           "created_at", "run__as_of")  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One suggestion with its outcome; ``excess`` in percentage points, None before it is scored.

    Attributes:
        is_due: whether its horizon has passed.
        is_ended: whether the candles of its asset ended before.
        made_at: moment of its run, else when it was entered.
        week: number of the week in which it was made.
        change: list, asset and kind.
    """

    key: int
    change: tuple[int, int, str]
    status: str
    reviewer: str | None
    made_at: datetime
    reviewed_at: datetime | None
    excess: float | None
    is_due: bool
    is_ended: bool

    @property
    def kind(self) -> str:
        return self.change[2]

    @property
    def week(self) -> int:
        return int((self.made_at - MONDAY).total_seconds() // WEEK)


@dataclass(frozen=True)
class Group:
    """Suggestions that met the same fate.

    Attributes:
        made: how many.
        scored: of them, those whose outcome is known.
        unmeasured: of them, those that were due and lack a price.
        ended: of the scored, those measured by the last close of candles that ended before the horizon.
        precision: share of the scored that did what was suggested, against the list's median.
        excess: mean excess return, percentage points.
    """

    made: int
    scored: int
    unmeasured: int
    ended: int
    precision: Mean
    excess: Mean


@dataclass(frozen=True)
class SuggestionReport:
    """What came of some suggestions.

    Attributes:
        groups: all, accepted, rejected and expired ones, and those still open.
        added_value: mean excess return of the accepted minus that of the rejected: what the reviewers' choice added.
        agreement_with_ai: share of the decided that were accepted; None without any.
        agreement_of_reviewers: share of the pairs of decisions of two reviewers about the same change, made within 30
            days, that are alike; None without any. Of one suggestion only one reviewer decides.
        pairs: how many pairs that rests on.
        hours_to_decision, hours_to_decision_90: median and ninth decile; None without any.
    """

    groups: dict[str, Group]
    added_value: Mean
    agreement_with_ai: float | None
    agreement_of_reviewers: float | None
    pairs: int
    hours_to_decision: float | None
    hours_to_decision_90: float | None


BY: dict[str, Callable[[Told], str]] = {
    "kind": lambda told: told.kind,
    "reviewer": lambda told: told.reviewer or "",
    "month": lambda told: f"{told.made_at:%Y-%m}",
}


def suggestion_report(
    series: str = LIVE, *, since: datetime | None = None, until: datetime | None = None
) -> SuggestionReport:
    """The report of all suggestions of a series for default lists that were made in a time, those in the archive too.
    What owners make of their personal lists is their own business."""
    return _report(told_suggestions(series, since=since, until=until))


def suggestion_reports(
    by: str, series: str = LIVE, *, since: datetime | None = None, until: datetime | None = None
) -> dict[str, SuggestionReport]:
    """The same in parts, by their names in order.

    Args:
        by: kind, reviewer or month.
    Raises:
        KeyError: anything else.
    """
    return reports_of(told_suggestions(series, since=since, until=until), by)


def report_of(told: Sequence[Told]) -> SuggestionReport:
    """The report of suggestions that were read before."""
    return _report(list(told))


def reports_of(told: Sequence[Told], by: str) -> dict[str, SuggestionReport]:
    """The same in parts, by their names in order.

    Raises:
        KeyError: nothing that they are divided by.
    """
    parts: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        parts[BY[by](one)].append(one)
    return {name: _report(parts[name]) for name in sorted(parts)}


def fate(told: Told) -> str:
    """Which of the groups of a report a suggestion belongs to."""
    return next((name for name, statuses in GROUPS.items() if told.status in statuses), OPEN)


def told_suggestions(
    series: str = LIVE,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    market: Market | None = None,
) -> list[Told]:
    """The suggestions that a report is of, oldest first.

    Args:
        since, until: made in ``[since, until)``.
        market: only about its assets; None: all. An archived one whose asset is no more counts as of the real market.
    """
    outcomes = SuggestionOutcome.objects.filter(series=series)
    known = {one.suggestion_id: one for one in outcomes.only("suggestion_id", "excess_return", "candles_ended_at")}
    of_lists = {"series": series, "watchlist__in": Watchlist.objects.filter(watchlist_type=WatchlistType.DEFAULT)}
    demo = Q(asset_id__in=Asset.objects.filter(data_source=DEMO_SOURCE).values("pk"))
    of_market = Q() if market is None else demo if market == Market.DEMO else ~demo
    rows = list(AISuggestion.objects.filter(of_market, **of_lists).values_list(*COLUMNS))
    archived = AISuggestionArchive.objects.filter(of_market, **of_lists)
    for *row, context in archived.values_list(*COLUMNS[:-1], "context_data"):
        as_of = (context or {}).get("as_of")
        rows.append((*row, datetime.fromisoformat(as_of) if as_of else None))
    found = [_one(row, known.get(row[0])) for row in rows]
    return [
        one
        for one in sorted(found, key=lambda one: (one.made_at, one.key))
        if (since is None or one.made_at >= since) and (until is None or one.made_at < until)
    ]


def _one(row: Sequence[Any], outcome: SuggestionOutcome | None) -> Told:
    key, watchlist, asset, kind, status, reviewer, reviewed_at, created_at, as_of = row
    return Told(
        key=key,
        change=(watchlist, asset, kind),
        status=status,
        reviewer=reviewer,
        made_at=as_of or created_at,
        reviewed_at=reviewed_at,
        excess=None if outcome is None or outcome.excess_return is None else float(outcome.excess_return),
        is_due=outcome is not None,
        is_ended=outcome is not None and outcome.candles_ended_at is not None,
    )


def _report(told: list[Told]) -> SuggestionReport:
    groups = {"all": told} | {
        name: [one for one in told if one.status in statuses] for name, statuses in GROUPS.items()
    }
    groups[OPEN] = [one for one in told if fate(one) == OPEN]
    accepted, rejected = (_scored(groups[name]) for name in ("accepted", "rejected"))
    decided = len(groups["accepted"]) + len(groups["rejected"])
    alike = list(_alike([*groups["accepted"], *groups["rejected"]]))
    hours = [
        (one.reviewed_at - one.made_at).total_seconds() / 3600
        for one in (*groups["accepted"], *groups["rejected"])
        if one.reviewed_at is not None
    ]
    return SuggestionReport(
        groups={name: _group(rows) for name, rows in groups.items()},
        added_value=difference_by_week(*accepted, *rejected),
        agreement_with_ai=len(groups["accepted"]) / decided if decided else None,
        agreement_of_reviewers=float(np.mean(alike)) if alike else None,
        pairs=len(alike),
        hours_to_decision=float(np.median(hours)) if hours else None,
        hours_to_decision_90=float(np.quantile(hours, 0.9)) if hours else None,
    )


def _scored(rows: list[Told]) -> tuple[Any, Any]:
    """Excess returns and weeks of the scored ones."""
    known = [one for one in rows if one.excess is not None]
    return np.array([one.excess for one in known], dtype=float), np.array([one.week for one in known], dtype=np.int64)


def _group(rows: list[Told]) -> Group:
    excess, weeks = _scored(rows)
    return Group(
        made=len(rows),
        scored=len(excess),
        unmeasured=sum(one.is_due and one.excess is None for one in rows),
        ended=sum(one.is_ended and one.excess is not None for one in rows),
        precision=share_by_week((excess > 0).astype(float), weeks),
        excess=mean_by_week(excess, weeks),
    )


def _alike(decided: list[Told]) -> Iterator[bool]:
    """Of each pair of decisions of two reviewers about the same change: whether they are alike."""
    changes: dict[tuple[int, int, str], list[Told]] = defaultdict(list)
    for one in decided:
        changes[one.change].append(one)
    for same in changes.values():
        for one, other in combinations(same, 2):
            if one.reviewer != other.reviewer and abs(one.made_at - other.made_at) <= NEAR:
                yield (one.status in ACCEPTED) == (other.status in ACCEPTED)
