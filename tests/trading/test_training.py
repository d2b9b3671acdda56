"""What the timing is trained on: the plans that live runs would have made, and how they ended."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aimodels.compute.boosting import Stopped
from aimodels.compute.gates import Gate
from aimodels.models import AIModel
from aimodels.services.registry import ensure_rules
from aimodels.services.subjects import Subject
from assets.models import Asset, PriceData
from assets.selectors import market_view, moment
from assets.selectors.market import BARS
from assets.selectors.panel import CandlePanel
from cryptopredict.watching import watch_models
from macro.compute.regime.scorecard import REGIMES
from macro.rules import REGIME_RULES
from macro.services.judging import judge_market
from sectors.selectors import sector_market
from sectors.selectors.members import primary_sectors
from sectors.services.figures import Figures
from sectors.services.rows import outlook
from selection.services import standing
from system.exceptions import InvalidInput, NoData
from system.services import setting
from tests.factories import AssetFactory, SectorFactory, SectorMappingFactory, add_candles
from tests.trading.test_signals import DAYS, END, in_force, store_market
from trading.compute.features import NAMES, Setup, setup
from trading.rules import horizon_candles, timing_name
from trading.services import past_plans as past_plans_module
from trading.services.chances import setup_features
from trading.services.market_walk import MarketWalk, rows_of
from trading.services.past_plans import past_plans
from trading.services.plan_proofs import PLAN, plan_proofs, plans_at
from trading.services.setups import Layers, candles_of, limits_of, mood_of, outlook_of
from trading.services.training import base_rates, material, subjects

pytestmark = [pytest.mark.django_db, pytest.mark.long]
DAY = timedelta(days=1)
HISTORY = 24


@pytest.fixture(scope="module")
def stored(module_rows: Any) -> list[Asset]:
    with module_rows():
        return stored_coins()


@pytest.fixture
def coins(db: None, stored: list[Asset]) -> list[Asset]:
    return deepcopy(stored)


def stored_coins() -> list[Asset]:
    """A market with two sectors and a coin that dies."""
    found = store_market()
    sectors = [SectorFactory(name="One"), SectorFactory(name="Two")]
    for place, coin in enumerate(found):
        SectorMappingFactory(asset=coin, sector=sectors[place % 2], is_primary_sector=True)
    dead: Asset = AssetFactory(symbol="DEAD")
    closes = 20 * np.exp(np.cumsum(0.004 + 0.02 * np.random.default_rng(2).standard_normal(DAYS - 12)))
    add_candles(dead, closes.round(6), timeframe="1d", first=END - DAYS * DAY)
    ensure_rules(REGIME_RULES)
    return [*found, dead]


def trained() -> Subject:
    return material(timing_name("1d"), END, history=HISTORY)


@pytest.mark.usefixtures("coins")
class TestPlans:
    def test_are_those_of_a_live_run(self) -> None:
        """At three moments, each plan and its features are what a run of that moment makes, from a view of its own."""
        limits = limits_of(setting("signals", END))
        found = past_plans("1d", END, limits, history=HISTORY)
        checked = 0
        for row in np.unique(found.rows)[[0, 9, -1]].tolist():
            view = market_view("1d", moment(found.panel.times[row]) + DAY)
            market = sector_market(view)
            assert market is not None
            words = dict(zip(market.names, Figures(market).words[-1].tolist(), strict=True))
            primary = primary_sectors(view.universe.free, view.as_of)
            outlooks = {one: outlook_of(outlook(words[sector.name])) for one, sector in primary.items()}
            mood = mood_of(REGIMES[int(judge_market(view).states[-1])])
            layers = Layers(standing(view), mood, outlooks)
            live: dict[int, Setup] = {}
            for asset_id in view.universe.free:
                candles = candles_of(view, asset_id)
                one = candles if isinstance(candles, str) else setup(candles, layers.around(asset_id), limits)
                if isinstance(one, Setup):
                    live[asset_id] = one
            own = np.flatnonzero(found.rows == row)
            assert found.asset_ids[own].tolist() == list(live)
            assert found.features[own] == pytest.approx(setup_features(view, live), rel=1e-9, nan_ok=True)
            assert found.stop[own].tolist() == [one.plan.stop for one in live.values()]
            checked += len(live)
        assert checked > 5

    def test_end_as_their_candles_say(self, coins: list[Asset]) -> None:
        """Also those of the coin that died meanwhile."""
        found = past_plans("1d", END, limits_of(setting("signals", END)), history=HISTORY)
        assert coins[-1].pk in found.asset_ids
        horizon = horizon_candles("1d")
        for place in range(0, len(found.rows), 3):
            time = moment(found.panel.times[found.rows[place]])
            rows = PriceData.objects.filter(
                asset=found.asset_ids[place], candle_time__gt=time, candle_time__lte=time + horizon * DAY
            ).order_by("candle_time")
            side, kind = found.directions[place], "expiry"
            for one in rows:
                best, worst = (one.high_price, one.low_price) if side > 0 else (one.low_price, one.high_price)
                if side * (float(worst) - found.stop[place]) <= 0:
                    kind = "stop"
                elif side * (float(best) - found.target[place]) >= 0:
                    kind = "target"
                if kind != "expiry":
                    break
            else:
                kind = "expiry" if len(rows) == horizon else "unknown"
            assert found.endings.kind[place] == ["stop", "target", "expiry", "unknown"].index(kind)

    def test_shorter_candles_decide_a_day_that_holds_both(self) -> None:
        limits = limits_of(setting("signals", END))
        before = past_plans("1d", END, limits, history=12)
        place = int(np.flatnonzero(before.directions == 1)[0])
        day = moment(before.panel.times[before.rows[place] + 1])
        target, stop = before.target[place], before.stop[place]
        coin = before.asset_ids[place]
        both = {"high_price": round(target * 1.01, 6), "low_price": round(stop * 0.99, 6)}
        PriceData.objects.filter(asset=coin, candle_time=day, timeframe="1d").update(**both)
        assert past_plans("1d", END, limits, history=12).endings.kind[place] == 0
        closes = np.full(24, (target + stop) / 2)
        closes[5], closes[9] = target * 1.005, stop * 0.995
        add_candles(Asset.objects.get(pk=coin), closes.round(6), timeframe="1h", first=day)
        found = past_plans("1d", END, limits, history=12)
        assert (found.rows[place], found.endings.kind[place]) == (before.rows[place], 1)

    def test_what_comes_later_changes_none(self) -> None:
        limits = limits_of(setting("signals", END))
        cut = END - 8 * DAY
        with_future = past_plans("1d", cut, limits, history=HISTORY - 8)
        PriceData.objects.filter(candle_time__gte=cut).delete()
        without = past_plans("1d", cut, limits, history=HISTORY - 8)
        for name in ("asset_ids", "features", "target", "stop", "ruled"):
            assert np.array_equal(getattr(with_future, name), getattr(without, name), equal_nan=True)
        assert np.array_equal(with_future.endings.kind, without.endings.kind)

    def test_stop_when_asked(self) -> None:
        with pytest.raises(Stopped):
            past_plans("1d", END, limits_of(setting("signals", END)), history=HISTORY, stop=lambda: True)

    def test_the_demo_market_teaches_nothing(self) -> None:
        Asset.objects.update(data_source="demo")
        with pytest.raises(NoData, match="real market"):
            trained()


@pytest.mark.usefixtures("coins")
class TestProofs:
    """They take the training's own way, so what is planted there is found."""

    def test_hold(self) -> None:
        assert trained().proofs == []

    def test_a_candle_too_many_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def one_later(walk: MarketWalk, row: int) -> CandlePanel:
            return rows_of(walk.panel, max(0, row + 2 - BARS["1d"]), row + 2)

        monkeypatch.setattr(MarketWalk, "_until", one_later)
        assert {"momentum_5", "market_momentum", PLAN} <= named(Gate.LOOK_AHEAD)

    def test_outlooks_of_tomorrow_are_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An up or down of the next day, told as an outlook of today."""

        class Tomorrow(Figures):
            @property
            def words(self) -> NDArray[np.int8]:
                rises = np.sign(np.diff(self.market.level, axis=0, append=self.market.level[-1:]))
                return np.nan_to_num(rises).astype(np.int8)

        monkeypatch.setattr("trading.services.market_walk.Figures", Tomorrow)
        assert "sector_agrees" in named(Gate.LOOK_AHEAD)

    def test_a_figure_that_needs_all_of_the_past_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No live run would ever tell it."""

        class Endless(Figures):
            @property
            def words(self) -> NDArray[np.int8]:
                counted = np.arange(len(self.market.level))[:, None] // 2 % 2
                return np.broadcast_to(np.where(counted, 1, -1), self.market.level.shape).astype(np.int8)

        monkeypatch.setattr("trading.services.market_walk.Figures", Endless)
        monkeypatch.setitem(BARS, "1d", 101)
        assert named(Gate.LOOK_AHEAD) == set()
        assert "sector_agrees" in named(Gate.WARM_UP)

    def test_a_proof_of_nothing_is_none(self) -> None:
        limits = limits_of(setting("signals", END))
        walk = MarketWalk("1d", END, HISTORY, horizon_candles("1d"))
        empty = replace(plans_at(walk, 0, limits), asset_ids=np.empty(0, dtype=np.int64))
        found = plan_proofs(walk, [empty] * len(walk), limits)
        assert [(one.gate, one.subject) for one in found] == [(Gate.LOOK_AHEAD, PLAN)]


