"""Default lists are filled while nobody has put anything on them; from then on the system leaves them alone."""

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from accounts.services import ensure_system_user
from aimodels.services import ensure_rules
from assets.models import Asset
from macro.models import MetricsSnapshot
from selection.models import Watchlist
from selection.rules import ASSET_RULES
from selection.selectors import members
from selection.services import add_to_watchlist, ensure_default_watchlists, fill_empty_lists, suggest, suggestions
from selection.services.watchlists import limit
from system.models import AuditLog, SystemConfigHistory
from tests.factories import (
    AdminFactory,
    AssetFactory,
    EntryFactory,
    MetricsSnapshotFactory,
    PipelineRunFactory,
    add_candles,
)
from tests.factories.base import EPOCH
from tests.selection.test_admin_review_race import at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AS_OF = EPOCH + 10 * DAY


@pytest.fixture
def tiers() -> dict[str, Watchlist]:
    return default_tiers()


def default_tiers() -> dict[str, Watchlist]:
    """The default lists, with room for two coins on the first."""
    ensure_system_user()
    ensure_rules(ASSET_RULES)
    ensure_default_watchlists()
    Watchlist.objects.filter(tier="tier1").update(max_assets=2)
    return {str(watchlist.tier): watchlist for watchlist in Watchlist.objects.all()}


def coins(*symbols: str, source: str = "coingecko", days: int = 10) -> list[Asset]:
    """Coins with a candle on each of the first days; the first coin is the most traded."""
    found: list[Asset] = [AssetFactory(symbol=symbol, data_source=source) for symbol in symbols]
    for place, asset in enumerate(found):
        add_candles(asset, [100] * days, volume=1000 - place)
    return found


def fill(days: int = 10, series: str = "live") -> int:
    at = EPOCH + days * DAY
    snapshot = MetricsSnapshot.objects.filter(snapshot_time=at).first() or MetricsSnapshotFactory(snapshot_time=at)
    return fill_empty_lists(snapshot, series=series)


def symbols(watchlist: Watchlist) -> list[str]:
    return list(watchlist.entries.order_by("sort_order").values_list("asset__symbol", flat=True))


def test_empty_lists_are_filled_once(tiers: dict[str, Watchlist]) -> None:
    coins("A", "B", "C")
    assert (fill(), fill(9)) == (2, 2)
    assert (fill(), fill(9)) == (0, 0)
    assert (symbols(tiers["tier1"]), symbols(tiers["tier2"])) == (["A", "B"], ["C"])


def test_a_curated_list_of_coins_without_fresh_candles_stays(tiers: dict[str, Watchlist]) -> None:
    (quiet,) = coins("QUIET", days=2)
    entry = add_to_watchlist(tiers["tier1"], quiet, actor=AdminFactory(), notes="mine", at=AS_OF - 2 * DAY)
    coins("A")
    assert fill() == 1
    entry.refresh_from_db()
    assert (symbols(tiers["tier1"]), entry.notes) == (["QUIET"], "mine")


def test_paused_entries_count(tiers: dict[str, Watchlist]) -> None:
    EntryFactory(watchlist=tiers["tier1"], asset=AssetFactory(symbol="PAUSED"), is_active=False)
    coins("A")
    assert fill() == 1
    assert symbols(tiers["tier1"]) == ["PAUSED"]


def test_a_copy_of_a_replay_is_filled_whatever_the_list_holds_today(tiers: dict[str, Watchlist]) -> None:
    (coin,) = coins("A")
    EntryFactory(watchlist=tiers["tier1"], asset=AssetFactory(symbol="TODAY"))
    assert (fill(series="replay"), fill(series="replay")) == (1, 0)  # nothing is left for the second list
    assert [m.asset_id for m in members(tiers["tier1"], AS_OF, "replay")] == [coin.pk]
    assert symbols(tiers["tier1"]) == ["TODAY"]


