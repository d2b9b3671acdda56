"""The rule-based models of layer 3: the ranking, and the forecasts of each timeframe."""

from aimodels.choices import ModelType
from aimodels.services import RuleModel
from aimodels.services.price_models import MEMORIES, PriceModels, price_rules
from selection.compute import ranking
from selection.compute.features import GENERATION, Spans, feature_names

ASSET_RULES = RuleModel("asset_rules", "2.0.0", ModelType.ASSET, "rank", {"least_factors": ranking.LEAST_FACTORS})

SPANS = {
    "1h": Spans((4, 24, 72, 168, 720), ("4h", "24h", "72h", "168h", "30d"), MEMORIES["1h"]),
    "4h": Spans((6, 18, 42, 180, 360), ("24h", "72h", "168h", "30d", "60d"), MEMORIES["4h"]),
    "1d": Spans((1, 3, 7, 30, 180), ("24h", "72h", "168h", "30d", "180d"), MEMORIES["1d"]),
    "1w": Spans((1, 2, 4, 13, 52), ("1w", "2w", "4w", "13w", "52w"), MEMORIES["1w"]),
}
"""Windows of the features."""

FORECAST_RULES = price_rules("forecast_rules", "2.0.0", ModelType.ASSET)
ASSET_PRICES = PriceModels(
    3,
    ModelType.ASSET,
    "asset_direction",
    FORECAST_RULES,
    GENERATION,
    lambda timeframe: feature_names(SPANS[timeframe]),
)
