"""What the forecasts of a run say of each asset's next week."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from aimodels.compute.baseline import LEVELS
from aimodels.models import Prediction
from aimodels.services.registry import RULES
from selection.compute.distribution import expected_return, possible_loss
from selection.rules import ASSET_PRICES
from system.models import PipelineRun

HORIZON_HOURS = 168


@dataclass(frozen=True)
class AssetOutlook:
    """The return distribution of an asset over the horizon, from two rows of the ledger.

    Attributes:
        probability_up: 0-1.
        expected_return: mean simple return, a fraction.
        possible_loss: part of the price that is lost in the worst of twenty cases, 0-1.
        is_learned: whether a trained version said it; the rules give every asset the same chance.
        ids: keys of the forecasts.
    """

    probability_up: float
    expected_return: float
    possible_loss: float
    is_learned: bool
    ids: tuple[int, ...]


class Said(NamedTuple):
    """Columns of a row of the ledger."""

    key: int
    value: dict[str, Any]
    price: float
    architecture: str | None


def outlooks(run: PipelineRun | None) -> dict[int, AssetOutlook]:
    """By asset; those without a forecast in the run are not among them."""
    if run is None:
        return {}
    rows = Prediction.objects.filter(
        run=run, layer_source=ASSET_PRICES.layer, prediction_horizon=HORIZON_HOURS, user__isnull=True
    ).values_list("pk", "asset_id", "prediction_type", "predicted_value", "input_price", "ai_model__architecture")
    by_asset: dict[int, dict[str, Said]] = defaultdict(dict)
    for key, asset_id, kind, value, price, architecture in rows:
        by_asset[asset_id][kind] = Said(key, value or {}, float(price), architecture)
    return {
        asset_id: _outlook(both["direction"], both["price"])
        for asset_id, both in by_asset.items()
        if {"direction", "price"} <= both.keys()
    }


def _outlook(direction: Said, price: Said) -> AssetOutlook:
    levels = np.array([float(price.value["quantiles"][str(level)]) for level in LEVELS])
    moves = np.log(levels / price.price)
    return AssetOutlook(
        probability_up=float(direction.value["probability_up"]),
        expected_return=expected_return(moves),
        possible_loss=possible_loss(moves),
        is_learned=direction.architecture != RULES,
        ids=(direction.key, price.key),
    )
