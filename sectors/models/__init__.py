"""Layer 2: sectors."""

from sectors.models.analysis import AICrossSectorAnalysis, AISectorAnalysis, SectorRotationFlow
from sectors.models.sectors import Sector, SectorHistory, SectorMapping

__all__ = [
    "AICrossSectorAnalysis",
    "AISectorAnalysis",
    "Sector",
    "SectorHistory",
    "SectorMapping",
    "SectorRotationFlow",
]
