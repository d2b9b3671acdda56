"""Signals: the rules claim what a walk in time would give and prove nothing; a version in force makes them actionable
where what it says pays after costs."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from aimodels.choices import ModelType
from aimodels.compute.calibration import Calibration
from aimodels.compute.forecaster import Forecaster, answer, to_artefact
from aimodels.compute.learners import Learned
from aimodels.models import AIModel, ModelActivation
from aimodels.services import serving
from aimodels.services.artefacts import keep_artefact
from aimodels.services.registry import TrainedModel, ensure_rules, register_trained
from assets.models import Asset
from assets.selectors import market_view
from selection.services import add_to_watchlist
from system.models import PipelineRun
from tests.factories import AdminFactory, AssetFactory, MetricsSnapshotFactory, WatchlistFactory, add_candles
from trading.choices import SignalQuality, SignalStatus
from trading.compute.features import GENERATION, NAMES
from trading.compute.signals import Plan
from trading.compute.sizing import (
    Evidence,
    Sizing,
    is_proven,
    least_expected_value,
    measured_chance,
    position_share,
)
from trading.models import AITradingSignal
from trading.rules import TIMING_RULES, timing_name
from trading.services import generate_signals, track_signals
from trading.services.chances import setup_features
from trading.services.setups import Layers, candles_of, limits_of
from trading.services.signal_rows import setup_of, signal_context

DAYS, COINS = 160, 8
END = datetime(2024, 6, 30, tzinfo=UTC)


def store_market(seed: int = 11) -> list[Asset]:
    """Coins that rise together, so that most have a plan."""
    generator = np.random.default_rng(seed)
    common = 0.006 + 0.01 * generator.standard_normal(DAYS)
    coins = []
    for symbol in ["BTC", "ETH", *(f"UP{place}" for place in range(COINS - 2))]:
        asset: Asset = AssetFactory(symbol=symbol)
        closes = 50 * np.exp(np.cumsum(common + 0.02 * generator.standard_normal(DAYS)))
        add_candles(asset, closes.round(6), timeframe="1d", first=END - DAYS * timedelta(days=1))
        coins.append(asset)
    return coins


@pytest.fixture(scope="module")
def stored(module_rows: Any) -> list[Asset]:
    """A market whose coins are on a list."""
    with module_rows():
        coins, admin = store_market(), AdminFactory()
        watchlist = WatchlistFactory(user=admin)
        for coin in coins:
            add_to_watchlist(watchlist, coin, actor=admin, at=END - timedelta(days=1))
        ensure_rules(TIMING_RULES)
    return coins


@pytest.fixture
def followed(db: None, stored: list[Asset]) -> Iterator[list[Asset]]:
    serving.forget()
    yield deepcopy(stored)
    serving.forget()


def signals() -> list[AITradingSignal]:
    run = PipelineRun.objects.create(series="live", timeframe="1d", as_of=END)
    return generate_signals(MetricsSnapshotFactory(snapshot_time=END, timeframe="1d"), None, run=run).rows


def in_force(weight: float, tested: int | None = 500) -> AIModel:
    """A version that says the more the higher ``weight`` is."""
    count = len(NAMES)
    learned = Learned(
        "logistic",
        NAMES,
        (),
        {"weights": np.full(count, 1e-3), "means": np.zeros(count), "intercept": np.asarray(weight)},
        {},
    )
    arrays, meta = to_artefact(
        Forecaster(learned, Calibration("none", np.empty(0), np.empty(0)), (), None, None, np.zeros((60, count)))
    )
    model = register_trained(
        TrainedModel(
            name=timing_name("1d"), version=f"{weight}", model_type=ModelType.TIMING, target="target_before_stop",
            path=keep_artefact(arrays, meta), trained_from=END - timedelta(days=900),
            trained_until=END - timedelta(days=60), samples=1000, metrics={},
            configuration={"generation": GENERATION, "horizon_hours": 168},
        )
    )  # fmt: skip
    model.training_data_range = (model.training_data_range or {}) | ({"test_samples": tested} if tested else {})
    model.save()
    ModelActivation.objects.create(model=model, valid_from=END - timedelta(days=30), evidence={})
    return model


class TestByRules:
    def test_prove_nothing_and_claim_the_chance_in_time(self, followed: list[Asset]) -> None:
        found = signals()
        assert 0 < len(found) <= len(followed)
        for signal in found:
            analysis: dict[str, Any] = signal.ai_analysis or {}
            assert not analysis["is_proven"]
            assert signal.signal_quality == SignalQuality.LOW
            assert (signal.risk_management or {})["max_position_size_pct"] == 0
            assert 0 <= float(signal.confidence_score) < analysis["martingale_chance"]
            assert signal.ai_model.name == TIMING_RULES.name
            assert analysis["contributions"] == []


class TestOneOfAKind:
    """What lives is judged by the ends that were known at the moment of the run, not by what is known today."""

    def made(self, days: int) -> dict[int, AITradingSignal]:
        as_of = END + timedelta(days=days)
        track_signals(as_of, timeframe="1d")
        run = PipelineRun.objects.create(series="live", timeframe="1d", as_of=as_of)
        found = generate_signals(MetricsSnapshotFactory(snapshot_time=as_of, timeframe="1d"), None, run=run)
        self.reasons = found.reasons
        return {row.asset_id: row for row in found.rows}

    def add_day(self, coins: list[Asset], day: int, factor: float) -> None:
        """A day on which every price goes to so much of what it was."""
        for coin in coins:
            last = coin.candles.get(candle_time=END + timedelta(days=day - 1)).close_price
            add_candles(coin, [float(last) * factor], timeframe="1d", first=END + timedelta(days=day))

    def test_one_that_lives_is_the_only_one_and_an_ended_one_makes_room(self, followed: list[Asset]) -> None:
        first = self.made(0)
        self.add_day(followed, 0, 1.0)
        assert not first.keys() & self.made(1).keys()
        assert self.reasons["one of its kind lives"] >= len(first)
        self.add_day(followed, 1, 2.0)
        self.made(2)
        ended = {row.asset_id for row in AITradingSignal.objects.filter(pk__in=[one.pk for one in first.values()])
                 if row.status == SignalStatus.EXECUTED}  # fmt: skip
        assert ended == first.keys(), "all reached their targets"
        assert first.keys() & {
            row.asset_id for row in AITradingSignal.objects.filter(run__as_of=END + timedelta(days=2))
        }

    def test_one_that_an_admin_withdrew_makes_room_from_then_on(self, followed: list[Asset]) -> None:
        first = self.made(0)
        self.add_day(followed, 0, 1.0)
        kept, *others = first.values()
        AITradingSignal.objects.filter(pk=kept.pk).update(
            status=SignalStatus.CANCELLED, withdrawn_at=END + timedelta(days=1)
        )
        assert others
        assert self.made(1).keys() & first.keys() == {kept.asset_id}

    def test_a_run_of_the_past_sees_what_lived_then(self, followed: list[Asset]) -> None:
        first = self.made(0)
        self.add_day(followed, 0, 1.0)
        self.add_day(followed, 1, 2.0)
        track_signals(END + timedelta(days=2), timeframe="1d")
        assert not AITradingSignal.objects.filter(status=SignalStatus.ACTIVE).exists()
        assert not first.keys() & self.made(1).keys(), "they lived then, though they are over today"

    @pytest.mark.usefixtures("followed")
    def test_a_level_that_carries_a_plan_invalidates_it_before_its_stop(self) -> None:
        rules = 0
        for signal in self.made(0).values():
            for rule in signal.invalidation_criteria or []:
                rules += 1
                assert rule["condition"]["close"] == "below"
                assert signal.stop_loss is not None
                assert signal.entry_price is not None
                assert float(signal.stop_loss) < rule["condition"]["price"] < float(signal.entry_price)
        assert rules


@pytest.mark.usefixtures("followed")
class TestByVersion:
    def test_a_chance_that_pays_is_actionable(self) -> None:
        model = in_force(1.0)
        found = signals()
        assert found
        for signal in found:
            analysis: dict[str, Any] = signal.ai_analysis or {}
            assert signal.ai_model == model
            assert analysis["is_proven"]
            assert analysis["record"] == {"n": 0, "wins": 0, "expected": 0, "version": str(model), "tested": 500}
            assert analysis["expected_value_at_least_pct"] > 0
            assert len(analysis["contributions"]) == 6
            assert signal.signal_quality in (SignalQuality.MEDIUM, SignalQuality.HIGH)
            management = signal.risk_management or {}
            assert management["position_sizing_method"] == "fractional_kelly"
            assert 0 < management["max_position_size_pct"] <= 10
            assert analysis["martingale_chance"] == pytest.approx(
                float(
                    (signal.entry_price - signal.stop_loss) / (signal.target_price - signal.stop_loss)  # type: ignore[operator]
                ),
                abs=1e-6,
            )

    def test_the_chance_is_the_versions_of_the_same_features(self) -> None:
        model = in_force(1.0)
        by_asset = {signal.asset_id: float(signal.confidence_score) for signal in signals()}
        view = market_view("1d", END)
        run = PipelineRun.objects.get(as_of=END)
        context = signal_context(view, MetricsSnapshotFactory(timeframe="1h"), None, run, "live")
        setups = {asset_id: setup_of(context, asset_id) for asset_id in by_asset}
        rows = setup_features(view, setups)  # type: ignore[arg-type]
        told = answer(serving.stored_forecaster(model.model_file_path or ""), rows, np.ones(len(rows)))
        assert list(by_asset.values()) == pytest.approx(told.chances.tolist(), abs=5e-5)

    @pytest.mark.parametrize(("weight", "tested"), [(-3.0, 500), (1.0, None)])
    def test_what_does_not_pay_or_was_not_measured_stays_unproven(self, weight: float, tested: int | None) -> None:
        in_force(weight, tested)
        found = signals()
        assert len(found) > 0
        assert not any((signal.ai_analysis or {})["is_proven"] for signal in found)
        assert {signal.signal_quality for signal in found} == {SignalQuality.LOW}
        assert {(signal.risk_management or {})["max_position_size_pct"] for signal in found} == {0}

    def test_one_made_for_other_features_does_not_serve(self) -> None:
        model = in_force(1.0)
        stored = serving.stored_forecaster(model.model_file_path or "")
        other = replace(stored, direction=replace(stored.direction, names=(*NAMES[:-1], "another")))
        arrays, meta = to_artefact(other)
        AIModel.objects.filter(pk=model.pk).update(model_file_path=keep_artefact(arrays, meta))
        assert {signal.ai_model.name for signal in signals()} == {TIMING_RULES.name}

    def test_one_of_another_generation_does_not_serve(self) -> None:
        in_force(1.0)
        AIModel.objects.filter(name=timing_name("1d")).update(configuration={"generation": "1"})
        assert {signal.ai_model.name for signal in signals()} == {TIMING_RULES.name}

    def test_one_that_was_given_some_of_the_features_is_given_those(self) -> None:
        model = in_force(1.0)
        stored = serving.stored_forecaster(model.model_file_path or "")
        some = [3, 1, 7]
        direction = replace(
            stored.direction,
            names=tuple(NAMES[place] for place in some),
            arrays={"weights": np.array([0.1, -0.2, 0.3]), "means": np.zeros(3), "intercept": np.asarray(0.5)},
        )
        part = replace(stored, direction=direction, reference=np.zeros((1, 3)))
        AIModel.objects.filter(pk=model.pk).update(model_file_path=keep_artefact(*to_artefact(part)))
        by_asset = {signal.asset_id: float(signal.confidence_score) for signal in signals()}
        view = market_view("1d", END)
        context = signal_context(view, MetricsSnapshotFactory(timeframe="1h"), None, PipelineRun.objects.get(), "live")
        rows = setup_features(view, {asset_id: setup_of(context, asset_id) for asset_id in by_asset})  # type: ignore[misc]
        told = answer(part, rows[:, some], np.ones(len(rows)))
        assert list(by_asset.values()) == pytest.approx(told.chances.tolist(), abs=5e-5)
        assert len(set(by_asset.values())) > 1


SIZING = Sizing(cost=0.003, kelly_share=0.25, max_risk=0.01, max_position=0.10)


class TestWorth:
    def test_by_hand(self) -> None:
        plan = Plan(100, 120, 90, 2.0)
        assert least_expected_value(plan, 0.5, 0.003) == pytest.approx(0.5 * 0.2 - 0.5 * 0.1 - 0.003)
        win, loss = 0.197, 0.103
        bet = 0.5 - 0.5 * loss / win
        assert position_share(plan, 0.5, Sizing(0.003, 0.02, 1, 1)) == pytest.approx(0.02 * bet / loss)

    def test_bounds(self) -> None:
        plan = Plan(100, 120, 90, 2.0)
        assert position_share(plan, 0.5, SIZING) == pytest.approx(0.01 / 0.103)
        assert position_share(Plan(100, 102, 99, 2.0), 0.9, SIZING) == 0.10
        assert position_share(plan, 0.3, SIZING) == 0.0
        assert position_share(Plan(100, 100.2, 99.9, 2.0), 0.99, SIZING) == 0.0

    def test_a_short_is_worth_its_mirror(self) -> None:
        assert least_expected_value(Plan(100, 80, 110, 2.0), 0.4, 0.003) == pytest.approx(
            least_expected_value(Plan(100, 120, 90, 2.0), 0.4, 0.003)
        )


class TestMeasuredChance:
    PLAN = Plan(100, 120, 90, 2.0)
    EVEN = (0.1 + 0.003) / 0.3

    def chance(self, told: float, found: Evidence, tested: int = 0) -> float:
        return measured_chance(self.PLAN, told, found, tested, 0.003)

    def test_without_evidence_nothing_is_won_and_nothing_put_in(self) -> None:
        assert self.chance(0.9, Evidence()) == pytest.approx(self.EVEN)
        assert position_share(self.PLAN, self.chance(0.9, Evidence()), SIZING) == pytest.approx(0, abs=1e-12)

    def test_by_hand(self) -> None:
        fair = 0.4 * (60 + 50) / (40 + 50)
        assert self.chance(0.4, Evidence(100, 60, 40.0)) == pytest.approx(self.EVEN + (fair - self.EVEN) * 100 / 150)
        assert self.chance(0.6, Evidence(), tested=450) == pytest.approx(self.EVEN + (0.6 - self.EVEN) * 0.9)

    def test_more_of_the_same_evidence_comes_nearer_to_it(self) -> None:
        told = [self.chance(0.4, Evidence(n, n // 2, 0.4 * n)) for n in (0, 20, 200, 2000)]
        assert told == sorted(told)
        assert told[-1] == pytest.approx(0.5, abs=0.01)

    def test_a_record_below_what_was_said_takes_the_size_away(self) -> None:
        assert position_share(self.PLAN, self.chance(0.5, Evidence(), tested=500), SIZING) > 0
        assert position_share(self.PLAN, self.chance(0.5, Evidence(300, 60, 150.0), tested=500), SIZING) == 0

    def test_a_record_proves_itself_beyond_chance_only(self) -> None:
        assert not is_proven(Evidence(99, 99, 10.0)), "too few"
        assert not is_proven(Evidence(100, 45, 40.0)), "by chance"
        assert is_proven(Evidence(100, 60, 40.0))


def test_layers_without_a_regime_say_nothing_of_it(followed: list[Asset]) -> None:
    view = market_view("1d", END)
    run = PipelineRun.objects.create(series="live", timeframe="1d", as_of=END)
    context = signal_context(view, MetricsSnapshotFactory(snapshot_time=END), None, run, "live")
    assert isinstance(context.layers, Layers)
    around = context.layers.around(followed[0].pk)
    assert np.isnan(around.mood)
    assert np.isnan(around.outlook)
    assert limits_of(context.limits).min_confluence == 3
    assert candles_of(view, followed[0].pk) is not None