def named(gate: Gate) -> set[str]:
    """What the proofs name for a gate."""
    return {one.subject for one in trained().proofs if one.gate == gate}


class TestMaterial:
    @pytest.mark.usefixtures("coins")
    def test_is_whole(self) -> None:
        subject = trained()
        found = subject.material
        samples = found.samples
        assert [key.name for key in subjects("1d")] == [subject.name]
        assert samples.features.shape == (len(samples.outcomes), len(NAMES))
        assert sorted(name for part in found.groups.values() for name in part) == sorted(NAMES)
        assert np.isfinite(samples.features[:, NAMES.index("walk_log_odds")]).all()
        assert ((found.rules > 0) & (found.rules < 1) & (found.naive > 0) & (found.naive < 1)).all()
        assert subject.until == END
        assert moment(int(samples.times.max()) * 86_400) == END - horizon_candles("1d") * DAY
        assert (np.diff(samples.times) >= 0).all()
        assert subject.proofs == []
        assert set(samples.outcomes.tolist()) == {0, 1}

    def test_no_such_model(self) -> None:
        with pytest.raises(InvalidInput):
            material("timing_target_2d", END)


def test_its_features_are_watched(coins: list[Asset], monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the plans of the last month, as training sees them."""
    model = in_force(1.0)
    AIModel.objects.filter(pk=model.pk).update(is_active=True)
    monkeypatch.setitem(past_plans_module.HISTORY, "1d", HISTORY)
    (found,) = watch_models(END)
    assert (found.model, found.skill) == (model, None)
    assert found.shift is not None
    assert found.shift.indices.keys() == set(NAMES)
    assert found.shift.windows == 0


class TestBaseRates:
    def test_only_ends_that_were_known(self) -> None:
        reached = np.array([1, 1, 0, 1])
        found = base_rates(reached, np.array([0, 0, 2, 3]), 2)
        assert found == pytest.approx([1 / 2, 1 / 2, 3 / 4, 3 / 4])
