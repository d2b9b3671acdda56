"""Who belonged to which sector, and when."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from assets.selectors import CandlePanel
from sectors.models import Sector, SectorMapping


@dataclass(frozen=True)
class SectorMembers:
    """A sector and its members in a panel.

    Attributes:
        sector: the sector.
        member: whether an asset was a member in a period, shape (t, n) as the panel.
        share: part of each asset that counts, 0-1, shape (n,).
    """

    sector: Sector
    member: NDArray[np.bool_]
    share: NDArray[np.float64]

    @property
    def present(self) -> NDArray[np.int64]:
        """Places of the members of the last period."""
        return np.flatnonzero(self.member[-1])


def sector_members(panel: CandlePanel, as_of: datetime) -> list[SectorMembers]:
    """Active sectors with at least one present member, by name, as the memberships stood in each period."""
    place = {int(asset_id): i for i, asset_id in enumerate(panel.asset_ids)}
    mappings = (
        SectorMapping.objects.filter(asset_id__in=place, sector__is_active=True)
        .exclude(valid_from__gt=as_of)
        .select_related("sector")
        .order_by("sector__name", "asset_id", "id")
    )
    found: dict[int, SectorMembers] = {}
    for mapping in mappings:
        empty = SectorMembers(mapping.sector, np.zeros(panel.close.shape, bool), np.zeros(len(place)))
        members = found.setdefault(mapping.sector_id, empty)
        column = place[mapping.asset_id]
        since = -np.inf if mapping.valid_from is None else mapping.valid_from.timestamp()
        until = np.inf if mapping.valid_to is None else mapping.valid_to.timestamp()
        members.member[:, column] |= (panel.times >= since) & (panel.times < until)
        members.share[column] = float(mapping.weight)
    return [members for members in found.values() if len(members.present)]


def primary_sectors(asset_ids: list[int], as_of: datetime) -> dict[int, Sector]:
    """Primary sector of each asset at ``as_of``; assets without one are left out."""
    mappings = (
        SectorMapping.objects.filter(asset_id__in=asset_ids, is_primary_sector=True)
        .exclude(valid_from__gt=as_of)
        .exclude(valid_to__lte=as_of)
        .select_related("sector")
    )
    return {mapping.asset_id: mapping.sector for mapping in mappings}
