"""Forecasts of prices: of every horizon by the version in force, or by the rules, into the ledger."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
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
    recorded = Recorded((), prices.as_of, series, 0, 0)
    every = list(asked(models, prices))
    seen = features() if any(one.version is not None for one in every) else None
    # While the database writes one horizon, the next is computed.
    with ThreadPoolExecutor(max_workers=1) as beside:
        told = [beside.submit(say, one, seen) for one in every]
        for one, said in zip(every, told, strict=True):
            issues = issues_of(prices, one, said.result(), dict(context))
            recorded += record_forecasts(
                issues, model=one.model, layer=models.layer, as_of=prices.as_of, run=run, series=series
            )
    return recorded


@dataclass(frozen=True)
class Asked:
    """A horizon, what the naive forecast and the rules say of it, and who is asked.

    Attributes:
        columns: places of the prices that are forecast.
        version: the one in force; None = the rules.
        ruling: the rules, whoever is asked.
    """

    hours: int
    simple: Baseline
    columns: Integers
    model: AIModel
    version: Forecaster | None
    ruling: AIModel


def asked(models: PriceModels, prices: Prices, only: int | None = None) -> Iterator[Asked]:
    """Who is asked for each horizon that the candles resolve, or for one of them, in hours."""
    ruling = model_in_force(models.rules[prices.timeframe], prices.as_of)
    ahead = {hours: periods for hours, periods in horizons(prices.timeframe).items() if only in (None, hours)}
    simples = baselines(prices.close, list(ahead.values()), MEMORIES[prices.timeframe], last=1)
    for hours, periods in ahead.items():
        simple = simples[periods]
        columns = np.flatnonzero(np.isfinite(simple.unit[0]) & np.isfinite(prices.newest))
        name = models.name(prices.timeframe, hours)
        inputs = models.inputs(prices.timeframe)
        found = forecaster_in_force(name, prices.as_of, inputs) if prices.is_learned else None
        model, version = found or (ruling, None)
        yield Asked(hours, simple, columns, model, version, ruling)


def say(one: Asked, seen: Features | None) -> Said:
    """What the version says of a horizon, or the rules where there is none."""
    if one.version is None or seen is None:
        return by_rules(one.simple, one.columns)
    return by_version(one.version, one.simple, seen, one.columns)


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


def issues_of(prices: Prices, one: Asked, said: Said, context: dict[str, Any]) -> list[Issue]:
    """What was said of a horizon, as the ledger takes it."""
    hours, simple, columns = one.hours, one.simple, one.columns
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
