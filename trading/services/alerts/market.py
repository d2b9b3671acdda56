"""Alerts on candles and their indicators: prices, changes, volumes, levels of indicators."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from psycopg import sql

from assets.compute import periods
from assets.compute.outputs import place
from assets.selectors.columns import read_columns
from assets.selectors.panel import candle_values
from trading.choices import AlertCondition, AlertType
from trading.compute import alerts as compute
from trading.compute.alerts import Floats, Integers, Judged, Watched
from trading.services.alerts.armed import Alike, Findings, Hit, of_kind
from trading.services.alerts.kinds import DOWN, EITHER, INDICATORS, MULTIPLE, OF_CANDLES, UP

LOOK_BACK, FARTHEST = 12, 500
"""Candles that are judged each time, so that those that come late or were corrected are too; and after a standstill as
many as have come since the last look, up to the latter."""
KEPT = """
SELECT w.number, date_part('epoch', p.candle_time)::bigint, (p.technical_indicators #>> w.place)::float8
FROM (
    SELECT asset_id, string_to_array(place, '/') AS place, number - 1 AS number
    FROM unnest({assets}::bigint[], {places}::text[]) WITH ORDINALITY AS u(asset_id, place, number)
) AS w
JOIN price_data p ON p.asset_id = w.asset_id AND p.timeframe = {timeframe}
    AND p.candle_time BETWEEN {first} AND {last}
WHERE jsonb_typeof(p.technical_indicators #> w.place) = 'number'
"""
DIRECTIONS = {
    AlertCondition.ABOVE: 1,
    AlertCondition.BELOW: -1,
    AlertCondition.EQUALS: 0,
    UP: 1,
    DOWN: -1,
    EITHER: 0,
}


class _Candles(NamedTuple):
    """Figures of m assets over t periods for n alerts.

    Attributes:
        columns: place of each alert's asset, shape (n,).
        ends: end of each candle, seconds since 1970 UTC, shape (t,).
        values: by name, shape (t, m).
    """

    columns: Integers
    ends: Integers
    values: dict[str, Floats]


def judge_market(alerts: Iterable[Alike], as_of: datetime, timeframe: str | None) -> Findings:
    """Alerts on candles that are closed at ``as_of``; of one timeframe, or of all that any alert watches."""
    by_timeframe: dict[str, list[Alike]] = defaultdict(list)
    for one in alerts:
        if one.alert_type in OF_CANDLES:
            by_timeframe[one.parameters["timeframe"]].append(one)
    findings = Findings()
    for length, watching in sorted(by_timeframe.items()):
        if timeframe in (None, length):
            findings.add(_of_timeframe(length, watching, as_of))
    return findings


def _of_timeframe(timeframe: str, alerts: list[Alike], as_of: datetime) -> Findings:
    parts: list[tuple[list[Alike], Callable[[list[Alike], str, datetime], Findings]]] = [
        (of_kind(alerts, AlertType.PRICE_TARGET, lambda one: not _is_change(one)), _prices),
        (of_kind(alerts, AlertType.PRICE_TARGET, _is_change), _changes),
        (of_kind(alerts, AlertType.VOLUME_SPIKE), _volumes),
        (of_kind(alerts, AlertType.INDICATOR_LEVEL), _indicators),
    ]
    findings = Findings()
    for some, judge in parts:
        if some:
            findings.add(judge(some, timeframe, as_of))
    return findings


def _is_change(one: Alike) -> bool:
    return one.condition == AlertCondition.PERCENTAGE_CHANGE


def _prices(alerts: list[Alike], timeframe: str, as_of: datetime) -> Findings:
    back = _back(alerts, timeframe, as_of)
    touches = _each(alerts, lambda one: one.parameters["touch"])
    names = ("close", "high", "low") if touches.any() else ("close",)
    candles = _candles(alerts, timeframe, as_of, back + 1, names)
    judged = compute.levels(
        candles.values["close"],
        candles.ends,
        _watched(alerts, candles.columns),
        crosses=_each(alerts, lambda one: one.parameters["cross"]),
        touches=touches,
        high=candles.values.get("high"),
        low=candles.values.get("low"),
        first=1,
    )
    return _findings(alerts, judged, candles.ends, timeframe, ("cross", "touch"))


def _changes(alerts: list[Alike], timeframe: str, as_of: datetime) -> Findings:
    windows = _each(alerts, lambda one: one.parameters["window"])
    back = _back(alerts, timeframe, as_of)
    longest = int(windows.max())
    candles = _candles(alerts, timeframe, as_of, longest + back, ("close",))
    watched = _watched(alerts, candles.columns)
    judged = compute.changes(candles.values["close"], candles.ends, watched, windows, first=longest)
    return _findings(alerts, judged, candles.ends, timeframe, ("window", "direction"))


def _volumes(alerts: list[Alike], timeframe: str, as_of: datetime) -> Findings:
    windows = _each(alerts, lambda one: one.parameters["window"])
    back = _back(alerts, timeframe, as_of)
    longest = int(windows.max())
    candles = _candles(alerts, timeframe, as_of, longest + back, ("volume",))
    volumes, watched = candles.values["volume"], _watched(alerts, candles.columns)
    multiples = _each(alerts, lambda one: one.parameters["measure"] == MULTIPLE)
    judged = compute.spikes(volumes, candles.ends, watched, windows, multiples=multiples, first=longest)
    return _findings(alerts, judged, candles.ends, timeframe, ("window", "measure"))


def _indicators(alerts: list[Alike], timeframe: str, as_of: datetime) -> Findings:
    """By the values that are kept with the newest candles: the pipeline puts them there."""
    names = _each(alerts, lambda one: INDICATORS.index(one.parameters["indicator"]))
    pairs, columns = np.unique(np.stack([_joined(alerts, "asset_id"), names], axis=1), axis=0, return_inverse=True)
    length, last = periods.LENGTHS[timeframe], periods.last_closed(as_of, timeframe)
    back = _back(alerts, timeframe, as_of)
    first = last - back * length
    query = sql.SQL(KEPT).format(
        assets=sql.Literal(pairs[:, 0].tolist()),
        places=sql.Literal(["/".join(place(INDICATORS[number])) for number in pairs[:, 1]]),
        timeframe=sql.Literal(timeframe),
        first=sql.Literal(first),
        last=sql.Literal(last),
    )
    rows = read_columns(query, ("number", "time", "value"), ("i8", "i8", "f8"), by="time")
    step = int(length.total_seconds())
    times = int(first.timestamp()) + step * np.arange(back + 1, dtype=np.int64)
    values = np.full((back + 1, len(pairs)), np.nan)
    values[(rows["time"] - times[0]) // step, rows["number"]] = rows["value"]
    crosses = _each(alerts, lambda one: one.parameters["cross"])
    judged = compute.levels(values, times + step, _watched(alerts, columns.ravel()), crosses=crosses, first=1)
    return _findings(alerts, judged, times + step, timeframe, ("indicator", "cross"))


def _back(alerts: Sequence[Alike], timeframe: str, as_of: datetime) -> int:
    """How many candles are judged: all that have closed since any of these alerts was looked at last."""
    unseen = as_of.timestamp() - float(_joined(alerts, "looked").min())
    candles = int(unseen // periods.LENGTHS[timeframe].total_seconds()) + 1
    return min(max(candles, LOOK_BACK), FARTHEST)


def _candles(alerts: Sequence[Alike], timeframe: str, as_of: datetime, bars: int, names: Sequence[str]) -> _Candles:
    """Figures of the candles of the assets that these alerts watch; no more of them than are looked at."""
    assets, columns = np.unique(_joined(alerts, "asset_id"), return_inverse=True)
    times, values = candle_values(assets.tolist(), timeframe, as_of, bars, names)
    return _Candles(columns, times + int(periods.LENGTHS[timeframe].total_seconds()), values)


def _joined(alerts: Sequence[Alike], name: str) -> Any:
    """A column of all these alerts."""
    return np.concatenate([one.rows[name] for one in alerts])


def _each(alerts: Sequence[Alike], word: Callable[[Alike], Any]) -> Any:
    """What the words of each alert say."""
    return np.repeat([word(one) for one in alerts], [len(one) for one in alerts])


def _watched(alerts: Sequence[Alike], columns: Integers) -> Watched:
    """The alerts as arrays. What tells up from down is the condition, of a change its direction."""
    directions = _each(
        alerts, lambda one: DIRECTIONS[one.parameters["direction"] if _is_change(one) else one.condition]
    )
    return Watched(columns, _joined(alerts, "since"), _joined(alerts, "threshold"), directions)


def _findings(alerts: Sequence[Alike], judged: Judged, ends: Integers, timeframe: str, told: Sequence[str]) -> Findings:
    findings = Findings(reasons=Counter(reason for reason in judged.reasons.tolist() if reason))
    begins = np.cumsum([0, *(len(one) for one in alerts)])
    for number in np.flatnonzero(judged.fires).tolist():
        group = int(np.searchsorted(begins, number, side="right")) - 1
        findings.hits.append(
            Hit(
                alerts[group].alert(number - int(begins[group])),
                float(judged.values[number]),
                _known(judged.before, number),
                timeframe,
                datetime.fromtimestamp(int(ends[judged.rows[number]]), UTC),
                {word: alerts[group].parameters[word] for word in told},
            )
        )
    return findings


def _known(values: Floats, number: int) -> float | None:
    value = float(values[number])
    return value if np.isfinite(value) else None
