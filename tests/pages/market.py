"""A small market for the pages: analysed, with sectors, suggestions, signals and forecasts."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from aimodels.models import AIModel
from assets.choices import DEMO_SOURCE
from assets.models import Asset
from macro.choices import AnalysisSource, MarketRegime
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AICrossSectorAnalysis, Sector
from selection.choices import SuggestionType, Tier, WatchlistType
from selection.models import AIWatchlistAnalysis, Watchlist
from tests import factories
from trading.models import AITradingSignal, Backtest

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
TODAY = NOW.replace(hour=0)
PROBABILITIES = {
    "Accumulation": 0.62,
    "Sideways": 0.2,
    "Bull": 0.1,
    "Transition": 0.05,
    "Distribution": 0.02,
    "Bear": 0.01,
}
EVIDENCE = [
    {"evidence": "breadth", "value": 0.6, "contribution": 0.25},
    {"evidence": "momentum", "value": 0.4, "contribution": 0.15},
    {"evidence": "structure", "value": -1.0, "contribution": -0.12},
]
REGIME_DATA: dict[str, Any] = {"probabilities": PROBABILITIES, "primary_signals": EVIDENCE}


@dataclass
class Market:
    """The rows that belong together."""

    asset: Asset
    snapshot: MetricsSnapshot
    regime: AIRegimeAnalysis
    tier: Watchlist


def make_market(*, demo: bool = False, **columns: Any) -> Market:
    """An analysed market with one asset: real, unless it is to be the demo market."""
    source = DEMO_SOURCE if demo else "binance"
    asset = factories.AssetFactory(
        symbol="BTC-DEMO" if demo else "BTC",
        name="Bitcoin",
        current_price=Decimal("67234.5"),
        price_change_percentage_24h=Decimal("1.25"),
        last_price_update=NOW,
        data_source=source,
    )
    snapshot = factories.MetricsSnapshotFactory(
        snapshot_time=TODAY,
        total_market_cap=Decimal(1240000000000),
        btc_dominance=Decimal("52.1"),
        crypto_market_breadth=Decimal("64.4"),
        data_source=source if demo else "aggregated",
        data_quality_flags={"completeness_score": 0.8, "missing": {"fear_greed_index": "no source"}},
    )
    regime = factories.RegimeFactory(
        metrics_snapshot=snapshot,
        current_regime=MarketRegime.ACCUMULATION,
        regime_confidence=Decimal("0.62"),
        regime_duration_days=12,
        data_source=AnalysisSource.SIMULATION if demo else AnalysisSource.LIVE,
        analysis_data=REGIME_DATA,
        **columns,
    )
    factories.PipelineRunFactory(as_of=TODAY, status="done")
    tier = Watchlist.objects.filter(watchlist_type=WatchlistType.DEFAULT, tier=Tier.TIER1).first()
    return Market(asset, snapshot, regime, tier or factories.DefaultListFactory(tier=Tier.TIER1))


def add_sector(market: Market, name: str, rank: int, **columns: Any) -> None:
    """A sector with its analysis; the comparison of all sectors knows its rank."""
    sector = Sector.objects.filter(name=name).first() or factories.SectorFactory(name=name)
    factories.SectorMappingFactory(asset=market.asset, sector=sector)
    factories.SectorAnalysisFactory(
        metrics_snapshot=market.snapshot,
        sector=sector,
        performance_7d_pct=Decimal("16.5"),
        ai_sector_outlook="Bullish",
        **columns,
    )
    comparison = AICrossSectorAnalysis.objects.filter(metrics_snapshot=market.snapshot).first()
    comparison = comparison or factories.CrossSectorFactory(metrics_snapshot=market.snapshot)
    ranking = comparison.sector_performance_ranking or []
    comparison.sector_performance_ranking = [*ranking, {"sector": name, "rank": rank, "return_7d": 16.5}]
    comparison.save()


def add_signal(market: Market, *, proven: bool = False, **columns: Any) -> AITradingSignal:
    """A signal of today with its ranking, of the market's asset."""
    asset = columns.get("asset", market.asset)
    where = {"metrics_snapshot": market.snapshot, "watchlist": market.tier}
    ranking = AIWatchlistAnalysis.objects.filter(**where).first() or factories.RankingFactory(**where)
    ranking.asset_scores = [*(ranking.asset_scores or []), {"asset_id": asset.pk, "score": 0.81, "rank": 5}]
    ranking.save()
    values = {
        "asset": asset,
        "metrics_snapshot": market.snapshot,
        "watchlist_analysis": ranking,
        "ai_analysis": {"is_proven": proven},
        "confluence_factors": [{"factor": "trend", "weight": 0.25}],
        "sector_context": {"sector": "Layer 1"},
        "expires_at": NOW + timedelta(days=7),
    }
    signal: AITradingSignal = factories.SignalFactory(**values | columns)
    return signal


