"""Who belonged to which sector, and when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from math import inf

import numpy as np
from django.db.models import F
from numpy.typing import NDArray

from sectors.models import Sector, SectorMapping

STABLECOINS = "stablecoins"
"""The sector of the stablecoins, by CoinGecko's id."""


@dataclass(frozen=True)
class SectorMembers:
    """A sector and those of a panel's assets that were its members at some time.

    Attributes:
        sector: the sector.
        columns: their places in the panel, rising, shape (m,).
        share: part of each that counts in this sector in each period, 0 = no member then, shape (t, m). An asset of
            several sectors is split between them by the weights of its memberships, so that it counts once in all.
    """

    sector: Sector
    columns: NDArray[np.int64]
    share: NDArray[np.float64]

    @property
    def present(self) -> NDArray[np.int64]:
        """Places in the panel of the members of the last period."""
        return self.columns[self.share[-1] > 0]


def sector_members(
    asset_ids: NDArray[np.int64], times: NDArray[np.int64], as_of: datetime, stable: frozenset[int] = frozenset()
) -> list[SectorMembers]:
    """Active sectors with at least one present member, by name, as the memberships stood in each period.

    Args:
        asset_ids: assets of the panel, shape (n,).
        times: starts of its periods, seconds since 1970, shape (t,); a membership holds for the periods that start in
            it.
        as_of: a membership that begins later is not known.
        stable: stablecoins; they stand still and count in their own sector only.
    """
    place = {asset_id: column for column, asset_id in enumerate(asset_ids.tolist())}
    mappings = (
        SectorMapping.objects.filter(asset_id__in=place, sector__is_active=True, weight__gt=0)
        .exclude(valid_from__gt=as_of)
        .order_by("sector__name", "asset_id", "id")
        .values_list("sector_id", "asset_id", "weight", "valid_from", "valid_to")
    )
    shares: dict[int, dict[int, NDArray[np.float64]]] = {}
    total = np.zeros((len(times), len(place)))
    home = Sector.objects.filter(coingecko_id=STABLECOINS).values_list("pk", flat=True).first() if stable else None
    for sector_id, asset_id, weight, since, until in mappings.iterator():
        if asset_id in stable and sector_id != home:
            continue
        holds = np.zeros(len(times))
        first = 0 if since is None else int(np.searchsorted(times, since.timestamp(), side="left"))
        end = len(times) if until is None else int(np.searchsorted(times, until.timestamp(), side="left"))
        holds[first:end] = float(weight)
        column = place[asset_id]
        of_sector = shares.setdefault(sector_id, {})
        of_sector[column] = of_sector.get(column, 0.0) + holds
        total[:, column] += holds
    sectors = Sector.objects.in_bulk(list(shares))
    found = [_members(sectors[sector_id], of_sector, total) for sector_id, of_sector in shares.items()]
    return [members for members in found if len(members.present)]


def _members(sector: Sector, shares: dict[int, NDArray[np.float64]], total: NDArray[np.float64]) -> SectorMembers:
    columns = np.array(sorted(shares), dtype=np.int64)
    share = np.column_stack([shares[column] for column in columns.tolist()])
    return SectorMembers(sector, columns, share / np.maximum(total[:, columns], 1.0))


def primary_sectors(asset_ids: list[int], as_of: datetime) -> dict[int, Sector]:
    """Primary sector of each asset at ``as_of``; assets without one are left out."""
    mappings = (
        SectorMapping.objects.filter(asset_id__in=asset_ids, is_primary_sector=True)
        .exclude(valid_from__gt=as_of)
        .exclude(valid_to__lte=as_of)
        .select_related("sector")
    )
    return {mapping.asset_id: mapping.sector for mapping in mappings}


def primary_sector_spells(asset_ids: Collection[int], as_of: datetime) -> dict[int, list[tuple[float, str]]]:
    """When each asset had which primary sector: seconds since 1970 (-inf = always) and its name, empty from when on it
    has none, oldest first. A membership that begins after ``as_of`` is not known; assets without any are left out."""
    rows = (
        SectorMapping.objects.filter(asset_id__in=asset_ids, is_primary_sector=True)
        .exclude(valid_from__gt=as_of)
        .order_by("asset_id", F("valid_from").asc(nulls_first=True), "id")
        .values_list("asset_id", "sector__name", "valid_from", "valid_to")
    )
    found: dict[int, list[tuple[float, str]]] = {}
    ends: dict[int, float] = {}
    for asset_id, name, since, until in rows:
        begins = -inf if since is None else since.timestamp()
        spells = found.setdefault(asset_id, [])
        if ends.get(asset_id, inf) < begins:
            spells.append((ends[asset_id], ""))
        spells.append((begins, name))
        ends[asset_id] = inf if until is None else until.timestamp()
    for asset_id, end in ends.items():
        if end < inf:
            found[asset_id].append((end, ""))
    return found
