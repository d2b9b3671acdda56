"""How often an alert would have fired in the past: judged by the same functions, on candles and analyses that are
known now.

It counts how often its condition began to hold, as if it had been armed again each time that it ended: what holds for
ten candles in a row is told once. Crossings are counted each by itself. A pause after firing is kept.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
from psycopg import sql

from assets.compute import periods
from assets.compute.outputs import place
from assets.selectors import shown_market
from assets.selectors.columns import read_columns
from assets.selectors.panel import candle_values
from macro.models import AIRegimeAnalysis
from macro.selectors.regimes import ORIGIN, live_regimes
from sectors.models import AICrossSectorAnalysis
from system.choices import LIVE
from trading.choices import AlertCondition, AlertType
from trading.compute import alerts as compute
from trading.compute.alerts import Floats, Integers, Judged, Watched
from trading.models import SignalAlert
from trading.selectors.chains import is_proven
from trading.selectors.visible import is_for, live_signals
from trading.services.alerts.analyses import flows_of
from trading.services.alerts.kinds import ANY, MULTIPLE, OUT, kind_of
from trading.services.alerts.market import DIRECTIONS, KEPT

CANDLES = 1000
"""So many are looked at, besides those that a window needs before them."""
ANALYSES_SINCE = timedelta(days=365)
MOST_ANALYSES = 1000


@dataclass(frozen=True)
class Watch:
    """What is watched, as ``wanted.checked`` tells it.

    Attributes:
        user_id: whose alert; signals for others do not count.
    """

    alert_type: str
    condition: str
    trigger_value: Decimal
    asset_id: int | None
    parameters: Mapping[str, Any]
    cooldown_minutes: int
    user_id: int

    @classmethod
    def of(cls, alert: SignalAlert) -> "Watch":
        """That of an alert that is kept."""
        return cls.wanted(
            {name: getattr(alert, name) for name in cls.__dataclass_fields__ if name != "user_id"}, alert.user_id
        )

    @classmethod
    def wanted(cls, values: Mapping[str, Any], user_id: int) -> "Watch":
        """That of columns that somebody wants to have."""
        given = {name: values[name] for name in cls.__dataclass_fields__ if name != "user_id"}
        words = kind_of(given["alert_type"], given["condition"]).complete(given["parameters"])
        return cls(**(given | {"parameters": words}), user_id=user_id)


@dataclass(frozen=True)
class Once:
    """One time that it would have fired: when that was known, and what was measured then."""

    known_at: datetime
    value: float


@dataclass(frozen=True)
class Past:
    """What is known of the past.

    Attributes:
        since, until: what was looked at; None where nothing is known.
        times: each time that it would have fired, oldest first.
        ends, values: the series that was watched, where it is one of candles.
    """

    since: datetime | None
    until: datetime | None
    times: list[Once]
    ends: list[datetime] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)


NOTHING = Past(None, None, [])


def past_of(watch: Watch, now: datetime) -> Past:
    """How often it would have fired, with few queries whatever it watches."""
    return JUDGES[watch.alert_type](watch, now)


def _candles(watch: Watch, now: datetime) -> Past:
    judge = _indicator if watch.alert_type == AlertType.INDICATOR_LEVEL else _of_candles
    return judge(watch, now)


def _of_candles(watch: Watch, now: datetime) -> Past:
    words = watch.parameters
    window, timeframe = int(words.get("window", 1)), words["timeframe"]
    is_volume = watch.alert_type == AlertType.VOLUME_SPIKE
    is_change = watch.condition == AlertCondition.PERCENTAGE_CHANGE
    name = "volume" if is_volume else "close"
    names = (name, "high", "low") if words.get("touch") else (name,)
    times, found = candle_values([watch.asset_id or 0], timeframe, now, CANDLES + window, names)
    ends = times + int(periods.LENGTHS[timeframe].total_seconds())

    def judged(watched: Watched, rows: slice) -> Judged:
        series, moments, many = found[name][rows], ends[rows], len(watched.columns)
        if is_change:
            return compute.changes(series, moments, watched, np.full(many, window), first=window)
        if is_volume:
            multiples = np.full(many, words["measure"] == MULTIPLE)
            return compute.spikes(series, moments, watched, np.full(many, window), multiples=multiples, first=window)
        touches = np.full(many, bool(words.get("touch")))
        return compute.levels(
            series, moments, watched, crosses=np.full(many, bool(words.get("cross"))), touches=touches,
            high=found["high"][rows] if "high" in found else None,
            low=found["low"][rows] if "low" in found else None, first=1,
        )  # fmt: skip

    direction = DIRECTIONS[words["direction"] if is_change else watch.condition]
    return _replayed(watch, found[name], ends, window, direction, judged)


def _indicator(watch: Watch, now: datetime) -> Past:
    timeframe = watch.parameters["timeframe"]
    length, last = periods.LENGTHS[timeframe], periods.last_closed(now, timeframe)
    first = last - CANDLES * length
    query = sql.SQL(KEPT).format(
        assets=sql.Literal([watch.asset_id]),
        places=sql.Literal(["/".join(place(watch.parameters["indicator"]))]),
        timeframe=sql.Literal(timeframe),
        first=sql.Literal(first),
        last=sql.Literal(last),
    )
    rows = read_columns(query, ("number", "time", "value"), ("i8", "i8", "f8"), by="time")
    step = int(length.total_seconds())
    times = int(first.timestamp()) + step * np.arange(CANDLES + 1, dtype=np.int64)
    values = np.full((CANDLES + 1, 1), np.nan)
    values[(rows["time"] - times[0]) // step, 0] = rows["value"]
    ends = times + step

    def judged(watched: Watched, part: slice) -> Judged:
        crosses = np.full(len(watched.columns), bool(watch.parameters["cross"]))
        return compute.levels(values[part], ends[part], watched, crosses=crosses, first=1)

    return _replayed(watch, values, ends, 1, DIRECTIONS[watch.condition], judged)


def _replayed(
    watch: Watch, series: Floats, ends: Integers, lead: int, direction: int, judged: Callable[[Watched, slice], Judged]
) -> Past:
    """Each candle judged by an alert of its own that was armed when the candle before closed.

    Args:
        series: shape (t, 1).
        ends: shape (t,).
        lead: rows that a judgement needs before its own.
        judged: what the functions say of alerts on a part of the rows.
    """
    known = np.flatnonzero(np.isfinite(series[:, 0]))
    if len(known) <= lead:
        return NOTHING
    rows = slice(int(known[0]), int(known[-1]) + 1)
    moments = ends[rows]
    own = np.arange(lead, len(moments))
    if not len(own):
        return NOTHING
    watched = Watched(
        np.zeros(len(own), dtype=np.int64),
        moments[own - 1].astype(float),
        np.full(len(own), float(watch.trigger_value)),
        np.full(len(own), direction),
    )
    found = judged(watched, rows)
    holds = found.fires & (found.rows == own)
    begins = holds if watch.parameters.get("cross") else holds & ~np.concatenate([[False], holds[:-1]])
    times = [Once(_moment(moments[own[one]]), float(found.values[one])) for one in np.flatnonzero(begins).tolist()]
    values = [float(one) if np.isfinite(one) else None for one in series[rows, 0]]
    return Past(
        _moment(moments[lead - 1]),
        _moment(moments[-1]),
        _spaced(times, watch),
        [_moment(one) for one in moments],
        values,
    )


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _spaced(times: Iterable[Once], watch: Watch) -> list[Once]:
    """Without those in the pause after another."""
    pause = timedelta(minutes=watch.cooldown_minutes)
    kept: list[Once] = []
    for one in times:
        if not kept or one.known_at > kept[-1].known_at + pause or not pause:
            kept.append(one)
    return kept


def _signals(watch: Watch, now: datetime) -> Past:
    since = now - ANALYSES_SINCE
    rows = (
        live_signals()
        .filter(asset=watch.asset_id, created_at__gte=since, created_at__lte=now, run__isnull=False)
        .select_related("portfolio_analysis__portfolio")
        .order_by("-created_at")[:MOST_ANALYSES]
    )
    words, signals = watch.parameters, list(rows)[::-1]
    times = [
        Once(one.created_at, float(one.confidence_score))
        for one in signals
        if is_for(one, watch.user_id)
        and words["direction"] in (ANY, one.signal_type)
        and (words["unproven"] or is_proven(one))
        and one.confidence_score >= watch.trigger_value
    ]
    return Past(signals[0].created_at, now, _spaced(times, watch)) if signals else NOTHING


def _regimes(watch: Watch, now: datetime) -> Past:
    words = watch.parameters
    newest = live_regimes().filter(
        analysis_timeframe=words["timeframe"],
        data_source=ORIGIN[shown_market()],
        analysis_time__gte=now - ANALYSES_SINCE,
        analysis_time__lte=now,
    )
    rows: list[AIRegimeAnalysis] = list(
        newest.only("analysis_time", "current_regime", "regime_confidence")[:MOST_ANALYSES]
    )[::-1]
    times = [
        Once(row.analysis_time, float(row.regime_confidence))
        for before, row in pairwise(rows)
        if row.current_regime != before.current_regime
        and (not words["to"] or row.current_regime in words["to"])
        and (not words["from"] or before.current_regime in words["from"])
        and row.regime_confidence >= watch.trigger_value
    ]
    return Past(rows[0].analysis_time, rows[-1].analysis_time, _spaced(times, watch)) if rows else NOTHING


def _rotations(watch: Watch, now: datetime) -> Past:
    words = watch.parameters
    newest = (
        AICrossSectorAnalysis.objects.filter(
            series=LIVE,
            timeframe=words["timeframe"],
            analysis_time__gte=now - ANALYSES_SINCE,
            analysis_time__lte=now,
        )
        .order_by("-analysis_time", "-pk")
        .distinct("analysis_time")
        .only("pk", "analysis_time")[:MOST_ANALYSES]
    )
    rows = list(newest)[::-1]
    flows, direction = flows_of([row.pk for row in rows]), "out" if words["direction"] == OUT else "in"
    times, held = [], False
    for row in rows:
        shares = [one for one in flows.get((row.pk, direction), []) if words["sector"] in (None, one[0])]
        holds = bool(shares) and shares[0][2] >= watch.trigger_value
        if holds and not held:
            times.append(Once(row.analysis_time, float(shares[0][2])))
        held = holds
    return Past(rows[0].analysis_time, rows[-1].analysis_time, _spaced(times, watch)) if rows else NOTHING


JUDGES: Mapping[str, Callable[[Watch, datetime], Past]] = {
    AlertType.PRICE_TARGET: _candles,
    AlertType.VOLUME_SPIKE: _candles,
    AlertType.INDICATOR_LEVEL: _candles,
    AlertType.SIGNAL_GENERATED: _signals,
    AlertType.REGIME_CHANGE: _regimes,
    AlertType.SECTOR_ROTATION: _rotations,
}
