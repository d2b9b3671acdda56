"""Writes of layer 2."""

from sectors.services.analysis import SectorAnalyses, analyse_sectors
from sectors.services.membership import Assigned, Membership, assign_memberships, ensure_sectors

__all__ = [
    "Assigned",
    "Membership",
    "SectorAnalyses",
    "analyse_sectors",
    "assign_memberships",
    "ensure_sectors",
]
