"""Open positions on a snapshot: how they stand and what the structure of the market suggests."""

from typing import Any

from django.db import transaction

from aimodels.services import model_in_force
from assets.selectors import market_view
from macro.models import MetricsSnapshot
from selection.models import Portfolio
from selection.selectors.valued import Valued, assumptions
from selection.services import valued_positions
from system.choices import LIVE
from system.models import PipelineRun
from system.services import complete, land, setting
from trading.choices import TRADED_TIMEFRAMES
from trading.models import AIPortfolioAssetAnalysis
from trading.rules import HORIZON_HOURS, TIMING_RULES
from trading.services.chances import Chance, chances
from trading.services.position_facts import Columns, Facts, facts_of
from trading.services.position_judgement import judge
from trading.services.position_surroundings import Surroundings, surroundings


@transaction.atomic
def analyse_positions(
    portfolio: Portfolio, snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE
) -> list[AIPortfolioAssetAnalysis]:
    """Judge the positions that were open at the snapshot's moment. The same snapshot again changes nothing."""
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    valued = valued_positions(portfolio, view)
    if not valued:
        return []
    limits, rules = setting("signals", view.as_of), model_in_force(TIMING_RULES, view.as_of)
    around = surroundings(portfolio, snapshot, view, valued, series)
    found = {one.position.pk: facts_of(one, around, limits) for one in valued}
    setups = {key: one.setup for key, one in found.items() if isinstance(one, Facts) and one.setup is not None}
    told = chances(view, setups, rules)
    shared = {
        "metrics_snapshot": snapshot,
        "ai_model": rules,
        "timeframe": view.timeframe if view.timeframe in dict(TRADED_TIMEFRAMES) else None,
        "candle_time": view.candle_time,
        "analysis_time": view.as_of,
        "analysis_horizon_hours": HORIZON_HOURS[view.timeframe],
        "run": run,
        "series": series,
    }
    rows = [_row(one, found[one.position.pk], told.get(one.position.pk), around, shared) for one in valued]
    key = ("metrics_snapshot", "portfolio_asset", "ai_model", "series")
    return land(AIPortfolioAssetAnalysis, rows, key=key).rows


def _row(
    one: Valued, found: Facts | str, chance: Chance | None, around: Surroundings, shared: dict[str, Any]
) -> Columns:
    judged, reasons, behind = judge(one, found, chance, around)
    values, absent = complete(
        AIPortfolioAssetAnalysis,
        {"portfolio_asset": one.position, **shared, **judged},
        {"timeframe": f"the column has no {around.view.timeframe}"} | reasons,
        by_people=("analysis_data",),
    )
    opened = around.entries.get(one.position.pk)
    entry = {"opened_at": opened.at.isoformat(), "regime": opened.regime, "fear_greed": opened.mood} if opened else {}
    values["analysis_data"] = {
        "entry_analysis": entry,
        "current_analysis": {"regime": around.regime, "fear_greed": around.mood, **behind},
        "assumptions": assumptions([one]),
        "missing": absent,
    }
    return values
