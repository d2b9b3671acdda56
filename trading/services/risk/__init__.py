"""Limits that people set for themselves, and what they are exposed to."""

from trading.services.risk.checking import RiskLimit
from trading.services.risk.profile import change_limits, refresh_exposure, risk_profile

__all__ = ["RiskLimit", "change_limits", "refresh_exposure", "risk_profile"]
