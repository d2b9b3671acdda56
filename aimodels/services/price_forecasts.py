"""Forecasts of prices: of every horizon by the version in force, or by the rules, into the ledger."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.baseline import LEVELS, Baseline, baselines
from aimodels.compute.explanations import top_contributions
from aimodels.compute.forecaster import Forecaster, answer
from aimodels.compute.panels import Features
from aimodels.models import AIModel
from aimodels.services.ledger import Issue, Recorded, record_forecasts
from aimodels.services.price_models import MEMORIES, PriceModels, horizons
from aimodels.services.registry import model_in_force
from aimodels.services.serving import forecaster_in_force
from system.choices import LIVE
from system.models import PipelineRun

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
NAMED = 5
"""Features whose contributions are kept with a forecast."""
RULE_INPUTS = ("volatility", "base_rate", "chance", *(f"move_{100 * level:g}" for level in LEVELS))
"""What the rules are made from: the forecast follows from these."""


@dataclass(frozen=True)
class Prices:
    """What is forecast at a moment.

    Attributes:
        timeframe: of the candles.
        as_of: the moment.
        closed_at: end of the newest closed candle, from which horizons are counted.
        asset_ids: shape (m,).
        close: USD or levels, shape (t, m); NaN where there is none.
        newest: the price that a forecast starts from, shape (m,); NaN = it is not forecast.
        is_learned: whether versions may serve: they were learned on the real market, and the demo market is made by
            other laws.
    """

    timeframe: str
    as_of: datetime
    closed_at: datetime
    asset_ids: Integers
    close: Floats
    newest: Floats
    is_learned: bool


@dataclass(frozen=True)
class Said:
    """What a model says of n prices over one horizon.

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


def forecast_prices(
    models: PriceModels,
    prices: Prices,
    features: Callable[[], Features],
    *,
    context: Mapping[str, Any],
    run: PipelineRun | None = None,
    series: str = LIVE,
) -> Recorded:
    """Forecast every price with enough history over every horizon that its candles resolve: by the version in force,
    else by the rules. What was forecast at this moment already stays as it is.

    Args:
        models: of the layer.
        features: of at least the newest moment; asked for once, and only where a version serves.
        context: words about the market at the time, kept with each forecast.
    """
    by_model: dict[int, tuple[AIModel, list[Issue]]] = {}
    for model, issues in _issued(models, prices, features, dict(context)):
        by_model.setdefault(model.pk, (model, []))[1].extend(issues)
    recorded = Recorded((), prices.as_of, series, 0, 0)
    for model, issues in by_model.values():
        recorded += record_forecasts(
            issues, model=model, layer=models.layer, as_of=prices.as_of, run=run, series=series
        )
    return recorded


def _issued(
    models: PriceModels, prices: Prices, features: Callable[[], Features], context: dict[str, Any]
) -> Iterator[tuple[AIModel, list[Issue]]]:
    """Forecasts of each horizon and the version that made them."""
    ahead, rules = horizons(prices.timeframe), models.rules[prices.timeframe]
    simples = baselines(prices.close, list(ahead.values()), MEMORIES[prices.timeframe], last=1)
    seen: Features | None = None
    for hours, periods in ahead.items():
        simple = simples[periods]
        columns = np.flatnonzero(np.isfinite(simple.unit[0]) & np.isfinite(prices.newest))
        name = models.name(prices.timeframe, hours)
        version = forecaster_in_force(name, prices.as_of) if prices.is_learned else None
        if version is None:
            model, said = model_in_force(rules, prices.as_of), by_rules(simple, columns)
        else:
            seen = seen or features()
            model, said = version[0], by_version(version[1], simple, seen, columns)
        yield model, _issues(prices, hours, simple, columns, said, context)


def by_rules(simple: Baseline, columns: Integers) -> Said:
    """Forecasts of the rules at the last moment: from the volatility of each price, and the moves and rises of all."""
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
    prices: Prices, hours: int, simple: Baseline, columns: Integers, said: Said, context: dict[str, Any]
) -> list[Issue]:
    target, naive = prices.closed_at + hours * timedelta(hours=1), float(simple.naive[-1])
    naive_quantiles = simple.naive_quantiles[-1, columns]
    ruled = not said.contributions
    each = zip(prices.asset_ids[columns].tolist(), prices.newest[columns].tolist(), said.chances.tolist(), strict=True)
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
            context=context,
            inputs=dict(zip(said.names, said.values[row].tolist(), strict=True)) if ruled else {},
            features=said.values[row],
            features_used=said.names,
            contributions=() if ruled else said.contributions[row],
        )
        for row, (asset_id, price, chance) in enumerate(each)
    ]
