"""Forecasts of the indexes: of every horizon by the version in force, or by the rules, into the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from aimodels.compute.baseline import LEVELS, Baseline, baseline
from aimodels.compute.explanations import top_contributions
from aimodels.compute.forecaster import Forecaster, answer
from aimodels.models import AIModel, Prediction
from aimodels.services import Issue, model_in_force, record_forecasts
from aimodels.services.serving import forecaster_in_force
from assets.choices import Market
from assets.selectors import MarketView, market_view
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.compute.features import Features, features
from sectors.rules import MEMORIES, SECTOR_FORECAST_RULES, SPANS, horizons, model_name
from sectors.selectors import SectorMarket, sector_market
from sectors.selectors.lines import lines_of
from sectors.services.index_assets import Indexes, land_indexes
from system.choices import LIVE
from system.models import PipelineRun
from system.services import Landed

Floats = NDArray[np.float64]
LAYER = 2
RULE_INPUTS = ("volatility", "base_rate", "chance", *(f"move_{100 * level:g}" for level in LEVELS))
"""What the rules are made from: the forecast follows from these."""


@dataclass(frozen=True)
class Said:
    """What a model says of each index over one horizon.

    Attributes:
        chances: of a rise, 0-1, shape (k + 1,).
        quantiles: log returns at ``LEVELS``, shape (k + 1, 5).
        names, values: what it was given, shape (k + 1, q).
        contributions: of the strongest features of each; None for rules.
    """

    chances: Floats
    quantiles: Floats
    names: tuple[str, ...]
    values: Floats
    contributions: list[list[tuple[str, float]]] | None


@transaction.atomic
def forecast_sectors(
    snapshot: MetricsSnapshot,
    regime: AIRegimeAnalysis | None,
    *,
    run: PipelineRun | None = None,
    series: str = LIVE,
) -> Landed[Prediction]:
    """Forecast the index of every sector and of the total market, over every horizon that the candles resolve: by the
    version in force, else by the rules. The candles of the indexes are stored first, so that what they become can be
    scored. What was forecast at this moment already stays as it is; without sectors there is nothing to forecast.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    market = sector_market(view)
    landed: Landed[Prediction] = Landed()
    if market is None:
        return landed
    indexes = land_indexes(market)
    context = {"market_regime": regime.current_regime, "volatility_level": regime.risk_level} if regime else {}
    by_model: dict[int, tuple[AIModel, list[Issue]]] = {}
    for model, issues in _issued(market, indexes):
        held = by_model.setdefault(model.pk, (model, []))[1]
        held.extend(replace(issue, context=context) for issue in issues)
    for model, issues in by_model.values():
        part = record_forecasts(issues, model=model, layer=LAYER, as_of=view.as_of, run=run, series=series)
        landed.rows += part.rows
        landed.created += part.created
        landed.changed += part.changed
        landed.equal += part.equal
    return landed


def _issued(market: SectorMarket, indexes: Indexes) -> Iterator[tuple[AIModel, list[Issue]]]:
    """Forecasts of each horizon and the version that made them. Versions were learned on the real market: the demo
    market is made by other laws, and the rules serve it."""
    view = market.view
    level = np.column_stack([market.level, market.total.level])
    seen: Features | None = None
    for hours, candles in horizons(view.timeframe).items():
        simple = baseline(level, candles, MEMORIES[view.timeframe], last=1)
        name = model_name(view.timeframe, hours)
        version = forecaster_in_force(name, view.as_of) if view.market == Market.REAL else None
        if version is None:
            model, said = model_in_force(SECTOR_FORECAST_RULES[view.timeframe], view.as_of), by_rules(simple)
        else:
            seen = seen or features(lines_of(market), SPANS[view.timeframe])
            model, said = version[0], by_version(version[1], simple, seen)
        yield model, _issues(view, hours, indexes, simple, said)


def by_rules(simple: Baseline) -> Said:
    """Forecasts of the rules at the last moment: from the volatility of each index, and the moves and rises of all."""
    count = simple.unit.shape[1]
    shared = np.concatenate([simple.naive[-1:], simple.rules[-1:], simple.moves[-1]])
    values = np.column_stack([simple.volatility[-1], np.tile(shared, (count, 1))])
    return Said(np.full(count, simple.rules[-1]), simple.rules_quantiles[-1], RULE_INPUTS, values, None)


def by_version(version: Forecaster, simple: Baseline, seen: Features) -> Said:
    """Forecasts of a trained version at the last moment; quantiles that it has none of are the rules'."""
    names = version.direction.names
    values = seen.taken(names)[-1]
    known = np.flatnonzero(np.isfinite(simple.scale[-1]))
    chances, quantiles = np.full(len(values), np.nan), simple.rules_quantiles[-1].copy()
    tops: list[list[tuple[str, float]]] = [[] for _ in values]
    said = answer(version, values[known], simple.scale[-1, known])
    chances[known] = said.chances
    if said.quantiles is not None:
        quantiles[known] = said.quantiles
    for row, index in enumerate(known.tolist()):
        tops[index] = top_contributions(said.contributions, names, row)
    return Said(chances, quantiles, names, values, tops)


def _issues(view: MarketView, hours: int, indexes: Indexes, simple: Baseline, said: Said) -> list[Issue]:
    """Of each index that has a candle now and a volatility."""
    told = np.isfinite(simple.unit[-1]) & np.isfinite(indexes.close)
    return [
        Issue(
            asset_id=indexes.asset_ids[place],
            price=float(indexes.close[place]),
            horizon_hours=hours,
            target=view.closed_at + hours * timedelta(hours=1),
            probability_up=float(said.chances[place]),
            naive_probability_up=float(simple.naive[-1]),
            quantiles=said.quantiles[place],
            naive_quantiles=simple.naive_quantiles[-1, place],
            inputs=dict(zip(said.names, said.values[place].tolist(), strict=True))
            if said.contributions is None
            else {},
            features=said.values[place],
            features_used=said.names,
            contributions=() if said.contributions is None else said.contributions[place],
        )
        for place in np.flatnonzero(told).tolist()
    ]
