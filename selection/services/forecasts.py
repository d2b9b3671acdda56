"""Forecasts of the assets: of every horizon by the version in force, or by the rules, into the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from aimodels.compute.baseline import LEVELS, Baseline, baselines
from aimodels.compute.explanations import top_contributions
from aimodels.compute.forecaster import Forecaster, answer
from aimodels.models import AIModel
from aimodels.services import Issue, Recorded, model_in_force, record_forecasts
from aimodels.services.serving import forecaster_in_force
from assets.choices import Market
from assets.selectors import MarketView, market_view
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from selection.compute.features import Features, features
from selection.rules import FORECAST_RULES, MEMORIES, SPANS, horizons, model_name
from selection.selectors.history import history_of
from system.choices import LIVE
from system.models import PipelineRun

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LAYER = 3
NAMED = 5
"""Features whose contributions are kept with a forecast."""
RULE_INPUTS = ("volatility", "base_rate", "chance", *(f"move_{100 * level:g}" for level in LEVELS))
"""What the rules are made from: the forecast follows from these."""


@dataclass(frozen=True)
class Said:
    """What a model says of n assets over one horizon.

    Attributes:
        chances: of a rise, 0-1, shape (n,).
        quantiles: log returns at ``LEVELS``, shape (n, 5).
        names, values: what it was given, k of them, shape (n, k).
        contributions: of the strongest features of each, with the amount; empty for rules.
    """

    chances: Floats
    quantiles: Floats
    names: tuple[str, ...]
    values: Floats
    contributions: list[list[tuple[str, float]]]


@transaction.atomic
def forecast_assets(
    snapshot: MetricsSnapshot,
    regime: AIRegimeAnalysis | None,
    *,
    run: PipelineRun | None = None,
    series: str = LIVE,
) -> Recorded:
    """Forecast every asset of the universe with enough history, over every horizon that its candles resolve: by the
    version in force, else by the rules. What was forecast at this moment already stays as it is.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    context = {"market_regime": regime.current_regime, "volatility_level": regime.risk_level} if regime else {}
    by_model: dict[int, tuple[AIModel, list[Issue]]] = {}
    for model, issues in _issued(view):
        held = by_model.setdefault(model.pk, (model, []))[1]
        held.extend(replace(issue, context=context) if context else issue for issue in issues)
    recorded = Recorded((), view.as_of, series, 0, 0)
    for model, issues in by_model.values():
        recorded += record_forecasts(issues, model=model, layer=LAYER, as_of=view.as_of, run=run, series=series)
    return recorded


def _issued(view: MarketView) -> Iterator[tuple[AIModel, list[Issue]]]:
    """Forecasts of each horizon and the version that made them. Versions were learned on the real market: the demo
    market is made by other laws, and the rules serve it."""
    history, spans = history_of(view), SPANS[view.timeframe]
    seen: Features | None = None
    ahead = horizons(view.timeframe)
    simples = baselines(history.market.close, list(ahead.values()), MEMORIES[view.timeframe], last=1)
    for hours, number in ahead.items():
        simple = simples[number]
        columns = np.flatnonzero(np.isin(history.asset_ids, view.universe.free) & np.isfinite(simple.unit[0]))
        name = model_name(view.timeframe, hours)
        version = forecaster_in_force(name, view.as_of) if view.market == Market.REAL else None
        if version is None:
            model, said = model_in_force(FORECAST_RULES[view.timeframe], view.as_of), by_rules(simple, columns)
        else:
            seen = seen or features(history.market, spans, last=1)
            model, said = version[0], by_version(version[1], simple, seen, columns)
        ids, prices = history.asset_ids[columns], history.market.close[-1, columns]
        yield model, _issues(view, hours, ids, prices, simple, columns, said)


def by_rules(simple: Baseline, columns: Integers) -> Said:
    """Forecasts of the rules at the last moment: from the volatility of each asset, and the moves and rises of all."""
    count = len(columns)
    shared = np.concatenate([simple.naive[-1:], simple.rules[-1:], simple.moves[-1]])
    values = np.column_stack([simple.volatility[-1, columns], np.tile(shared, (count, 1))])
    return Said(np.full(count, simple.rules[-1]), simple.rules_quantiles[-1, columns], RULE_INPUTS, values, [])


def by_version(version: Forecaster, simple: Baseline, seen: Features, columns: Integers) -> Said:
    """Forecasts of a trained version at the last moment, all at once; quantiles that it has none of are the rules'."""
    names = version.direction.names
    values = seen.taken(names)[-1, columns]
    said = answer(version, values, simple.scale[-1, columns])
    quantiles = simple.rules_quantiles[-1, columns] if said.quantiles is None else said.quantiles
    tops = [top_contributions(said.contributions, names, row, NAMED) for row in range(len(columns))]
    return Said(said.chances, quantiles, names, values, tops)


def _issues(
    view: MarketView, hours: int, ids: Integers, prices: Floats, simple: Baseline, columns: Integers, said: Said
) -> list[Issue]:
    target, naive = view.closed_at + hours * timedelta(hours=1), float(simple.naive[-1])
    naive_quantiles = simple.naive_quantiles[-1, columns]
    ruled = not said.contributions
    return [
        Issue(
            asset_id=asset_id,
            price=price,
            horizon_hours=hours,
            target=target,
            probability_up=chance,
            naive_probability_up=naive,
            quantiles=said.quantiles[row],
            naive_quantiles=naive_quantiles[row],
            inputs=dict(zip(said.names, said.values[row].tolist(), strict=True)) if ruled else {},
            features=said.values[row],
            features_used=said.names,
            contributions=() if ruled else said.contributions[row],
        )
        for row, (asset_id, price, chance) in enumerate(
            zip(ids.tolist(), prices.tolist(), said.chances.tolist(), strict=True)
        )
    ]
