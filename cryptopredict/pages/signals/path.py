"""The way of the price since a plan was made: as a chart, as moments, and how far it went for and against it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext

from assets.choices import Timeframe
from assets.compute.periods import LENGTHS
from assets.selectors.candles import Candles, candles
from assets.selectors.coverage import stored_timeframes
from cryptopredict.pages.graphs import Band, Graph, Line
from selection.choices import PositionType
from system import formats
from trading.choices import SignalStatus
from trading.models import AITradingSignal
from trading.models.outcomes import Followed
from trading.rules import FINER
from trading.selectors.chains import ending_of

BEFORE, LEAST = 0.4, 10
"""So much of the horizon is shown before the plan, and so many of its candles at least."""
AFTER = 0.4
"""And so much behind its end, as far as it has come."""


@dataclass(frozen=True)
class Moment:
    """Something that happened to a plan.

    Attributes:
        price: at which; None where it has none.
        change_pct: from the fill, percent, signed by the direction; None before it.
        note: what else is to be said.
    """

    at: datetime
    label: str | Promise
    price: Decimal | None = None
    change_pct: Decimal | None = None
    note: str = ""


@dataclass(frozen=True)
class Path:
    """What has become of a plan.

    Attributes:
        best_pct, worst_pct: largest excursions for and against it since the fill (MFE, MAE), percent.
        best_r, worst_r: the same over the way to the stop.
        is_filled: it was entered.
    """

    graph: Graph
    moments: list[Moment]
    best_pct: Decimal | None
    worst_pct: Decimal | None
    best_r: Decimal | None
    worst_r: Decimal | None
    is_filled: bool


def path(signal: AITradingSignal, now: datetime) -> Path:
    """The way of the price, as it is known now."""
    found = ending_of(signal) or getattr(signal, "track", None)
    side = -1 if signal.signal_type == PositionType.SHORT else 1
    filled = found.fill_price if found else None

    def from_fill(price: Decimal | None) -> Decimal | None:
        return None if not filled or price is None else side * 100 * (price / filled - 1)

    best, worst = from_fill(found.mfe_price if found else None), from_fill(found.mae_price if found else None)
    way = None
    if filled and signal.entry_price is not None and signal.stop_loss is not None:
        way = 100 * abs(signal.entry_price - signal.stop_loss) / filled
    return Path(
        graph=graph(signal, found, best, worst, now),
        moments=moments(signal, found, from_fill),
        best_pct=best,
        worst_pct=worst,
        best_r=best / way if way and best is not None else None,
        worst_r=worst / way if way and worst is not None else None,
        is_filled=filled is not None,
    )


def graph(
    signal: AITradingSignal, found: Followed | None, best: Decimal | None, worst: Decimal | None, now: datetime
) -> Graph:
    """Closes from before the plan to behind its end, with its levels from the plan on."""
    timeframe = signal.metrics_snapshot.timeframe
    issued, horizon = signal.metrics_snapshot.snapshot_time, timedelta(hours=signal.time_horizon_hours or 24)
    ending = ending_of(signal)
    end = ending.ended_at if ending else signal.expires_at or issued + horizon
    until = min(now, end + AFTER * horizon)
    start = issued - max(BEFORE * horizon, LEAST * LENGTHS[timeframe])
    line = closes(signal.asset_id, timeframe, start, until, now)
    length = int(LENGTHS[line.timeframe].total_seconds())
    times = [datetime.fromtimestamp(int(time) + length, tz=UTC) for time in line.times]

    # The levels reach to the end of the plan, where no close is known yet.
    shown = [*times, end] if times and times[-1] < end else times

    def level(price: Decimal | None) -> list[float | None]:
        return [float(price) if price is not None and issued <= time <= end else None for time in shown]

    known = [float(close) for close in line.close]
    lines = [
        Line(signal.asset.symbol, [*known, *[None] * (len(shown) - len(known))]),
        Line(gettext("Target"), level(signal.target_price), "up"),
        Line(gettext("Entry"), level(signal.entry_price), "edge"),
        Line(gettext("Stop"), level(signal.stop_loss), "down"),
    ]
    bands = []
    if found is not None and found.filled_at is not None and times:
        bands = [Band(max(found.filled_at, times[0]), min(end, times[-1]), gettext("in the market"), "accent")]
    title = gettext("Price since the plan, USD")
    if best is not None and worst is not None:
        title = gettext("Since the entry it went %(best)s for the plan and %(worst)s against it") % {
            "best": formats.percent(best),
            "worst": formats.percent(worst),
        }
    return Graph(
        "path",
        title,
        shown,
        lines if times else [],
        "USD",
        formats.price_decimals(signal.entry_price or Decimal(1)),
        bands=bands,
        note=gettext("Closes of candles of %(timeframe)s, up to %(end)s. The levels stand while the plan lives.")
        % {"timeframe": Timeframe(line.timeframe).label, "end": formats.clock(times[-1]) if times else "–"},
    )


def closes(asset_id: int, timeframe: str, start: datetime, end: datetime, now: datetime) -> Candles:
    """Candles of the shorter length that decides what comes first, where there are any, else those of the plan."""
    stored = stored_timeframes(asset_id)
    finer = FINER[timeframe]
    if finer in stored:
        found = candles(asset_id, finer, start, end, now)
        if len(found) >= 2:
            return found
    if timeframe in stored:
        return candles(asset_id, timeframe, start, end, now)
    empty = np.empty(0)
    return Candles(asset_id, timeframe, empty.astype(np.int64), empty, empty, empty, empty, empty)


def moments(
    signal: AITradingSignal, found: Followed | None, from_fill: Callable[[Decimal | None], Decimal | None]
) -> list[Moment]:
    """What happened, in the order of time."""
    told = [Moment(signal.metrics_snapshot.snapshot_time, gettext("Planned"), signal.entry_price)]
    if found is not None:
        pairs = (
            (found.filled_at, gettext("Entered"), found.fill_price),
            (found.mfe_at, gettext("Best price since (MFE)"), found.mfe_price),
            (found.mae_at, gettext("Worst price since (MAE)"), found.mae_price),
        )
        told += [Moment(at, label, price, from_fill(price)) for at, label, price in pairs if at is not None]
    ending = ending_of(signal)
    if ending is not None:
        label = gettext("Ended: %(how)s") % {"how": ending.get_outcome_display()}
        told.append(Moment(ending.ended_at, label, ending.exit_price, ending.return_pct))
    if signal.withdrawn_at is not None:
        label = gettext("Withdrawn by an admin: %(how)s") % {"how": SignalStatus(signal.status).label}
        told.append(Moment(signal.withdrawn_at, label, note=gettext("It is followed to its end all the same.")))
    return sorted(told, key=lambda one: one.at)
