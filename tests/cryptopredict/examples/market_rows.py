"""The market of the examples: coins with candles, sectors, a look at the market and what was judged of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from assets.models import Asset
from tests import factories as make
from tests.cryptopredict.examples.world import DAY, HOUR, World

DAYS = 400
COINS = {
    "bitcoin": ("BTC", "Bitcoin", 1, "67234.56", "1325000000000", "31200000000", "19720000", "1.84"),
    "ethereum": ("ETH", "Ethereum", 2, "3480.12", "418000000000", "15400000000", "120200000", "2.41"),
    "uniswap": ("UNI", "Uniswap", 21, "9.87", "5920000000", "184000000", "599800000", "-0.62"),
}
PROBABILITIES = {
    "Bull": 0.62,
    "Accumulation": 0.2,
    "Sideways": 0.1,
    "Transition": 0.05,
    "Distribution": 0.02,
    "Bear": 0.01,
}


def add(world: World) -> None:
    for word, coin in COINS.items():
        world.rows[word] = coin_of(world, *coin)
    world.keys["assets/{id}"] = world.key("bitcoin")
    sectors(world)
    looked_at(world)
    judged(world)
    news(world)


def coin_of(world: World, symbol: str, name: str, rank: int, *figures: str) -> Asset:
    price, cap, volume, supply, change = map(Decimal, figures)
    words = name.lower()
    asset: Asset = make.AssetFactory(
        symbol=symbol,
        name=name,
        quote_currency="USDT",
        external_ids={"coingecko": words, "binance": f"{symbol}USDT"},
        links={"homepage": f"https://{words}.example"},
        description=f"{name}, as its project describes it.",
        logo_url=f"https://{words}.example/logo.png",
        market_cap=cap,
        market_cap_rank=rank,
        current_price=price,
        total_volume=volume,
        circulating_supply=supply,
        total_supply=supply,
        max_supply=Decimal(21_000_000) if symbol == "BTC" else None,
        price_change_percentage_24h=change,
        price_change_percentage_7d=change * 2,
        price_change_percentage_30d=change * 5,
        ath=price * Decimal("1.1"),
        ath_date=world.today - 75 * DAY,
        atl=price / 1000,
        atl_date=world.today - 4000 * DAY,
        data_quality_score=98,
        data_source="binance",
        last_price_update=world.now,
    )
    wave = 1 + 0.05 * np.sin(np.arange(DAYS) / 5) - 0.002 * np.arange(DAYS)[::-1]
    closes = [round(price * Decimal(str(round(float(part), 4))), 2) for part in wave / wave[-1]]
    indicators = {"RSI": {"14": 58.3}, "SMA": {"20": float(closes[-10]), "50": float(closes[-20])}}
    make.add_candles(asset, closes, first=world.today - DAYS * DAY, technical_indicators=indicators)
    make.ListingFactory(asset=asset, listed_at=world.today - 2000 * DAY)
    return asset


def sectors(world: World) -> None:
    """Two sectors with members, history and performance."""
    listed = {
        "layer_1": ("Layer 1", "layer-1", "#3b82f6", "1743000000000", ("bitcoin", "ethereum")),
        "defi": ("DeFi", "decentralized-finance-defi", "#10b981", "92000000000", ("uniswap",)),
    }
    for word, (name, code, colour, cap, coins) in listed.items():
        sector = world.rows[word] = make.SectorFactory(
            name=name,
            coingecko_id=code,
            color_code=colour,
            description=f"Coins of {name}.",
            market_cap=Decimal(cap),
            market_cap_change_24h=Decimal("1.9"),
            volume_24h=Decimal(cap) / 40,
            top_3_coins_id=[world.key(coin) for coin in coins],
            characteristics={"kind": "protocol", "risk": "medium"},
        )
        for coin in coins:
            mapping = make.SectorMappingFactory(
                asset=world.rows[coin], sector=sector, is_primary_sector=True, weight=Decimal("0.5"),
                valid_from=world.today - 300 * DAY,
            )  # fmt: skip
            world.keys.setdefault("sectors/{id}/assets/{mapping_id}", mapping.pk)
        for back in range(3):
            make.SectorHistoryFactory(
                sector=sector, timeframe="1d", candle_time=world.today - (back + 1) * DAY,
                market_cap=Decimal(cap) - back * 10**9, volume_24h=Decimal(cap) / 40,
                technical_indicators={"RSI": {"14": 55.0 + back}},
            )  # fmt: skip
    world.keys["sectors/{id}"] = world.key("layer_1")


def snapshot(world: World, at: Any, **columns: Any) -> Any:
    """A look at the market."""
    values: dict[str, Any] = {
        "btc_price_usd": Decimal("67234.56"), "rsi_14": Decimal("58.3"), "sma_200": Decimal("58210.4"),
        "ema_200": Decimal("59102.7"), "fear_greed_index": Decimal(72), "funding_rate_btc": Decimal("0.0001"),
        "open_interest_btc": Decimal(17_800_000_000), "liquidity_score": Decimal("0.71"),
        "weekly_return": Decimal("3.1"),
        "monthly_return": Decimal("8.4"), "btc_dominance": Decimal("52.1"), "eth_dominance": Decimal("16.9"),
        "usdt_dominance": Decimal("4.6"), "stablecoin_dominance": Decimal("6.5"), "altcoin_dominance": Decimal("24.5"),
        "total_market_cap": Decimal(2_540_000_000_000), "total_volume_24h": Decimal(86_000_000_000),
        "sp500": Decimal("5277.5"), "gold": Decimal("2327.3"), "dxy": Decimal("104.6"),
        "composite_sentiment": Decimal("0.68"), "btc_eth_correlation_30d": Decimal("0.83"),
        "crypto_market_breadth": Decimal("64.4"), "new_highs_24h": 12, "new_lows_24h": 3,
        "momentum_index": Decimal("0.41"), "data_source": "aggregated", "is_validated": True,
        "data_quality_flags": {"completeness_score": 0.93, "missing": {"google_trends_score": "no source"}},
    } | columns  # fmt: skip
    return make.MetricsSnapshotFactory(snapshot_time=at, timeframe="1d", **values)


def looked_at(world: World) -> None:
    """Yesterday's look at the market and today's."""
    world.rows["yesterday"] = snapshot(world, world.today - DAY)
    world.rows["snapshot"] = snapshot(world, world.today)
    world.keys["macro/snapshots/{id}"] = world.key("snapshot")
    world.rows["run"] = make.PipelineRunFactory(
        as_of=world.today, timeframe="1d", status="done", code_version="1.0.0",
        finished_at=world.today + timedelta(minutes=4),
        configuration={"signals": {"min_risk_reward": 1.5}}, model_versions={"regime": "regime_rules 1.0.0"},
        counts={"predictions": 6, "signals": 1},
    )  # fmt: skip
    world.keys["system/runs/{id}"] = world.key("run")


def judged(world: World) -> None:
    """What was said of the market and of its sectors."""
    rules = make.AIModelFactory(name="regime_rules", version="1.0.0", model_type="macro")
    common: dict[str, Any] = {"ai_model": rules, "run": world.rows["run"]}
    for word in ("yesterday", "snapshot"):
        looked = world.rows[word]
        regime = make.RegimeFactory(
            metrics_snapshot=looked, **common, predicted_regime="Bull", regime_confidence=Decimal("0.62"),
            regime_transition_prob=Decimal("0.12"), regime_duration_days=34, regime_duration_estimate=480,
            risk_level="medium", recommended_exposure=Decimal("0.6"), trend_strength_score=Decimal("0.71"),
            volatility_regime_score=Decimal("0.4"), trend_intact=True, structure_break=False,
            structure_change_type="higher_high", multi_timeframe_agreement=True, sentiment_regime="greed",
            liquidity_regime="normal", recommended_strategy="trend_following", position_sizing_guidance="normal",
            ai_confidence_score=Decimal("0.62"), signal_agreement_score=Decimal("0.74"),
            key_levels={"support": [64_100.0], "resistance": [69_800.0]},
            timeframe_alignment={"4h": {"regime": "Bull"}, "1d": {"regime": "Bull"}, "1w": {"regime": "Accumulation"}},
            transition_indicators={"breadth": 0.1},
            regime_statistics={
                "current_duration_days": 34, "typical_duration_days": 48, "whole_spells": 6, "success_moments": 40,
                "success_separate": 3, "success_after_candles": 30, "success_means": "rise",
                "success_rate_historical": 0.7, "since": None, "began_before_history": False,
            },
            analysis_data={
                "probabilities": PROBABILITIES,
                "primary_signals": [{"evidence": "breadth", "value": 0.6, "contribution": 0.25}],
                "rationale": ["Two thirds of all coins are above their average of 50 days."],
                "forecast": {"at_next_change": {"Sideways": 0.75, "Bear": 0.25}},
            },
            analyst_notes="The breakout has volume.", analysis_validated=True,
        )  # fmt: skip
    world.rows["regime"] = regime
    world.keys["macro/regimes/{id}"] = regime.pk
    rotation(world, common)


def rotation(world: World, common: dict[str, Any]) -> None:
    """The sectors one by one and beside each other."""
    figures = {"layer_1": ("Layer 1", "3.2", 1), "defi": ("DeFi", "-1.4", 2)}
    for word, (name, change, rank) in figures.items():
        make.SectorAnalysisFactory(
            metrics_snapshot=world.rows["snapshot"], **common, sector=world.rows[word], timeframe="1d",
            candle_time=world.today - DAY, sector_market_cap=world.rows[word].market_cap,
            sector_volume_24h=world.rows[word].volume_24h, sector_dominance_pct=Decimal("68.6"),
            performance_24h_pct=Decimal(change) / 4, performance_7d_pct=Decimal(change),
            performance_30d_pct=Decimal(change) * 3, momentum_score=Decimal("0.64"),
            rotation_inflow_score=Decimal("0.31"),
            rotation_outflow_score=Decimal("0.12"), relative_strength_score=Decimal("0.58"),
            liquidity_score=Decimal("0.8"), volatility_score=Decimal("0.44"), correlation_with_btc=Decimal("0.87"),
            correlation_with_eth=Decimal("0.81"), narrative_tag=[name],
            top_performers=[{"asset_id": world.key("bitcoin"), "symbol": "BTC", "return_7d": 3.68}],
            key_signals={"momentum": "rising"}, ai_sector_outlook="Bullish" if rank == 1 else "Neutral",
            ai_confidence_score=Decimal("0.57"), signal_agreement_score=Decimal("0.66"), outlook_duration_estimate=168,
            analysis_data={"rationale": [f"{name} holds rank {rank} of 2 over seven days."]},
        )  # fmt: skip
    ranking = [{"sector": name, "rank": rank, "return_7d": float(change)} for name, change, rank in figures.values()]
    for word in ("yesterday", "snapshot"):
        comparison = make.CrossSectorFactory(
            metrics_snapshot=world.rows[word], **common, timeframe="1d", rotation_probability=Decimal("0.34"),
            sector_rotation_flows={"DeFi→Layer 1": 0.34}, sector_performance_ranking=ranking,
            leading_sectors=["Layer 1"], declining_sectors=["DeFi"],
            recommended_allocation={"Layer 1": 0.7, "DeFi": 0.3}, ai_market_outlook="Bullish",
            ai_confidence_score=Decimal("0.58"), correlation_matrix={"Layer 1": {"DeFi": 0.74}},
        )  # fmt: skip
        make.RotationFlowFactory(
            ai_cross_sector_analysis=comparison, from_sector=world.rows["defi"], to_sector=world.rows["layer_1"],
            score=Decimal("0.34"),
        )  # fmt: skip


def news(world: World) -> None:
    told = make.NewsEventFactory(
        source="desk", title="Bitcoin soars to a record", url="https://news.example/bitcoin",
        summary="The price rose above 67,000 dollars.", published_at=world.now - HOUR, category="market",
        importance="medium", language="en", sentiment_score=Decimal("0.4404"), sentiment_label="bullish",
        asset_ids=[world.key("bitcoin")], sector_ids=[world.key("layer_1")],
    )  # fmt: skip
    world.keys["macro/news/{id}"] = told.pk
    make.GapFactory(
        asset=world.bitcoin, starts_at=world.today - 5 * DAY, ends_at=world.today - 5 * DAY + 2 * HOUR, missing=2
    )
