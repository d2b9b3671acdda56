"""The rules that serve every layer until a model with proven skill takes over."""

from macro.rules import REGIME_RULES
from sectors.rules import SECTOR_RULES
from selection.rules import ASSET_RULES
from trading.rules import TIMING_RULES

RULES = (REGIME_RULES, SECTOR_RULES, ASSET_RULES, TIMING_RULES)
