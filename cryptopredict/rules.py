"""The rules that serve every layer until a model with proven skill takes over."""

from aimodels.services import RuleModel
from macro.rules import REGIME_RULES
from sectors.rules import SECTOR_FORECAST_RULES, SECTOR_RULES
from selection.rules import ASSET_RULES, FORECAST_RULES
from trading.rules import TIMING_RULES

RULES = (
    REGIME_RULES,
    SECTOR_RULES,
    *SECTOR_FORECAST_RULES.values(),
    ASSET_RULES,
    *FORECAST_RULES.values(),
    TIMING_RULES,
)


def rules_of_run(timeframe: str) -> dict[str, RuleModel]:
    """What a run uses, by the work that it does."""
    return {
        "macro": REGIME_RULES,
        "sector": SECTOR_RULES,
        "sector_forecast": SECTOR_FORECAST_RULES[timeframe],
        "asset": ASSET_RULES,
        "forecast": FORECAST_RULES[timeframe],
        "timing": TIMING_RULES,
    }