def add_suggestion(market: Market, **columns: Any) -> None:
    """An open suggestion for the default list."""
    values = {"asset": market.asset, "watchlist": market.tier, "suggestion_type": SuggestionType.PROMOTE} | columns
    factories.SuggestionFactory(**values)


def add_forecast(market: Market, hours: int = 24, **columns: Any) -> None:
    """A forecast of direction and price, made today."""
    shared = {
        "asset": market.asset,
        "as_of": TODAY,
        "prediction_horizon": hours,
        "ai_model": rules(f"asset_rules_{hours}"),
    } | columns
    chances = {"probability_up": 0.58, "naive_probability_up": 0.5}
    levels = {"0.05": 60000, "0.25": 65000, "0.5": 67300, "0.75": 70000, "0.95": 75000}
    factories.PredictionFactory(prediction_type="direction", predicted_price=None, predicted_value=chances, **shared)
    factories.PredictionFactory(prediction_type="price", predicted_value={"quantiles": levels}, **shared)


def rules(name: str, version: str = "1.0.0") -> AIModel:
    """A rule-based version, made once."""
    known = AIModel.objects.filter(name=name).first()
    made: AIModel = known or factories.AIModelFactory(name=name, version=version)
    return made


def add_record(market: Market, days: int = 12, **columns: Any) -> None:
    """Scored forecasts of a day each: every other one came true."""
    values = {"asset": market.asset, "ai_model": rules("scored_rules", "v1")} | columns
    for back in range(days):
        as_of = TODAY - timedelta(days=back + 2)
        factories.scored_direction(
            0.6,
            Decimal(70000 if back % 2 else 60000),
            as_of=as_of,
            evaluated_at=as_of + timedelta(days=1),
            **values,
        )


def backtest_metrics(**figures: Any) -> dict[str, Any]:
    """Numbers of a backtest that earned a tenth, as its row keeps them."""
    counted = {
        "start": 10000.0, "end": 11000.0, "total_return": 0.1, "annual_return": None, "sharpe": 1.2, "sortino": 1.5,
        "calmar": None, "exposure": 0.3, "in_market": 0.4, "closed": 12, "still_open": 1, "win_rate": 0.5,
        "profit_factor": 1.4, "mean_r": 0.2, "mean_net_pct": 0.8, "mean_candles": 6.5, "fees": 24.0, "funding": 0.0,
        "slippage": 12.0, "turnover": 24000.0, "assumed": 2,
        "drawdown": {"depth": 0.07, "peak": 3, "trough": 9, "longest": 14},
    } | figures  # fmt: skip
    return {
        "figures": counted,
        "holding": {"total_return": 0.04, "max_drawdown": 0.2, "p_value": 0.3},
        "random_entries": {"mean_pct": 0.8, "random_pct": 0.1, "p_value": 0.2},
        "reordered": {"median": 0.05, "high": 0.11, "deeper": 0.4},
        "deflated_sharpe": {"chance": 0.8, "trials": 1},
        "regimes": {"Bull": {"trades": 8, "wins": 5, "net": 1100.5, "mean_net_pct": 1.2}},
        "folds": [],
        "refused": {"in_position": 3},
        "left_out": {},
        "orders": 16,
    }


def add_backtest(owner: User, *, name: str = "Averages", **columns: Any) -> Backtest:
    """A backtest of half a year that is done, without the files of its report."""
    values: dict[str, Any] = {
        "source": "rules",
        "timeframe": "1d",
        "start_at": TODAY - timedelta(days=180),
        "end_at": TODAY,
        "configuration": {"name": name, "rules": {"entry": {"rule": "sma_cross", "fast": 20, "slow": 50}}},
        "status": "done",
        "metrics": backtest_metrics(),
        "assumptions": [{"code": "signal_on_close"}],
        "trades": 12,
        "trials": 1,
        "fingerprint": "ab" * 32,
        "report": "backtests/0",
        "finished_at": NOW,
    }
    return Backtest.objects.create(name=name, created_by=owner, **values | columns)
