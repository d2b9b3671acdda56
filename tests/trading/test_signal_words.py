"""What signals say of their market and of the time that their targets need."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from accounts.models import User
from aimodels.services import ensure_rules
from assets.models import Asset
from assets.selectors import market_view
from macro.models import AIRegimeAnalysis
from selection.services import add_to_watchlist
from system.models import PipelineRun
from tests.factories import AdminFactory, AssetFactory, RegimeFactory, WatchlistFactory, add_candles
from trading.compute.features import Setup
from trading.models import AITradingSignal
from trading.rules import TIMING_RULES
from trading.services import generate_signals
from trading.services.chances import Chance
from trading.services.signal_rows import setup_of, signal_context
from trading.services.signal_words import market_words, probabilities

END = datetime(2024, 6, 30, tzinfo=UTC)
DAYS = 160


def regime(**columns: Any) -> AIRegimeAnalysis:
    given = {"current_regime": "Bull", "regime_confidence": Decimal("0.8")} | columns
    return AIRegimeAnalysis(**given)


@pytest.mark.parametrize(
    ("score", "level"), [("0.29", "low"), ("0.30", "medium"), ("0.69", "medium"), ("0.70", "high")]
)
def test_how_much_the_market_moves(score: str, level: str) -> None:
    assert market_words(regime(volatility_regime_score=Decimal(score)))[0]["volatility_level"] == level


@pytest.mark.parametrize(
    ("surge", "profile"), [("0.79", "below_average"), ("0.8", "normal"), ("1.2", "normal"), ("1.21", "above_average")]
)
def test_how_much_is_traded(surge: str, profile: str) -> None:
    assert market_words(regime(volume_surge_ratio=Decimal(surge)))[0]["volume_profile"] == profile


def test_what_is_not_known_of_the_market_has_the_reason_of_its_regime() -> None:
    told, missing = market_words(regime(validation_flags={"missing": {"volume_surge_ratio": "no volume"}}))
    assert told == {
        "regime": "Bull", "confidence": 0.8, "trend_strength": None, "volatility_level": None, "volume_profile": None,
    }  # fmt: skip
    assert missing == {"trend_strength": "not known", "volatility_level": "not known", "volume_profile": "no volume"}


@pytest.fixture(scope="module")
def followed(module_rows: Any) -> list[Asset]:
    """Coins that rise together, on a list."""
    with module_rows():
        generator, coins = np.random.default_rng(11), list[Asset]()
        common = 0.006 + 0.01 * generator.standard_normal(DAYS)
        admin: User = AdminFactory()
        watchlist = WatchlistFactory(user=admin)
        for symbol in ("BTC", "ETH", "UP1", "UP2"):
            coin = AssetFactory(symbol=symbol)
            closes = 50 * np.exp(np.cumsum(common + 0.02 * generator.standard_normal(DAYS)))
            add_candles(coin, closes.round(6), timeframe="1d", first=END - DAYS * timedelta(days=1))
            add_to_watchlist(watchlist, coin, actor=admin, at=END - timedelta(days=1))
            coins.append(coin)
        ensure_rules(TIMING_RULES)
    return coins


def signals(**columns: Any) -> list[AITradingSignal]:
    judged = RegimeFactory(
        metrics_snapshot__snapshot_time=END, metrics_snapshot__timeframe="1d", analysis_time=END, **columns
    )
    run = PipelineRun.objects.create(series="live", timeframe="1d", as_of=END)
    return generate_signals(judged.metrics_snapshot, judged, run=run).rows


@pytest.mark.django_db
@pytest.mark.usefixtures("followed")
def test_a_signal_knows_its_market_and_when_its_target_may_come() -> None:
    found = signals(
        current_regime="Bull", trend_strength_score=Decimal("0.62"), volatility_regime_score=Decimal("0.1"),
    )  # fmt: skip
    assert found
    for signal in found:
        analysis, context = signal.ai_analysis or {}, signal.market_context or {}
        assert (context["regime"], context["trend_strength"], context["volatility_level"]) == ("Bull", 0.62, "low")
        assert (context["volume_profile"], analysis["missing"]["market_context.volume_profile"]) == (None, "not known")
        chances = [analysis["probability_analysis"][name] for name in ("24h_target", "3d_target", "7d_target")]
        assert 0 <= chances[0] < chances[1] < chances[2]
        assert chances[2] == pytest.approx(float(signal.confidence_score), abs=1e-4)
        assert "walk without drift" in analysis["probability_analysis"]["before_the_end"]
        assert not [name for name in analysis["missing"] if name.startswith("probability_analysis")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("timeframe", "claimed", "missing"),
    [
        ("1h", "24h_target", {"3d_target": "the plan lives 24 hours", "7d_target": "the plan lives 24 hours"}),
        ("4h", "3d_target", {"7d_target": "the plan lives 72 hours"}),
        ("1w", None, {"24h_target": "shorter than a candle", "3d_target": "shorter than a candle"}),
    ],
)
def test_a_plan_is_asked_about_its_own_life_only(
    followed: list[Asset], timeframe: str, claimed: str | None, missing: dict[str, str]
) -> None:
    snapshot = RegimeFactory(metrics_snapshot__snapshot_time=END, metrics_snapshot__timeframe="1d").metrics_snapshot
    run = PipelineRun.objects.create(series="live", timeframe="1d", as_of=END)
    context = signal_context(market_view("1d", END), snapshot, None, run, "live")
    plans = [one for asset in followed if isinstance(one := setup_of(context, asset.pk), Setup)]
    told, absent = probabilities(plans[0], Chance(context.model, 0.01, "claimed"), timeframe)
    assert absent == missing
    assert {name for name, value in told.items() if value is None} == missing.keys()
    assert all(value <= 0.01 for name, value in told.items() if name.endswith("target") and value is not None)
    assert claimed is None or told[claimed] == 0.01
