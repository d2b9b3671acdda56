"""The rule-based model of layer 2."""

from aimodels.choices import ModelType
from aimodels.services import RuleModel

CLEAR = 0.25
"""Momentum beyond this, in either direction, is an outlook; less is none."""

SECTOR_RULES = RuleModel("sector_rules", "2.0.0", ModelType.SECTOR, "sector_outlook", {"clear_momentum": CLEAR})
