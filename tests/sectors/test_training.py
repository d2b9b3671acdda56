"""What sector models see and are trained on: by hand where it can be, the same live and in training, blind to what
comes after."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from aimodels.compute.gates import Gate
from assets.choices import Market
from assets.models import Asset, PriceData
from assets.selectors import market_view
from macro.compute.known_values import OUTSIDE, standing_at
from macro.selectors.outside import outside_lines
from sectors.compute import features as compute
from sectors.compute.features import Features, Lines, Spans, features, flow_points, levels
from sectors.compute.rotation import net_changes
from sectors.models import SectorMapping
from sectors.rules import SECTOR_PRICES, SPANS
from sectors.selectors import sector_market
from sectors.selectors.lines import lines_of, long_market
from sectors.services import training
from sectors.services.training import lift, material, proofs, subjects
from system.exceptions import InvalidInput, NoData
from tests.factories import AssetFactory, ExternalSeriesFactory, SectorFactory, SectorMappingFactory, add_candles
from tests.sectors.sector_market import store_caps

DAYS = 270
END = datetime(2024, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def store_market() -> list[Asset]:
    """Seven coins in two sectors, one of which dies, and a stablecoin."""
    generator = np.random.default_rng(8)
    common = 0.02 * generator.standard_normal(DAYS)
    sectors = [SectorFactory(name="One"), SectorFactory(name="Two")]
    coins = []
    for place, symbol in enumerate(["BTC", "ETH", "C2", "C3", "C4", "C5", "DEAD", "USDX"]):
        coin: Asset = AssetFactory(symbol=symbol, asset_type="stablecoin" if symbol == "USDX" else "crypto")
        closes = 50 * np.exp(np.cumsum(common + 0.02 * generator.standard_normal(DAYS)))
        closes = np.ones(DAYS) if symbol == "USDX" else closes[: DAYS - 40] if symbol == "DEAD" else closes
        add_candles(coin, closes.round(9), timeframe="1d", first=END - DAYS * DAY)
        if symbol != "USDX":
            SectorMappingFactory(asset=coin, sector=sectors[place % 2])
        coins.append(coin)
    return coins


def made_lines(rows: int, seed: int = 1) -> Lines:
    """Random prices, volumes and caps of five coins in two sectors that share one."""
    generator = np.random.default_rng(seed)
    close = np.exp(np.cumsum(0.03 * generator.standard_normal((rows, 5)), axis=0))
    share = np.zeros((rows, 2, 5))
    share[:, 0, :3], share[:, 1, 2:] = 1.0, 1.0
    share[:, :, 2] = 0.5
    cap = close * np.cumprod(1 + 0.01 * generator.standard_normal((rows, 5)), axis=0)
    volume = np.exp(generator.standard_normal((rows, 5)))
    return Lines(close, volume, cap, share, np.ones(5, dtype=np.bool_), 0, generator.standard_normal((rows, 5)))


SHORT = Spans(3, 7, 30, SPANS["1d"].memory)


class TestFeatures:
    def test_by_hand(self) -> None:
        lines = made_lines(200)
        found = features(lines, SHORT)
        level, spread = levels(lines), None
        value = dict(zip(found.names, found.values[-1, 0].tolist(), strict=True))
        spread = float(np.exp(value["volatility"]))
        moved = float(np.log(level[-1, 0] / level[-8, 0]))
        assert value["momentum_week"] == pytest.approx(moved / (spread * 7**0.5))
        above = lines.close[-1] > lines.close[-50:].mean(axis=0)
        assert value["breadth"] == pytest.approx(above[:3].mean())
        advancing = lines.close[-1] > lines.close[-8]
        assert value["advancing"] == pytest.approx(advancing[:3].mean())
        caps = (lines.cap * lines.share[0, 0]).sum(axis=1) / lines.cap.sum(axis=1)
        assert value["dominance_change"] == pytest.approx(np.log(caps[-1] / caps[-8]))
        returns = np.diff(np.log(level), axis=0)[-30:]
        assert value["correlation"] == pytest.approx(np.corrcoef(returns[:, 0], returns[:, -1])[0, 1])
        assert value["dxy_change"] == lines.outside[-1, OUTSIDE.index("dxy_change")]
        total = dict(zip(found.names, found.values[-1, -1].tolist(), strict=True))
        assert np.isnan([total[name] for name in ("net_inflow", "strength_week", "correlation")]).all()
        assert total["breadth"] == pytest.approx(above.mean())

    def test_flows_are_those_of_the_rotation(self) -> None:
        lines = made_lines(60)
        before, after = lines.cap[:-7], lines.cap[7:]
        before[3, 1], before[9] = np.nan, np.nan
        growth = lines.close[7:] / lines.close[:-7]
        found = flow_points(before, after, growth, lines.share[7:])
        for row in range(len(found)):
            expected = net_changes(before[row], after[row], growth[row], lines.share[7 + row])
            expected = np.full(2, np.nan) if expected is None else expected
            assert found[row] == pytest.approx(expected, abs=1e-9, nan_ok=True)
        assert np.isnan(found[9]).all()
        assert found[3].sum() == pytest.approx(0, abs=1e-9)

    def test_only_some_by_name(self) -> None:
        found = features(made_lines(180), SHORT)
        assert found.taken(("volatility", "breadth")).shape == (180, 3, 2)
        with pytest.raises(ValueError, match="not in tuple"):
            found.taken(("another",))


class TestProofs:
    def test_a_leak_and_a_longer_memory_are_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        honest = compute.features

        def dishonest(lines: Lines, spans: Spans) -> Features:
            found = honest(lines, spans)
            values = found.values.copy()
            price = np.log(lines.close[:, [0]])
            values[:-1, :, found.names.index("trend")] += price[1:] - price[:-1]
            values[:, :, found.names.index("drawdown")] += np.cumsum(price, axis=0)
            return Features(found.names, values, found.groups)

        monkeypatch.setattr(training, "features", dishonest)
        found = proofs(made_lines(SHORT.look_back + training.PROOF_ROWS), SHORT)
        assert [one.subject for one in found if one.gate == Gate.LOOK_AHEAD] == ["trend"]
        assert "drawdown" in [one.subject for one in found if one.gate == Gate.WARM_UP]


@pytest.mark.django_db
class TestLifted:
    def test_what_a_run_sees_is_what_was_trained_on(self) -> None:
        """At three moments, from a view of that moment; the coin that died then still traded."""
        coins = store_market()
        store_caps(coins[2], np.full(DAYS, 5e9), (0, 1))
        whole = long_market("1d", END, 4000)
        assert whole is not None
        assert coins[6].pk in whole.asset_ids
        trained = features(lines_of(whole), SPANS["1d"])
        for back in (0, 30, 60):
            market = sector_market(market_view("1d", END - back * DAY))
            assert market is not None
            live = features(lines_of(market), SPANS["1d"])
            assert live.names == trained.names
            assert live.values[-1] == pytest.approx(trained.values[-1 - back], rel=1e-7, abs=1e-9, nan_ok=True)
            assert levels(lines_of(market))[-1, :2] == pytest.approx(market.level[-1])

    def test_material_is_whole(self) -> None:
        store_market()
        lifted = lift("1d", END)
        assert lifted.proofs == []
        for key in subjects("1d"):
            subject = material(key.name, END, lifted=lifted)
            found = subject.material
            samples, days = found.samples, key.hours // 24
            assert (subject.until, subject.hours, samples.horizon) == (END, key.hours, days)
            assert int(samples.times.max()) * 86_400 == (END - days * DAY).timestamp()
            assert set(found.asset_ids.tolist()) == set(lifted.asset_ids.tolist())
            assert found.values is not None
            assert ((found.values.change > 0) == (samples.outcomes == 1)).all()
            assert samples.features.shape == (len(samples.outcomes), len(samples.names))
            assert sorted(name for part in found.groups.values() for name in part) == sorted(samples.names)
            row = int(np.flatnonzero(found.asset_ids == lifted.asset_ids[-1])[-1])
            assert found.values.change[row] == pytest.approx(np.log(lifted.close[-1, -1] / lifted.close[-1 - days, -1]))
            assert found.futures[row, -1] == found.values.change[row]

    def test_what_comes_later_changes_nothing(self) -> None:
        store_market()
        with_future = long_market("1d", END - 60 * DAY, 4000)
        PriceData.objects.filter(candle_time__gte=END - 60 * DAY).delete()
        without = long_market("1d", END - 60 * DAY, 4000)
        assert with_future is not None
        assert without is not None
        ours, theirs = (features(lines_of(one), SPANS["1d"]) for one in (with_future, without))
        assert np.array_equal(ours.values, theirs.values, equal_nan=True)

    def test_what_is_switched_off_today_changes_nothing(self) -> None:
        coins = store_market()
        before = long_market("1d", END, 4000)
        Asset.objects.filter(pk__in=[coins[3].pk, coins[6].pk]).update(is_active=False)
        after = long_market("1d", END, 4000)
        assert before is not None
        assert after is not None
        ours, theirs = (features(lines_of(one), SPANS["1d"]) for one in (before, after))
        assert np.array_equal(ours.values, theirs.values, equal_nan=True)

    def test_refusals(self) -> None:
        store_market()
        with pytest.raises(InvalidInput):
            material("sector_direction_1d_5h", END)
        with pytest.raises(NoData, match="import more"):
            material(SECTOR_PRICES.name("1d", 24), END - 60 * DAY)
        SectorMapping.objects.all().delete()
        with pytest.raises(NoData, match="sector"):
            lift("1d", END)


class TestOutside:
    def test_values_stand_from_when_they_were_known_until_they_are_old(self) -> None:
        observed, known = np.array([10, 20, 10, 30]), np.array([15, 26, 28, 31])
        values = np.array([1.0, 2.0, 9.0, 3.0])
        found = standing_at(np.array([14, 15, 26, 28, 31, 41, 42]), observed, known, values, oldest=11)
        assert found == pytest.approx([np.nan, 1, 2, 2, 3, 3, np.nan], nan_ok=True)

    def test_a_correction_counts_from_when_it_was_known(self) -> None:
        observed, known = np.array([10, 10]), np.array([15, 20])
        found = standing_at(np.array([15, 19, 20]), observed, known, np.array([1.0, 5.0]), oldest=100)
        assert found.tolist() == [1.0, 1.0, 5.0]

    @pytest.mark.django_db
    def test_columns(self) -> None:
        mood = ExternalSeriesFactory(code="FNG", kind="sentiment")
        for day, value in ((0, 40), (7, 55)):
            mood.values.create(observed_at=END + day * DAY, known_at=END + day * DAY, value=value)
        ends = np.array([int((END + day * DAY).timestamp()) for day in (0, 7)])
        found = outside_lines(ends, Market.REAL, END + 7 * DAY)
        column = dict(zip(OUTSIDE, found.T.tolist(), strict=True))
        assert column["fear_greed"] == [40, 55]
        assert column["fear_greed_change"] == pytest.approx([np.nan, 15], nan_ok=True)
        assert np.isnan(found[:, OUTSIDE.index("vix")]).all()
        early = outside_lines(ends[:1], Market.REAL, END - DAY)
        assert np.isnan(early).all()
