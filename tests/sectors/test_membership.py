"""Sectors and who belongs to them, as it stood at a moment."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from sectors.models import Sector, SectorMapping
from sectors.selectors.members import SectorMembers, primary_sectors, sector_members
from sectors.services import Assigned, Membership, assign_memberships, ensure_sectors
from tests.factories import AssetFactory, SectorFactory, SectorMappingFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FIRST = datetime(2024, 6, 1, tzinfo=UTC)


def members_of(asset_ids: list[int], as_of: datetime, stable: frozenset[int] = frozenset()) -> list[SectorMembers]:
    """Over the three days from ``FIRST`` on."""
    times = np.array([int((FIRST + i * DAY).timestamp()) for i in range(3)])
    return sector_members(np.array(asset_ids), times, as_of, stable)


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
        assert found == Assigned(2, 0, 0, [])
        assert primary_sectors([bitcoin.pk], FIRST)[bitcoin.pk].name == "Layer 1"
        again = assign_memberships(lines)
        assert again == Assigned(0, 0, 2, [])
        assert SectorMapping.objects.filter(is_primary_sector=True).count() == 1

    def test_unknown_ones_are_named(self) -> None:
        ensure_sectors()
        AssetFactory(symbol="BTC", name="Bitcoin")
        found = assign_memberships([Membership(2, "Bitcoin", "tulips", 1), Membership(3, "No such coin", "defi", 1)])
        assert found.unknown == [(2, "unknown sector tulips"), (3, "no asset called No such coin is tracked")]


class TestAssigningLater:
    """What changes holds from the change on; the past stays as it was."""

    BOTH = (Membership(2, "Bitcoin", "layer-1", 1), Membership(3, "Bitcoin", "defi", 2))

    @pytest.fixture(autouse=True)
    def members(self) -> None:
        ensure_sectors()
        self.bitcoin = AssetFactory(symbol="BTC", name="Bitcoin")
        self.ether = AssetFactory(symbol="ETH", name="Ethereum")

    def sectors(self, moment: datetime) -> set[str]:
        found = members_of([self.bitcoin.pk], moment)
        return {members.sector.name for members in found}

    def test_only_the_first_hold_since_ever(self) -> None:
        assign_memberships(self.BOTH[:1], now=FIRST)
        assert assign_memberships(self.BOTH, now=FIRST + DAY) == Assigned(1, 0, 1, [])
        began = SectorMapping.objects.order_by("pk").values_list("valid_from", flat=True)
        assert list(began) == [None, FIRST + DAY]
        assert assign_memberships([Membership(4, "Ethereum", "defi", 1)], now=FIRST + DAY).new == 1
        assert SectorMapping.objects.get(asset=self.ether).valid_from is None

    def test_what_a_complete_list_lacks_ends(self) -> None:
        assign_memberships([*self.BOTH, Membership(4, "Ethereum", "defi", 3)], now=FIRST)
        assert assign_memberships(self.BOTH[:1], now=FIRST + DAY, is_complete=True) == Assigned(0, 1, 1, [])
        assert assign_memberships(self.BOTH[:1], now=FIRST + 2 * DAY, is_complete=True) == Assigned(0, 0, 1, [])
        ended = SectorMapping.objects.get(valid_to__isnull=False)
        assert (ended.asset, ended.sector.name, ended.valid_to) == (self.bitcoin, "DeFi", FIRST + DAY)
        assert self.sectors(FIRST + 2 * DAY) == {"Layer 1"}

    def test_an_asset_whose_sectors_nobody_knows_is_named_too(self) -> None:
        assign_memberships(self.BOTH, now=FIRST)
        found = assign_memberships([Membership(2, "Bitcoin", "tulips", 1)], now=FIRST + DAY, is_complete=True)
        assert (found.changed, self.sectors(FIRST + DAY)) == (2, set())

    def test_of_an_incomplete_list_none_ends(self) -> None:
        assign_memberships(self.BOTH, now=FIRST)
        assert assign_memberships(self.BOTH[:1], now=FIRST + DAY) == Assigned(0, 0, 1, [])

    def test_another_becomes_primary_when_the_primary_ends(self) -> None:
        assign_memberships(self.BOTH, now=FIRST)
        defi = self.BOTH[1:]
        assert assign_memberships(defi, now=FIRST + DAY, is_complete=True) == Assigned(0, 2, 0, [])
        assert assign_memberships(defi, now=FIRST + 2 * DAY, is_complete=True) == Assigned(0, 0, 1, [])
        before, after = (primary_sectors([self.bitcoin.pk], FIRST + i * DAY)[self.bitcoin.pk].name for i in (0, 1))
        assert (before, after) == ("Layer 1", "DeFi")
        assert self.sectors(FIRST + 3 * DAY) == {"DeFi"}

    def test_who_comes_back_has_been_away(self) -> None:
        for day, lines in enumerate([self.BOTH, self.BOTH[:1], self.BOTH]):
            assign_memberships(lines, now=FIRST + day * DAY, is_complete=True)
        defi = SectorMapping.objects.filter(sector__name="DeFi").order_by("pk").values_list("valid_from", "valid_to")
        assert list(defi) == [(None, FIRST + DAY), (FIRST + 2 * DAY, None)]

    def test_a_clock_that_went_back(self) -> None:
        assign_memberships(self.BOTH[:1], now=FIRST)
        assign_memberships(self.BOTH, now=FIRST + DAY)
        assert assign_memberships(self.BOTH[:1], now=FIRST, is_complete=True).changed == 1
        assert SectorMapping.objects.filter(valid_to__gt=FIRST + DAY).count() == 1


class TestAtAMoment:
    def test_members_by_period(self) -> None:
        sector = SectorFactory()
        stays, comes, leaves = AssetFactory(), AssetFactory(), AssetFactory()
        SectorMappingFactory(asset=stays, sector=sector)
        SectorMappingFactory(asset=comes, sector=sector, valid_from=FIRST + DAY)
        SectorMappingFactory(asset=leaves, sector=sector, valid_to=FIRST + DAY)
        found = members_of([leaves.pk, comes.pk, stays.pk], FIRST + 3 * DAY)[0]
        assert found.columns.tolist() == [0, 1, 2]
        assert found.share.tolist() == [[1, 0, 1], [0, 1, 1], [0, 1, 1]]
        assert found.present.tolist() == [1, 2]

    def test_an_asset_of_two_sectors_counts_once_in_all(self) -> None:
        both, alone, part = AssetFactory(), AssetFactory(), AssetFactory()
        one, other = SectorFactory(name="A"), SectorFactory(name="B")
        SectorMappingFactory(asset=both, sector=one)
        SectorMappingFactory(asset=both, sector=other, weight=Decimal("0.5"), valid_from=FIRST + DAY)
        SectorMappingFactory(asset=alone, sector=one)
        SectorMappingFactory(asset=part, sector=other, weight=Decimal("0.25"))
        first, second = members_of([both.pk, alone.pk, part.pk], FIRST + 3 * DAY)
        assert first.share[:, 0].tolist() == [1, 1 / 1.5, 1 / 1.5]
        assert second.share[:, 0].tolist() == [0, 0.5 / 1.5, 0.5 / 1.5]
        assert first.share[:, 1].tolist() == [1, 1, 1]
        assert second.share[:, 1].tolist() == [0.25] * 3

    def test_a_stablecoin_counts_among_its_like_only(self) -> None:
        ensure_sectors()
        dollar = AssetFactory(asset_type="stablecoin")
        for name in ("DeFi", "Stablecoins"):
            SectorMappingFactory(asset=dollar, sector=Sector.objects.get(name=name))
        found = members_of([dollar.pk], FIRST + 3 * DAY, frozenset({dollar.pk}))
        assert [members.sector.name for members in found] == ["Stablecoins"]
        assert found[0].share.tolist() == [[1], [1], [1]]

    def test_what_comes_later_is_not_known(self) -> None:
        asset = AssetFactory()
        SectorMappingFactory(asset=asset, valid_from=FIRST + 9 * DAY, is_primary_sector=True)
        assert members_of([asset.pk], FIRST + 3 * DAY) == []
        assert primary_sectors([asset.pk], FIRST + 3 * DAY) == {}
        assert asset.pk in primary_sectors([asset.pk], FIRST + 9 * DAY)

    def test_a_sector_out_of_use_is_left_out(self) -> None:
        asset = AssetFactory()
        SectorMappingFactory(asset=asset, sector__is_active=False)
        assert members_of([asset.pk], FIRST + 3 * DAY) == []
