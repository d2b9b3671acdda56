"""Alerts on candles and their indicators: prices, changes, volumes, levels of indicators."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connection

from assets.compute import periods
from assets.compute.outputs import place
from assets.selectors import CandlePanel, candle_panel
from trading.choices import AlertCondition, AlertType
from trading.compute import alerts as compute
from trading.compute.alerts import Floats, Integers, Judged, Watched
from trading.services.alerts.armed import Armed, Findings, Hit, of_kind
from trading.services.alerts.kinds import DOWN, MULTIPLE, UP

LOOK_BACK = 12
"""Candles in which a crossing is looked for: as many may have gone unchecked and it is still found."""
INDICATORS = """
SELECT w.number, p.candle_time, (p.technical_indicators #>> w.place)::float8
FROM unnest(%(assets)s::bigint[], %(places)s::text[], %(numbers)s::int[]) AS u(asset_id, place, number)
CROSS JOIN LATERAL (SELECT string_to_array(u.place, '/') AS place, u.number) AS w
JOIN price_data p ON p.asset_id = u.asset_id AND p.timeframe = %(timeframe)s
    AND p.candle_time BETWEEN %(first)s AND %(last)s
WHERE jsonb_typeof(p.technical_indicators #> w.place) = 'number'
"""
DIRECTIONS = {
    AlertCondition.ABOVE: 1,
    AlertCondition.BELOW: -1,
    AlertCondition.EQUALS: 0,
    UP: 1,
    DOWN: -1,
}


def judge_market(alerts: Iterable[Armed], as_of: datetime, timeframe: str | None) -> Findings:
    """Alerts on candles that are closed at ``as_of``; of one timeframe, or of all that any alert watches."""
    by_timeframe: dict[str, list[Armed]] = defaultdict(list)
    for alert in of_kind(alerts, AlertType.PRICE_TARGET, AlertType.VOLUME_SPIKE, AlertType.INDICATOR_LEVEL):
        by_timeframe[alert.parameters["timeframe"]].append(alert)
    findings = Findings()
    for one, watching in sorted(by_timeframe.items()):
        if timeframe in (None, one):
            findings.add(_of_timeframe(one, watching, as_of))
    return findings


def _of_timeframe(timeframe: str, alerts: list[Armed], as_of: datetime) -> Findings:
    prices = of_kind(alerts, AlertType.PRICE_TARGET)
    parts: list[tuple[list[Armed], Callable[[list[Armed], str, datetime], Findings]]] = [
        ([one for one in prices if one.condition != AlertCondition.PERCENTAGE_CHANGE], _prices),
        ([one for one in prices if one.condition == AlertCondition.PERCENTAGE_CHANGE], _changes),
        (of_kind(alerts, AlertType.VOLUME_SPIKE), _volumes),
        (of_kind(alerts, AlertType.INDICATOR_LEVEL), _indicators),
    ]
    findings = Findings()
    for some, judge in parts:
        if some:
            findings.add(judge(some, timeframe, as_of))
    return findings


def _prices(alerts: list[Armed], timeframe: str, as_of: datetime) -> Findings:
    panel = _panel(alerts, timeframe, as_of, LOOK_BACK + 1)
    ends = _ends(panel)
    judged = compute.levels(
        panel.close,
        ends,
        _watched(alerts, _columns(alerts, panel), "condition"),
        crosses=np.array([one.parameters["cross"] for one in alerts]),
        touches=np.array([one.parameters["touch"] for one in alerts]),
        high=panel.high,
        low=panel.low,
    )
    return _findings(alerts, judged, ends, timeframe, ("cross", "touch"))


def _changes(alerts: list[Armed], timeframe: str, as_of: datetime) -> Findings:
    windows = np.array([one.parameters["window"] for one in alerts])
    panel = _panel(alerts, timeframe, as_of, int(windows.max()) + compute.FRESH)
    ends = _ends(panel)
    judged = compute.changes(panel.close, ends, _watched(alerts, _columns(alerts, panel), "direction"), windows)
    return _findings(alerts, judged, ends, timeframe, ("window", "direction"))


def _volumes(alerts: list[Armed], timeframe: str, as_of: datetime) -> Findings:
    windows = np.array([one.parameters["window"] for one in alerts])
    panel = _panel(alerts, timeframe, as_of, int(windows.max()) + compute.FRESH)
    ends = _ends(panel)
    judged = compute.spikes(
        panel.volume,
        ends,
        _watched(alerts, _columns(alerts, panel), "condition"),
        windows,
        multiples=np.array([one.parameters["measure"] == MULTIPLE for one in alerts]),
    )
    return _findings(alerts, judged, ends, timeframe, ("window", "measure"))


def _indicators(alerts: list[Armed], timeframe: str, as_of: datetime) -> Findings:
    """By the values that are kept with the newest candles: the pipeline puts them there."""
    pairs = [(one.asset_id, one.parameters["indicator"]) for one in alerts]
    places = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    last = periods.last_closed(as_of, timeframe)
    length = periods.LENGTHS[timeframe]
    first = last - LOOK_BACK * length
    values = np.full((LOOK_BACK + 1, len(places)), np.nan)
    with connection.cursor() as cursor:
        cursor.execute(
            INDICATORS,
            {
                "assets": [asset_id for asset_id, _name in places],
                "places": ["/".join(place(name)) for _asset_id, name in places],
                "numbers": list(places.values()),
                "timeframe": timeframe,
                "first": first,
                "last": last,
            },
        )
        for number, candle_time, value in cursor:
            values[(candle_time - first) // length, number] = value
    ends = np.array([int((first + row * length + length).timestamp()) for row in range(LOOK_BACK + 1)])
    columns = np.array([places[pair] for pair in pairs])
    crosses = np.array([one.parameters["cross"] for one in alerts])
    judged = compute.levels(values, ends, _watched(alerts, columns, "condition"), crosses=crosses)
    return _findings(alerts, judged, ends, timeframe, ("indicator", "cross"))


def _panel(alerts: Sequence[Armed], timeframe: str, as_of: datetime, bars: int) -> CandlePanel:
    return candle_panel(sorted({one.asset_id for one in alerts if one.asset_id}), timeframe, as_of, bars)


def _columns(alerts: Sequence[Armed], panel: CandlePanel) -> Integers:
    return np.searchsorted(panel.asset_ids, [one.asset_id or 0 for one in alerts])


def _ends(panel: CandlePanel) -> Integers:
    return panel.times + int(periods.LENGTHS[panel.timeframe].total_seconds())


def _watched(alerts: Sequence[Armed], columns: Integers, direction: str) -> Watched:
    """The alerts as arrays; ``direction`` says what tells up from down, the condition or a parameter."""
    words: list[Any] = [one.condition if direction == "condition" else one.parameters[direction] for one in alerts]
    return Watched(
        columns,
        np.array([one.since.timestamp() for one in alerts]),
        np.array([one.threshold for one in alerts]),
        np.array([DIRECTIONS.get(word, 0) for word in words]),
    )


def _findings(alerts: Sequence[Armed], judged: Judged, ends: Integers, timeframe: str, told: Sequence[str]) -> Findings:
    findings = Findings()
    words, counts = np.unique(judged.reasons.astype(str), return_counts=True)
    findings.reasons.update({str(word): int(count) for word, count in zip(words, counts, strict=True) if word})
    for number in np.flatnonzero(judged.fires).tolist():
        alert = alerts[number]
        findings.hits.append(
            Hit(
                alert,
                float(judged.values[number]),
                _known(judged.before, number),
                timeframe,
                datetime.fromtimestamp(int(ends[judged.rows[number]]), UTC),
                {word: alert.parameters[word] for word in told},
            )
        )
    return findings


def _known(values: Floats, number: int) -> float | None:
    value = float(values[number])
    return value if np.isfinite(value) else None