class TestMarkets:
    def test_the_demo_market_gives_way_to_the_real_one(self, tiers: dict[str, Watchlist]) -> None:
        coins("BTC-DEMO", "ETH-DEMO", "SOL-DEMO", source="demo")
        assert fill(9) == 2
        coins("BTC", "ETH", "SOL")
        assert fill() == 2
        assert (symbols(tiers["tier1"]), symbols(tiers["tier2"])) == (["BTC", "ETH"], ["SOL"])

    def test_a_real_coin_keeps_its_list(self, tiers: dict[str, Watchlist]) -> None:
        """One that a person has put there says that the list is curated, paused or not."""
        (demo,) = coins("BTC-DEMO", source="demo")
        EntryFactory(watchlist=tiers["tier1"], asset=AssetFactory(symbol="OLD"), is_active=False)
        add_to_watchlist(tiers["tier1"], demo, actor=AdminFactory(), at=EPOCH)
        coins("BTC")
        assert fill() == 1
        assert symbols(tiers["tier1"]) == ["OLD", "BTC-DEMO"]

    def test_the_real_market_never_gives_way_to_the_demo_one(self, tiers: dict[str, Watchlist]) -> None:
        """Real candles that are late leave the demo market to run alone: it neither fills nor suggests."""
        real = coins("BTC", "ETH", "SOL", days=3)
        for coin, tier in zip(real, ("tier1", "tier1", "tier2"), strict=True):
            add_to_watchlist(tiers[tier], coin, actor=AdminFactory(), at=EPOCH)
        for place in range(8):
            add_candles(AssetFactory(symbol=f"D{place}-DEMO", data_source="demo"), range(100, 220 + place), first=EPOCH)
        run = PipelineRunFactory(as_of=EPOCH + 120 * DAY)
        snapshot = MetricsSnapshotFactory(snapshot_time=run.as_of)
        assert fill_empty_lists(snapshot) == 0
        assert (symbols(tiers["tier1"]), symbols(tiers["tier2"])) == (["BTC", "ETH"], ["SOL"])
        found = suggest(snapshot, run=run)
        assert (found.candidates > 0, found.above_threshold, found.rows) == (True, 0, [])


class TestLimits:
    @pytest.fixture(autouse=True)
    def lowered(self) -> None:
        """A limit of one coin until a day before the newest moment; of two since then."""
        value = {"tier1_max": 1, "tier2_max": 1, "personal_max": 1, "personal_lists_max": 1}
        rows = [(value, EPOCH, AS_OF - DAY), (value | {"tier1_max": 2}, AS_OF - DAY, None)]
        for stored, start, end in rows:
            SystemConfigHistory.objects.create(key="watchlist_limits", value=stored, valid_from=start, valid_to=end)

    def test_a_past_moment_has_its_own(self, tiers: dict[str, Watchlist]) -> None:
        tiers["tier1"].max_assets = None
        assert [limit(tiers["tier1"], AS_OF - days * DAY) for days in (2, 1, 0)] == [1, 2, 2]

    @pytest.mark.parametrize("series", ["live", "replay"])
    def test_lists_are_filled_up_to_it(self, tiers: dict[str, Watchlist], series: str) -> None:
        Watchlist.objects.update(max_assets=None)
        coins("A", "B", "C")
        fill(8, series)
        then = AS_OF - 2 * DAY
        assert [len(members(tiers[tier], then, series)) for tier in ("tier1", "tier2")] == [1, 1]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_two_runs_one_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have seen empty lists before either has filled them, if nothing keeps them apart."""
    tiers = default_tiers()
    coins("A", "B", "C")
    snapshots = [MetricsSnapshotFactory(snapshot_time=AS_OF, timeframe="1d")] * 2
    meeting, by_liquidity = threading.Barrier(2), suggestions._by_liquidity

    def after_the_other(view: Any) -> list[int]:
        with suppress(threading.BrokenBarrierError):  # alone, where the other one waits for the lock
            meeting.wait(1)
        return by_liquidity(view)

    monkeypatch.setattr(suggestions, "_by_liquidity", after_the_other)
    filled = at_once([lambda one=one: fill_empty_lists(one) for one in snapshots])
    assert sorted(filled) == [0, 2]
    assert (symbols(tiers["tier1"]), symbols(tiers["tier2"])) == (["A", "B"], ["C"])
    assert AuditLog.objects.filter(table_name="watchlists", new_values__reason="empty").count() == 2
