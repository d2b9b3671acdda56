"""Alerts on what a live run concluded: new signals, another regime, capital that moves between sectors."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from assets.choices import Market
from assets.compute.periods import LENGTHS
from macro.models import AIRegimeAnalysis
from macro.selectors.regimes import ORIGIN, live_regimes
from sectors.models import AICrossSectorAnalysis, SectorRotationFlow
from selection.choices import PositionType
from system.choices import LIVE
from trading.choices import AlertType, SignalStatus
from trading.compute.alerts import FRESH, NOTHING_NEW, STALE, UNKNOWN
from trading.models import AITradingSignal
from trading.selectors.chains import is_proven
from trading.selectors.visible import is_for, live_signals
from trading.services.alerts.armed import Alike, Armed, Findings, Hit, of_kind
from trading.services.alerts.kinds import ANY, OUT

LOOK_BACK = 12
"""Analyses that are judged each time, and among which the regime before is looked for."""
Words = Mapping[str, Any]
"""Parameters of an alert."""
UNPROVEN = "only signals without a measured edge"


def judge_analyses(alerts: Iterable[Alike], as_of: datetime, market: Market | None) -> Findings:
    """Alerts on the analyses of the live series that came since they were armed and were there at ``as_of``."""
    waiting, findings = list(alerts), Findings()
    for kind, judge in (
        (AlertType.SIGNAL_GENERATED, _signals),
        (AlertType.REGIME_CHANGE, _regimes),
        (AlertType.SECTOR_ROTATION, _rotations),
    ):
        if some := of_kind(waiting, kind):
            findings.add(judge(some, as_of, market))
    return findings


def is_fresh(known_at: datetime, timeframe: str, as_of: datetime) -> bool:
    """Whether an analysis is of the present: the newest of its timeframe, or the one before."""
    return as_of - known_at < FRESH * LENGTHS[timeframe]


def _signals(alerts: list[Alike], as_of: datetime, _market: Market | None) -> Findings:
    """A signal that was made after the alert was armed, by a run of the present, the most confident first."""
    earliest = min(float(one.rows["since"].min()) for one in alerts)
    new = (
        live_signals()
        .filter(
            status=SignalStatus.ACTIVE,
            asset__in={asset_id for one in alerts for asset_id in one.rows["asset_id"].tolist()},
            created_at__gte=datetime.fromtimestamp(earliest, UTC),
            created_at__lte=as_of,
            run__isnull=False,
        )
        .select_related("run", "portfolio_analysis__portfolio")
    )
    by_asset: dict[int, list[AITradingSignal]] = defaultdict(list)
    for signal in new.order_by("-confidence_score", "pk"):
        by_asset[signal.asset_id].append(signal)
    return _collected(
        alerts, lambda one, alert: _signal(alert, one.parameters, by_asset.get(alert.asset_id, []), as_of)
    )


def _signal(alert: Armed, words: Words, signals: Sequence[AITradingSignal], as_of: datetime) -> Hit | str:
    new = [
        signal
        for signal in signals
        if signal.created_at.timestamp() > alert.since
        and is_for(signal, alert.user_id)
        and words["direction"] in (ANY, PositionType(signal.signal_type).value)
    ]
    if not new:
        return NOTHING_NEW
    fresh = [one for one in new if one.run is not None and is_fresh(one.run.as_of, one.run.timeframe, as_of)]
    if not fresh:
        return STALE
    allowed = [one for one in fresh if words["unproven"] or is_proven(one)]
    if not allowed:
        return UNPROVEN
    signal = allowed[0]
    if float(signal.confidence_score) < alert.threshold or signal.run is None:
        return ""
    details = {"signal_id": signal.pk, "direction": signal.signal_type, "horizon_hours": signal.time_horizon_hours}
    return Hit(alert, float(signal.confidence_score), None, signal.run.timeframe, signal.created_at, details)


def _regimes(alerts: list[Alike], as_of: datetime, market: Market | None) -> Findings:
    """A regime is another than one since the alert was armed, or than the last before."""
    timeframes = {one.parameters["timeframe"] for one in alerts}
    rows = (
        live_regimes()
        .filter(
            analysis_timeframe__in=timeframes,
            data_source=ORIGIN[market],
            analysis_time__lte=as_of,
            analysis_time__gt=_earliest(timeframes, as_of),
        )
        .only("analysis_timeframe", "analysis_time", "current_regime", "regime_confidence")
    )
    by_timeframe: dict[str, list[AIRegimeAnalysis]] = defaultdict(list)
    for row in rows:
        by_timeframe[row.analysis_timeframe].append(row)
    return _collected(
        alerts,
        lambda one, alert: _regime(alert, one.parameters, by_timeframe.get(one.parameters["timeframe"], []), as_of),
    )


def _regime(alert: Armed, words: Words, rows: Sequence[AIRegimeAnalysis], as_of: datetime) -> Hit | str:
    """``rows``: newest first."""
    timeframe = words["timeframe"]
    if reason := _unjudged(rows, alert, timeframe, as_of):
        return reason
    new = [row for row in rows if row.analysis_time.timestamp() > alert.since]
    looked_at = rows[: len(new) + 1]
    for place in reversed(range(len(new))):
        row, before = new[place], looked_at[place + 1 :]
        other = next((one for one in before if one.current_regime != row.current_regime), None)
        if other is not None and _is_wanted(row, other, words, alert):
            details = {"from": other.current_regime, "to": row.current_regime, "analysis_id": row.pk}
            confidence = float(row.regime_confidence)
            return Hit(alert, confidence, float(other.regime_confidence), timeframe, row.analysis_time, details)
    return ""


def _is_wanted(row: AIRegimeAnalysis, other: AIRegimeAnalysis, words: Words, alert: Armed) -> bool:
    into, out_of = words["to"], words["from"]
    return (
        (not into or row.current_regime in into)
        and (not out_of or other.current_regime in out_of)
        and float(row.regime_confidence) >= alert.threshold
    )


def _rotations(alerts: list[Alike], as_of: datetime, _market: Market | None) -> Findings:
    """The share of all capital that moved, which came into or left a sector; of no sector in particular, the largest
    share that any sector has."""
    timeframes = {one.parameters["timeframe"] for one in alerts}
    rows = (
        AICrossSectorAnalysis.objects.filter(
            series=LIVE,
            timeframe__in=timeframes,
            analysis_time__lte=as_of,
            analysis_time__gt=_earliest(timeframes, as_of),
        )
        .order_by("timeframe", "-analysis_time", "-pk")
        .distinct("timeframe", "analysis_time")
        .only("pk", "timeframe", "analysis_time")
    )
    by_timeframe: dict[str, list[AICrossSectorAnalysis]] = defaultdict(list)
    for row in rows:
        by_timeframe[row.timeframe or ""].append(row)
    flows = flows_of([row.pk for some in by_timeframe.values() for row in some])
    return _collected(
        alerts,
        lambda one, alert: _rotation(
            alert, one.parameters, by_timeframe.get(one.parameters["timeframe"], []), flows, as_of
        ),
    )


def _earliest(timeframes: Iterable[str], as_of: datetime) -> datetime:
    """Analyses of older moments are not looked at."""
    return as_of - (LOOK_BACK + FRESH) * max(LENGTHS[one] for one in timeframes)


Flows = dict[tuple[int, str], list[tuple[int, str, Decimal]]]
"""By analysis and direction: sectors with their name and share, the largest first."""


def flows_of(analyses: Sequence[int]) -> Flows:
    """Shares of all that moved, of some analyses."""
    found: Flows = defaultdict(list)
    flows = SectorRotationFlow.objects.filter(ai_cross_sector_analysis__in=analyses)
    for direction, side in (("in", "to_sector"), ("out", "from_sector")):
        shares = flows.values("ai_cross_sector_analysis_id", side, f"{side}__name").annotate(share=Sum("score"))
        for row in shares.order_by("-share", side):
            key = (row["ai_cross_sector_analysis_id"], direction)
            found[key].append((row[side], row[f"{side}__name"], row["share"]))
    return found


def _rotation(
    alert: Armed, words: Words, rows: Sequence[AICrossSectorAnalysis], flows: Flows, as_of: datetime
) -> Hit | str:
    """``rows``: newest first."""
    timeframe = words["timeframe"]
    if reason := _unjudged(rows, alert, timeframe, as_of):
        return reason
    direction = "out" if words["direction"] == OUT else "in"
    for row in reversed([row for row in rows if row.analysis_time.timestamp() > alert.since]):
        of_sector = [one for one in flows.get((row.pk, direction), []) if words["sector"] in (None, one[0])]
        if of_sector and float(of_sector[0][2]) >= alert.threshold:
            sector, name, share = of_sector[0]
            details = {"sector_id": sector, "sector": name, "direction": direction, "analysis_id": row.pk}
            return Hit(alert, float(share), None, timeframe, row.analysis_time, details)
    return ""


def _unjudged(rows: Sequence[Any], alert: Armed, timeframe: str, as_of: datetime) -> str:
    """Why the newest analysis can make nothing fire; empty when it can."""
    if not rows:
        return UNKNOWN
    if not is_fresh(rows[0].analysis_time, timeframe, as_of):
        return STALE
    return "" if rows[0].analysis_time.timestamp() > alert.since else NOTHING_NEW


def _collected(alerts: Iterable[Alike], judge: Callable[[Alike, Armed], Hit | str]) -> Findings:
    """What is said of each alert: that it fires, why it cannot be judged, or nothing."""
    said = [judge(one, alert) for one in alerts for alert in one.alerts()]
    reasons = Counter(one for one in said if isinstance(one, str) and one)
    return Findings([one for one in said if isinstance(one, Hit)], reasons)
