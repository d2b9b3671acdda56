"""What all layers say of one asset now, in one place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from assets.choices import DEMO_SOURCE, Market
from assets.models import Asset
from assets.selectors.candle_json import newest_indicators
from macro.selectors.news import news_mood
from sectors.selectors.indexes import correlation_with_sector
from sectors.selectors.table import sectors_of
from selection.choices import PositionType
from selection.models import AssetRanking
from system.choices import LIVE
from trading.choices import SignalStatus
from trading.compute.recommendation import WORDS, recommendation
from trading.selectors.visible import visible_signals, with_status

TIMEFRAME = "1d"
RECOMMENDATIONS = WORDS
"""What may be recommended, the worst first."""


@dataclass(frozen=True)
class AssetAnalysis:
    """An asset as the newest daily ranking and the open signals see it. None stands for what is not known.

    Attributes:
        confidence: probability of the direction that is forecast, 0.5-1.
        sentiment: of the headlines of the last 24 hours that name it, -1 to 1.
        sector_correlation: with the index of its primary sector over 30 days, -1 to 1.
        indicators: at its newest daily candle; empty without one.
        longs, shorts: open signals with a proven edge that the reader may see.
        figures: what the ranking says of it; empty where it is not ranked.
    """

    asset: Asset
    ranking: AssetRanking | None
    figures: dict[str, Any]
    confidence: float | None
    indicators: dict[str, Any]
    sentiment: float | None
    sector_correlation: float | None
    longs: int
    shorts: int
    recommendation: str | None


def asset_analysis(asset: Asset, user: Any, now: datetime) -> AssetAnalysis:
    """What is known of an asset for a reader, in a fixed number of statements."""
    market = Market.DEMO if asset.data_source == DEMO_SOURCE else Market.REAL
    ranking = newest_market_ranking(market)
    own = next((one for one in ranking.scores if one["asset_id"] == asset.pk), None) if ranking else None
    figures: dict[str, Any] = own or {}
    rise, mood = figures.get("probability_up"), news_mood(now, market=market)
    sector = sectors_of(asset.pk, now).first()
    candle = newest_indicators(asset.pk, TIMEFRAME)
    longs, shorts = proven_signals(asset, user)
    return AssetAnalysis(
        asset=asset,
        ranking=ranking if own else None,
        figures=figures,
        confidence=None if rise is None else max(rise, 1 - rise),
        indicators=candle[1] if candle else {},
        sentiment=mood.by_asset[asset.pk].mean if mood and asset.pk in mood.by_asset else None,
        sector_correlation=correlation_with_sector(asset, sector.sector, now) if sector else None,
        longs=longs,
        shorts=shorts,
        recommendation=recommendation(figures.get("place"), longs, shorts),
    )


def newest_market_ranking(market: Market) -> AssetRanking | None:
    """The newest live ranking of all assets of a market by daily candles."""
    found = AssetRanking.objects.filter(series=LIVE, timeframe=TIMEFRAME).order_by("-candle_time", "-pk")
    is_demo = {"metrics_snapshot__data_source": DEMO_SOURCE}
    return (found.filter(**is_demo) if market == Market.DEMO else found.exclude(**is_demo)).first()


def proven_signals(asset: Asset, user: Any) -> tuple[int, int]:
    """How many open signals with a proven edge point up, and how many down."""
    active = with_status(visible_signals(user), SignalStatus.ACTIVE).filter(asset=asset, ai_analysis__is_proven=True)
    found = active.aggregate(
        longs=Count("pk", filter=Q(signal_type=PositionType.LONG)),
        shorts=Count("pk", filter=Q(signal_type=PositionType.SHORT)),
    )
    return found["longs"], found["shorts"]
