"""How an advice will be measured, written into it when it is made: nothing that is known later changes the measure."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from assets.compute import periods
from assets.selectors import universe
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from selection.choices import HoldingType
from selection.selectors.outlooks import HORIZON_HOURS as WEEK_HOURS
from system.exceptions import NoData
from trading.choices import PositionAction, RecommendationTarget, RecommendationType
from trading.models import AIPortfolioAssetAnalysis, Recommendation
from trading.rules import HORIZON_HOURS

KEPT = {
    PositionAction.PARTIAL_EXIT_25: "0.75",
    PositionAction.PARTIAL_EXIT_50: "0.5",
    PositionAction.PARTIAL_EXIT_75: "0.25",
    PositionAction.FULL_EXIT: "0",
    PositionAction.TIGHTEN_SL: "1",
    PositionAction.MOVE_SL_TO_BE: "1",
}
"""Part of a position that who follows holds on to."""
BY_HAND = {RecommendationType.ENTRY: ("0", "1"), RecommendationType.EXIT: ("1", "0")}
"""Part of a full holding before and after, for an advice about an asset that a person entered."""
Course = dict[str, Any]


def course_of_position(analysis: AIPortfolioAssetAnalysis, at: datetime, timeframe: str) -> Course | None:
    """From the candle of the analysis over its horizon: who does nothing holds on, who follows sells or moves the stop.
    None where the action has no level to be measured by."""
    position = analysis.portfolio_asset
    action = PositionAction(analysis.recommended_action) if analysis.recommended_action else None
    stops = {
        PositionAction.TIGHTEN_SL: analysis.suggested_sl_price,
        PositionAction.MOVE_SL_TO_BE: position.entry_price,
    }
    if action not in KEPT or (action in stops and stops[action] is None):
        return None
    side = -1 if position.asset_type == HoldingType.SHORT_POSITION else 1
    return _course(position.asset_id, side, "1", KEPT[action], at, timeframe) | {"stop": stops.get(action)}


def course_of_market(
    snapshot: MetricsSnapshot, regime: AIRegimeAnalysis, before: AIRegimeAnalysis | None
) -> Course | None:
    """Bitcoin stands for the market: who does nothing keeps the exposure of the regime before, who follows takes the
    new one. None where one of them is unknown."""
    if before is None or before.recommended_exposure is None or regime.recommended_exposure is None:
        return None
    try:
        bitcoin = universe(snapshot.timeframe, snapshot.snapshot_time).bitcoin
    except NoData:
        return None
    if bitcoin is None:
        return None
    without, share = str(before.recommended_exposure), str(regime.recommended_exposure)
    return _course(bitcoin, 1, without, share, snapshot.snapshot_time, snapshot.timeframe)


def course_of(recommendation: Recommendation) -> Course | None:
    """The course that was written into it; for an advice about an asset that a person entered, a week of daily candles
    from the last one that was closed then."""
    told: Course | None = (recommendation.recommendation_payload or {}).get("measured")
    if told is not None or recommendation.target_entity_type != RecommendationTarget.ASSET:
        return told
    shares = BY_HAND.get(RecommendationType(recommendation.recommendation_type or ""))
    if shares is None or recommendation.target_entity_id is None:
        return None
    course = _course(recommendation.target_entity_id, 1, *shares, recommendation.created_at, "1d")
    return course | {"horizon_hours": WEEK_HOURS}


def span(course: Course) -> tuple[datetime, datetime]:
    """Beginnings of the first and the last candle of a course; it counts from the close of the one to that of the
    other."""
    start = datetime.fromisoformat(course["candle_time"])
    return start, start + timedelta(hours=course["horizon_hours"])


def stop_of(course: Course) -> Decimal | None:
    stop = course.get("stop")
    return None if stop is None else Decimal(stop)


def _course(asset_id: int, side: int, without: str, share: str, at: datetime, timeframe: str) -> Course:
    return {
        "asset_id": asset_id,
        "side": side,
        "share_without": without,
        "share_with": share,
        "timeframe": timeframe,
        "candle_time": periods.last_closed(at, timeframe).isoformat(),
        "horizon_hours": HORIZON_HOURS[timeframe],
    }
