"""Sectors and who belongs to them, as it stood at a moment."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from assets.selectors import CandlePanel
from sectors.models import Sector, SectorMapping
from sectors.selectors.members import primary_sectors, sector_members
from sectors.services import Membership, assign_memberships, ensure_sectors
from tests.factories import AssetFactory, SectorFactory, SectorMappingFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FIRST = datetime(2024, 6, 1, tzinfo=UTC)


def panel(asset_ids: list[int], days: int = 3) -> CandlePanel:
    times = np.array([(FIRST + i * DAY).timestamp() for i in range(days)])
    ones = np.ones((days, len(asset_ids)))
    return CandlePanel("1d", np.array(asset_ids), times, ones, ones, ones, ones, ones)


class TestSeeds:
    def test_repeatable(self) -> None:
        made = ensure_sectors()
        assert made == Sector.objects.count() >= 12
        assert ensure_sectors() == 0

    def test_what_an_admin_changed_stays(self) -> None:
        ensure_sectors()
        Sector.objects.filter(coingecko_id="layer-1").update(color_code="#000000")
        ensure_sectors()
        assert Sector.objects.get(coingecko_id="layer-1").color_code == "#000000"


class TestAssigning:
    def test_best_rank_is_primary_and_again_changes_nothing(self) -> None:
        ensure_sectors()
        bitcoin = AssetFactory(symbol="BTC", name="Bitcoin")
        lines = [Membership(2, "Bitcoin", "defi", 7), Membership(3, "bitcoin", "layer-1", 1)]
        found = assign_memberships(lines)
        assert (found.new, found.equal, found.unknown) == (2, 0, [])
        assert primary_sectors([bitcoin.pk], FIRST)[bitcoin.pk].name == "Layer 1"
        again = assign_memberships(lines)
        assert (again.new, again.equal) == (0, 2)
        assert SectorMapping.objects.filter(is_primary_sector=True).count() == 1

    def test_unknown_ones_are_named(self) -> None:
        ensure_sectors()
        AssetFactory(symbol="BTC", name="Bitcoin")
        found = assign_memberships([Membership(2, "Bitcoin", "tulips", 1), Membership(3, "No such coin", "defi", 1)])
        assert found.unknown == [(2, "unknown sector tulips"), (3, "no asset called No such coin is tracked")]


class TestAtAMoment:
    def test_members_by_period(self) -> None:
        sector = SectorFactory()
        stays, comes, leaves = AssetFactory(), AssetFactory(), AssetFactory()
        SectorMappingFactory(asset=stays, sector=sector)
        SectorMappingFactory(asset=comes, sector=sector, valid_from=FIRST + DAY)
        SectorMappingFactory(asset=leaves, sector=sector, valid_to=FIRST + DAY)
        found = sector_members(panel([stays.pk, comes.pk, leaves.pk]), FIRST + 3 * DAY)[0]
        assert found.member.tolist() == [[True, False, True], [True, True, False], [True, True, False]]
        assert found.present.tolist() == [0, 1]

    def test_what_comes_later_is_not_known(self) -> None:
        asset = AssetFactory()
        SectorMappingFactory(asset=asset, valid_from=FIRST + 9 * DAY, is_primary_sector=True)
        assert sector_members(panel([asset.pk]), FIRST + 3 * DAY) == []
        assert primary_sectors([asset.pk], FIRST + 3 * DAY) == {}
        assert asset.pk in primary_sectors([asset.pk], FIRST + 9 * DAY)

    def test_a_sector_out_of_use_is_left_out(self) -> None:
        asset = AssetFactory()
        SectorMappingFactory(asset=asset, sector__is_active=False)
        assert sector_members(panel([asset.pk]), FIRST + 3 * DAY) == []
