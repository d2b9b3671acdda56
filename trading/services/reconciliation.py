"""What runs wrote in a window against a backtest of the same window, made anew from candles: row by row."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Max, Q

from assets.compute.periods import LENGTHS
from assets.selectors import moment
from selection.selectors import listed_asset_ids
from system.choices import RunStatus
from system.exceptions import InvalidInput, NoData
from system.models import PipelineRun
from system.services import fitted
from trading.compute.backtest.orders import Orders
from trading.compute.backtest.paths import Paths, Reason, State
from trading.models import AITradingSignal, SignalOutcome, SignalOutcomeRevision, TrackedSeries
from trading.rules import HORIZON_HOURS
from trading.services.backtests.lifting import Lifted, assets_of, finer_of, lifted
from trading.services.backtests.planning import Lives, on_lists, planned_anew
from trading.services.difference_reasons import reasons_of

EQUAL, ONLY_STORED, ONLY_ANEW, LEVELS, RESULT = "equal", "only_stored", "only_anew", "levels_differ", "result_differs"
ENDINGS = {
    Reason.TARGET: "target",
    Reason.STOP: "stop",
    Reason.EXPIRY: "expiry",
    Reason.INVALID: "invalidated",
}
PLAN = ("entry_price", "target_price", "stop_loss", "invalidation")
RESULTS = ("outcome", "ended_at", "fill_price", "exit_price", "r_multiple", "return_pct", "is_assumed")


@dataclass(frozen=True)
class Line:
    """A signal, as stored and as made anew.

    Attributes:
        state: ``equal``, or in what they differ.
        differences: name, stored value and that made anew of each column that differs.
        reasons: why, as far as the records tell; of a difference at least "unexplained".
    """

    as_of: datetime
    symbol: str
    side: str
    state: str
    differences: tuple[tuple[str, Any, Any], ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reconciled:
    """All signals of a window, oldest first.

    Attributes:
        known_at: the moment whose knowledge of candles ended the signals made anew: that of the last judgement.
        ended: how many of the equal ones have ended, so that a result was compared.
    """

    lines: tuple[Line, ...]
    known_at: datetime
    ended: int

    @property
    def counts(self) -> Counter[str]:
        """Lines by state."""
        return Counter(line.state for line in self.lines)

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return set(self.counts) <= {EQUAL}


def reconcile(series: str, timeframe: str, start: datetime, end: datetime) -> Reconciled:
    """Make the signals of a window anew and hold them against those of a series, with how they ended.

    The same lists, settings, versions and candles are read as of each moment. Times of judgement do not matter: what
    was stored is compared as far as it was judged.

    Args:
        start, end: of the moments of runs, ``end`` excluded.
    Raises:
        InvalidInput: a timeframe without signals. NoData: the series has no runs in the window.
    """
    if timeframe not in HORIZON_HOURS:
        raise InvalidInput(f"timeframe: signals live on {', '.join(HORIZON_HOURS)}.", field="timeframe")
    runs = PipelineRun.objects.filter(series=series, timeframe=timeframe, as_of__gte=start, as_of__lt=end)
    moments = {run.as_of: run for run in runs.filter(status=RunStatus.DONE)}
    if not moments:
        raise NoData(
            f"The series {series} has no finished {timeframe} runs from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}."
        )
    last = max(moments)
    known_at = _known_at(series, timeframe, last)
    stored = _stored(series, timeframe, min(moments), end)
    anew = _anew(series, timeframe, min(moments), last, known_at, moments)
    lines = tuple(_lines(stored, anew, moments))
    ended = sum(line.state == EQUAL and anew[_key_of(line)]["outcome"] is not None for line in lines)
    return Reconciled(lines, known_at, ended)


Key = tuple[datetime, str, str]


def _key_of(line: Line) -> Key:
    return line.as_of, line.symbol, line.side


def _known_at(series: str, timeframe: str, last: datetime) -> datetime:
    """The moment of the last judgement of a signal of the series."""
    runs = PipelineRun.objects.filter(series=series, timeframe=timeframe).aggregate(found=Max("as_of"))["found"]
    judged = TrackedSeries.objects.filter(series=series, timeframe=timeframe).values_list("known_at", flat=True).first()
    return max(one for one in (last, runs, judged) if one is not None)


def _stored(series: str, timeframe: str, start: datetime, end: datetime) -> dict[Key, AITradingSignal]:
    rows = AITradingSignal.objects.filter(
        series=series,
        run__timeframe=timeframe,
        run__as_of__gte=start,
        run__as_of__lt=end,
        run__status=RunStatus.DONE,
    ).select_related("asset", "run", "ai_model")
    return {(row.run.as_of, row.asset.symbol, row.signal_type): row for row in rows if row.run is not None}


def _lives(series: str, timeframe: str, start: datetime, end: datetime) -> Lives:
    """Signals that are not compared and lived in the window: of runs before it, and of such as were not finished."""
    rows = AITradingSignal.objects.filter(
        ~Q(run__status=RunStatus.DONE) | Q(run__as_of__lt=start),
        series=series,
        run__timeframe=timeframe,
        run__as_of__lt=end,
        expires_at__gt=start,
    ).select_related("run")
    ends = dict(SignalOutcome.objects.filter(signal__in=rows).values_list("signal", "ended_at"))
    found: dict[tuple[int, int], list[tuple[datetime, datetime]]] = {}
    for row in rows:
        until = ends.get(row.pk, row.expires_at)
        if until is not None and row.run is not None:
            kind = (row.asset_id, 1 if row.signal_type == "long" else -1)
            found.setdefault(kind, []).append((row.run.as_of, until))
    return found


def _anew(
    series: str, timeframe: str, start: datetime, last: datetime, known_at: datetime, moments: Collection[datetime]
) -> dict[Key, dict[str, Any]]:
    """Columns of the signals made anew, by what they are. No moment without a run made any."""
    lists = on_lists(series)
    assets = assets_of(listed_asset_ids(start, last, series))
    if not assets:
        return {}
    candles = lifted(assets, timeframe, start - LENGTHS[timeframe], known_at)
    try:
        found, paths = planned_anew(
            candles,
            start,
            last,
            consider=lambda as_of: lists(as_of) if as_of in moments else (),
            finer=finer_of(candles),
            lives=_lives(series, timeframe, start, last),
        )
    except NoData:
        return {}
    return dict(_columns(candles, found.orders, paths))


def _columns(candles: Lifted, given: Orders, found: Paths) -> Iterator[tuple[Key, dict[str, Any]]]:
    bars = candles.bars
    entry = bars.close[given.row, given.column]
    for place in range(len(given)):
        side, column = int(given.direction[place]), int(given.column[place])
        key = (moment(bars.start + bars.step * (int(given.row[place]) + 1)), bars.keys[column], _side(side))
        plan = {
            "entry_price": float(entry[place]),
            "target_price": float(given.targets[place, 0]),
            "stop_loss": float(given.stop[place]),
        }
        result = _result(candles, given, found, place, float(entry[place]))
        invalid = {"invalidation": _invalidation(given, place)}
        yield key, {**fitted(AITradingSignal, plan), **invalid, **fitted(SignalOutcome, result)}


def _invalidation(given: Orders, place: int) -> tuple[tuple[str, float], ...]:
    """What a close must not do: the side and the price."""
    price = float(given.invalid[place])
    return () if np.isnan(price) else (("below" if given.direction[place] > 0 else "above", price),)


def _side(side: int) -> str:
    return "long" if side > 0 else "short"


def _result(candles: Lifted, given: Orders, found: Paths, place: int, entry: float) -> dict[str, Any]:
    """Columns of an outcome; all None while it has not ended."""
    state, row = State(found.state[place]), int(found.end_row[place])
    nothing: dict[str, Any] = dict.fromkeys(RESULTS)
    if state in (State.OPEN, State.PAUSED, State.WAITING):
        return nothing
    if state in (State.NEVER_FILLED, State.WITHDRAWN):
        name = "never_filled" if state == State.NEVER_FILLED else "invalidated"
        return nothing | {"outcome": name, "ended_at": _end_of(candles, row), "is_assumed": False}
    fill, shares = float(found.fill_price[place]), found.exit_share[place]
    prices = np.where(shares > 0, found.exit_price[place], 0.0)
    taken = float((shares * prices).sum())
    side = int(given.direction[place])
    way = abs(entry - float(given.stop[place]))
    last = int(found.last_exit[place])
    won = side * taken - side * fill
    return {
        "outcome": ENDINGS[Reason(found.exit_reason[place, last])],
        "ended_at": _end_of(candles, row),
        "fill_price": fill,
        "exit_price": taken,
        "r_multiple": won / way,
        "return_pct": 100 * (won / fill),
        "is_assumed": bool(found.assumed[place]),
    }


def _end_of(candles: Lifted, row: int) -> datetime:
    return moment(candles.bars.start + candles.bars.step * (row + 1))


def _lines(
    stored: dict[Key, AITradingSignal], anew: dict[Key, dict[str, Any]], runs: Mapping[datetime, PipelineRun]
) -> Iterator[Line]:
    outcomes = _outcomes([row.pk for row in stored.values()])
    for key in sorted({*stored, *anew}):
        row, made, run = stored.get(key), anew.get(key), runs[key[0]]
        if row is None:
            yield Line(*key, ONLY_ANEW, (), reasons_of(key[1], run, None))
        elif made is None:
            yield Line(*key, ONLY_STORED, (), reasons_of(key[1], run, row))
        else:
            plan = _different(PLAN, _planned(row), made)
            result = _different(RESULTS, _columns_of(RESULTS, outcomes.get(row.pk)), made)
            state = LEVELS if plan else RESULT if result else EQUAL
            yield Line(*key, state, (*plan, *result), () if state == EQUAL else reasons_of(key[1], run, row))


def _columns_of(names: tuple[str, ...], row: Any) -> dict[str, Any]:
    return {name: None if row is None else getattr(row, name) for name in names}


def _planned(row: AITradingSignal) -> dict[str, Any]:
    """The plan of a stored signal."""
    conditions = [one["condition"] for one in row.invalidation_criteria or []]
    told = {"invalidation": tuple((one["close"], float(one["price"])) for one in conditions)}
    return _columns_of(PLAN[:3], row) | told


def _different(
    names: tuple[str, ...], stored: dict[str, Any], made: dict[str, Any]
) -> tuple[tuple[str, Any, Any], ...]:
    pairs = ((name, stored[name], made[name]) for name in names)
    return tuple((name, ours, theirs) for name, ours, theirs in pairs if ours != theirs)


def _outcomes(signals: list[int]) -> dict[int, Any]:
    """How each ended, by the last correction if there is one."""
    found: dict[int, Any] = {row.signal_id: row for row in SignalOutcome.objects.filter(signal__in=signals)}
    for row in SignalOutcomeRevision.objects.filter(signal__in=signals).order_by("number"):
        found[row.signal_id] = row
    return found
