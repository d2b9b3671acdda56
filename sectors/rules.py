"""The models of layer 2: the rules of the outlook and of the forecasts, and the windows of the features."""

from aimodels.choices import ModelType
from aimodels.services import RuleModel
from aimodels.services.price_models import MEMORIES, PriceModels, price_rules
from sectors.compute.features import GENERATION, Spans, feature_names

CLEAR = 0.25
"""Momentum beyond this, in either direction, is an outlook; less is none."""

SECTOR_RULES = RuleModel("sector_rules", "2.0.0", ModelType.SECTOR, "sector_outlook", {"clear_momentum": CLEAR})

SPANS = {
    "1h": Spans(24, 168, 720, MEMORIES["1h"]),
    "4h": Spans(18, 42, 180, MEMORIES["4h"]),
    "1d": Spans(3, 7, 30, MEMORIES["1d"]),
    "1w": Spans(2, 4, 13, MEMORIES["1w"]),
}
"""Windows of the features."""

SECTOR_FORECAST_RULES = price_rules("sector_forecast_rules", "1.0.0", ModelType.SECTOR)
SECTOR_PRICES = PriceModels(
    2,
    ModelType.SECTOR,
    "sector_direction",
    SECTOR_FORECAST_RULES,
    GENERATION,
    lambda timeframe: feature_names(SPANS[timeframe]),
)
"""Forecasts of the indexes, which are assets with candles of their own."""
