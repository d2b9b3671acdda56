"""Figures of a snapshot as people call them: its columns, and the further figures, which are named ``group.key``."""

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cryptopredict.pages import words

FURTHER = {
    "active_addresses_eth": _("Active addresses of Ether"),
    "adx": _("ADX, 14 candles"),
    "assets": _("Assets counted"),
    "assets_with_market_cap": _("Assets with a known market cap"),
    "atr_14": _("Average range, 14 candles"),
    "bollinger_bandwidth": _("Bollinger bands, width"),
    "bollinger_lower": _("Bollinger bands, lower"),
    "bollinger_middle": _("Bollinger bands, middle"),
    "bollinger_upper": _("Bollinger bands, upper"),
    "breadth_advancers_ratio": _("Share of assets that rose"),
    "breadth_change_7d": _("Market breadth, change of 7 days"),
    "breadth_new_highs_lows_ratio": _("New highs against new lows"),
    "btc_dominance_change_24h": _("Bitcoin dominance, change of 24 hours"),
    "btc_dominance_change_7d": _("Bitcoin dominance, change of 7 days"),
    "btc_epoch_phase": _("Place in the halving cycle"),
    "consolidation_score": _("Consolidation"),
    "corr_dxy_btc_30d": _("Correlation of Bitcoin with the dollar index, 30 days"),
    "corr_eth_btc_30d": _("Correlation of Bitcoin with Ether, 30 days"),
    "corr_gold_btc_30d": _("Correlation of Bitcoin with gold, 30 days"),
    "corr_total2_btc_30d": _("Correlation of Bitcoin with the other coins, 30 days"),
    "days_known": _("Days of history"),
    "days_since_halving": _("Days since the halving"),
    "days_since_high": _("Days since the high"),
    "di_minus": _("Downward movement (−DI)"),
    "di_plus": _("Upward movement (+DI)"),
    "drawdown_from_high": _("Below the high"),
    "ema_100": _("EMA 100"),
    "ema_12": _("EMA 12"),
    "ema_20": _("EMA 20"),
    "ema_26": _("EMA 26"),
    "ema_50": _("EMA 50"),
    "eth_dominance_change_24h": _("Ether dominance, change of 24 hours"),
    "eth_dominance_change_7d": _("Ether dominance, change of 7 days"),
    "exchange_netflow_btc": _("Net flow of Bitcoin to exchanges"),
    "exchange_netflow_eth": _("Net flow of Ether to exchanges"),
    "extremes_counted": _("Assets looked at for extremes"),
    "fear_greed": _("Fear & Greed as a mood"),
    "fear_greed_change_7d": _("Fear & Greed, change of 7 days"),
    "funding": _("Funding as a mood"),
    "funding_annual_pct": _("Funding rates a year"),
    "funding_rate_eth": _("Funding rate of Ether"),
    "funding_rate_median": _("Median funding rate"),
    "funding_rate_trend": _("Trend of the funding rate"),
    "funding_rates": _("Funding rates"),
    "hashrate": _("Hash rate"),
    "hashrate_change_30d_pct": _("Hash rate, change of 30 days"),
    "liquidations_long_24h": _("Liquidated longs, 24 hours"),
    "liquidations_short_24h": _("Liquidated shorts, 24 hours"),
    "macd_histogram": _("MACD, histogram"),
    "macd_signal": _("MACD, signal line"),
    "macd_value": _("MACD"),
    "mean_pairwise_30d": _("Mean correlation of all pairs, 30 days"),
    "miner_balance_change": _("Change of the miners' coins"),
    "miner_outflow": _("Coins sent by miners"),
    "momentum_score": _("Momentum of Bitcoin"),
    "new_highs_20d": _("New highs, 20 days"),
    "new_lows_20d": _("New lows, 20 days"),
    "news": _("News as a mood"),
    "news_sentiment": _("Mood of the news"),
    "oi_change_24h": _("Open interest, change of 24 hours"),
    "open_interest_eth": _("Open interest of Ether"),
    "price_to_sma_1400d": _("Price over its mean of 1,400 days"),
    "price_to_sma_200d": _("Price over its mean of 200 days"),
    "reddit_volume": _("Posts on Reddit"),
    "regime_volatility_score": _("Volatility against its past"),
    "rsi_21": _("RSI 21"),
    "rsi_7": _("RSI 7"),
    "seasonality_months": _("Months behind the season"),
    "seasonality_score": _("Season"),
    "sentiment_direction": _("Direction of the mood"),
    "sma_100": _("SMA 100"),
    "sma_20": _("SMA 20"),
    "sma_50": _("SMA 50"),
    "social_sentiment": _("Mood on social media"),
    "social_sentiment_score": _("Mood on social media, score"),
    "sources": _("Sources of the mood"),
    "stochastic_d": _("Stochastic, D line"),
    "stochastic_k": _("Stochastic, K line"),
    "supply_on_exchanges_btc": _("Bitcoin held at exchanges"),
    "supply_on_exchanges_eth": _("Ether held at exchanges"),
    "taker_buy_volume_btc": _("Bitcoin bought by takers"),
    "taker_buy_volume_eth": _("Ether bought by takers"),
    "total_market_cap_change_24h_pct": _("Total market cap, change of 24 hours"),
    "total_market_cap_change_7d_pct": _("Total market cap, change of 7 days"),
    "traded_volume_24h": _("Traded volume, 24 hours"),
    "transactions_btc": _("Transactions of Bitcoin"),
    "transactions_eth": _("Transactions of Ether"),
    "twitter_volume": _("Posts on Twitter"),
    "tx_volume_btc": _("Value sent on chain, Bitcoin"),
    "tx_volume_eth": _("Value sent on chain, Ether"),
    "volatility_index": _("Volatility of all assets"),
    "volume_sma_20": _("Mean volume, 20 candles"),
    "vwap_20": _("VWAP, 20 candles"),
    "whale_from_exchange_volume_btc": _("Bitcoin that whales took from exchanges"),
    "whale_to_exchange_volume_btc": _("Bitcoin that whales sent to exchanges"),
}
"""The further figures by their key; series of the world outside have names of their own."""

COLUMNS = {
    "btc_dominance": _("Bitcoin dominance"),
    "btc_eth_correlation_30d": _("Correlation of Bitcoin with Ether, 30 days"),
    "btc_price_usd": _("Price of Bitcoin"),
    "btc_sp500_correlation_30d": _("Correlation of Bitcoin with shares (S&P 500), 30 days"),
    "eth_dominance": _("Ether dominance"),
    "fear_greed_index": _("Fear & Greed index"),
    "funding_rate_btc": _("Funding rate of Bitcoin"),
    "open_interest_btc": _("Open interest of Bitcoin"),
    "tvl_total": _("Total value locked"),
    "us_10y_yield": _("US government bonds, 10 years, yield"),
    "usdt_dominance": _("Tether dominance"),
    "vix_index": _("VIX, expected swings of shares"),
}
"""Columns whose own names abbreviate."""


def figure_name(table: type[models.Model], key: str) -> str:
    """A figure by its column or ``group.key``; what has no name yet is told by its key, in words."""
    name = key.rpartition(".")[2]
    known = FURTHER | COLUMNS | words.OUTSIDE
    if name in known:
        return str(known[name])
    try:
        return str(capfirst(table._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return name.replace("_", " ")
