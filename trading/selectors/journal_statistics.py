"""The own journal in figures: closed trades by tag, regime, setup, weekday and mood, and what each day brought."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from assets.selectors import shown_market
from macro.selectors.regimes import ORIGIN, live_regimes
from selection.models import LotDisposal, PositionFlow
from selection.selectors.visible import real_portfolios, visible_portfolios
from trading.choices import ActionType
from trading.compute.trade_results import Life, result
from trading.compute.trade_statistics import ClosedTrade, Figures, figures
from trading.models import TradeAction, TradeNote
from trading.selectors.standing import standing_now
from trading.selectors.trades import SALES, lives

OPENING = (ActionType.BUY, ActionType.SHORT, ActionType.ENTRY)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNKNOWN = "unknown"
DAILY = "1d"
AT_MOST = timedelta(days=4)
"""A regime that was told so long before an entry says nothing of it."""


@dataclass(frozen=True)
class JournalStatistics:
    """Closed trades of a period.

    Attributes:
        whole: all of them.
        groups: kind of group → its name → its figures; a trade is in as many tags as it has.
        open_trades: trades that were closed in part only.
        untold: why the profit of how many closed trades is unknown; they are in no figure.
    """

    whole: Figures
    groups: Mapping[str, Mapping[str, Figures]]
    open_trades: int
    untold: Mapping[str, int]


@dataclass(frozen=True)
class CalendarDay:
    """A day (UTC): what was realised, dollars, and how many entries were made."""

    day: date
    realized_usd: Decimal
    entries: int


def journal_statistics(
    user: Any, since: datetime, until: datetime, *, portfolio_id: int | None = None
) -> JournalStatistics:
    """Figures of the trades that ended in a period, in as many queries however many they are.

    A trade is an entry that opened something or added to it, with its own coins wherever they went; R is by its own
    price and stop. What is held on paper counts only where its portfolio is named.
    """
    keys = _ended(user, since, until, portfolio_id)
    entries = {row.pk: row for row in TradeAction.objects.filter(pk__in=keys, action_type__in=OPENING)}
    found = lives(entries.keys())
    names = _names({key: entries[key] for key in found})
    closed: dict[int, ClosedTrade] = {}
    untold: dict[str, int] = defaultdict(int)
    for key, life in found.items():
        if life.left:
            continue
        came = result([life])
        if came.profit is None:
            untold[came.missing or UNKNOWN] += 1
        else:
            closed[key] = ClosedTrade(came.profit, came.r, _week(life))
    return JournalStatistics(
        figures(list(closed.values())),
        {kind: _grouped(closed, of_kind) for kind, of_kind in names.items()},
        sum(1 for life in found.values() if life.left),
        dict(untold),
    )


def journal_calendar(user: Any, since: datetime, until: datetime) -> list[CalendarDay]:
    """Days on which something was realised or entered in real portfolios, oldest first."""
    flows = PositionFlow.objects.filter(
        position__portfolio__in=real_portfolios(user), occurred_at__gte=since, occurred_at__lt=until
    )
    days = flows.annotate(day=TruncDate("occurred_at", tzinfo=UTC)).values("day").order_by("day")
    rows = days.annotate(realized=Sum("realized_usd"), entries=Count("action_id", distinct=True))
    return [CalendarDay(row["day"], row["realized"], row["entries"]) for row in rows]


def _ended(user: Any, since: datetime, until: datetime, portfolio_id: int | None) -> list[int]:
    """Entries whose last coins that left did so in the period."""
    portfolios = real_portfolios(user) if portfolio_id is None else visible_portfolios(user).filter(pk=portfolio_id)
    own = LotDisposal.objects.filter(position__portfolio__in=portfolios)
    last = own.values("lot_action_id").annotate(last=Max("disposed_at", filter=Q(kind__in=SALES)))
    return list(last.filter(last__gte=since, last__lt=until).values_list("lot_action_id", flat=True))


def _names(entries: Mapping[int, TradeAction]) -> dict[str, dict[int, list[str]]]:
    """Kind of group → entry → its groups."""
    regimes = _regimes(entries.values())
    notes = _notes(entries.keys())
    told: dict[str, dict[int, list[str]]] = {
        "by_tag": {key: note.tags for key, note in notes.items()},
        "by_rules": {key: [_kept(notes.get(key))] for key in entries},
        "by_regime": {key: [regimes(entry.executed_at)] for key, entry in entries.items()},
        "by_weekday": {key: [WEEKDAYS[_utc(entry.executed_at).weekday()]] for key, entry in entries.items()},
    }
    for kind, column in (
        ("by_setup", "primary_setup"),
        ("by_emotion", "emotion_state"),
        ("by_source", "action_source"),
    ):
        told[kind] = {key: [getattr(entry, column) or UNKNOWN] for key, entry in entries.items()}
    return told


def _kept(note: TradeNote | None) -> str:
    if note is None or note.followed_rules is None:
        return UNKNOWN
    return "followed" if note.followed_rules else "broken"


def _notes(keys: Iterable[int]) -> dict[int, TradeNote]:
    """Notes of entries; what was written about one that was corrected since is about the one that stands for it."""
    wanted = set(keys)
    portfolios = TradeAction.objects.filter(pk__in=wanted).values("portfolio_asset__portfolio").distinct()
    notes: QuerySet[TradeNote] = TradeNote.objects.filter(trade_action__portfolio_asset__portfolio__in=portfolios)
    by_entry = {note.trade_action_id: note for note in notes.order_by("pk")}
    standing = standing_now(by_entry)
    return {entry.pk: by_entry[key] for key, entry in standing.items() if entry is not None and entry.pk in wanted}


def _regimes(entries: Iterable[TradeAction]) -> Any:
    """A function that tells the newest daily regime of a moment, in the market that is shown."""
    moments = [entry.executed_at for entry in entries]
    if not moments:
        return lambda _at: UNKNOWN
    rows = live_regimes().filter(
        analysis_timeframe=DAILY,
        data_source=ORIGIN[shown_market()],
        analysis_time__gt=min(moments) - AT_MOST,
        analysis_time__lte=max(moments),
    )
    told = list(rows.order_by("analysis_time", "pk").values_list("analysis_time", "current_regime"))
    times = [time for time, _name in told]

    def regime(at: datetime) -> str:
        place = bisect_right(times, at) - 1
        return told[place][1] if place >= 0 and times[place] > at - AT_MOST else UNKNOWN

    return regime


def _grouped(closed: Mapping[int, ClosedTrade], names: Mapping[int, Iterable[str]]) -> dict[str, Figures]:
    groups: dict[str, list[ClosedTrade]] = defaultdict(list)
    for key, trade in closed.items():
        for name in names.get(key, ()):
            groups[name].append(trade)
    return {name: figures(trades) for name, trades in sorted(groups.items())}


def _week(life: Life) -> int:
    """Number of the week, Monday first, in which the last coins left."""
    return (max(_utc(one.at) for one in life.closings).date().toordinal() - 1) // 7


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
