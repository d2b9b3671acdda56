"""What the page of an asset shows."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aimodels.models import Prediction
from aimodels.selectors.outstanding import OpenForecast, open_forecasts
from assets.choices import DEMO_SOURCE, Market, Timeframe
from assets.models import Asset
from assets.selectors.candle_json import newest_indicators
from assets.selectors.coverage import Coverage, coverage, stored_timeframes
from cryptopredict.pages import words
from cryptopredict.pages.asset_chart.chart import Chart, Drawn, Forecast, Past, chart, past_of
from cryptopredict.pages.asset_chart.shown import ShownOnChart
from cryptopredict.pages.asset_standing import Gaps, Standing, forecast_list, gaps_of, news_of, standing
from cryptopredict.pages.freshness import Chip, source_chip
from cryptopredict.pages.parts import part
from cryptopredict.pages.record import record_card
from macro.models import NewsEvent
from macro.selectors.levels import PriceLevel, price_levels
from sectors.models import SectorMapping
from sectors.selectors.table import sectors_of
from system import formats
from trading.selectors.chains import Chain, chains, signals_of

PREFERRED = ("1d", "4h", "1h", "1w", "15m", "5m", "1m", "1M")
"""Which timeframe opens first, if the asset has it."""
SIGNALS = 20


@dataclass(frozen=True)
class TimeframeChoice:
    """One of the switch's timeframes; without candles it leads nowhere."""

    timeframe: str
    label: str
    is_chosen: bool
    is_stored: bool


@dataclass(frozen=True)
class Reading:
    """An indicator's newest value, and how far the price stands from it where it is a price."""

    label: str | Promise
    value: Any
    form: str
    distance: float | None


@dataclass(frozen=True)
class Indicators:
    """The newest closed candle with indicators."""

    candle_time: datetime
    readings: list[Reading]
    finding: str


@dataclass(frozen=True)
class AssetPage:
    """Everything about one asset in one timeframe."""

    asset: Asset
    chip: Chip
    timeframe: str
    choices: list[TimeframeChoice]
    coverage: Coverage | None
    chart: Chart | None
    indicators: Indicators | None
    sectors: list[SectorMapping]
    forecasts: list[Forecast]
    chains: list[Chain]
    shown: ShownOnChart
    levels: list[PriceLevel]
    past: Past | None
    standing: Standing
    listed: list[Prediction]
    news: list[NewsEvent]
    gaps: Gaps

    @property
    def is_demo(self) -> bool:
        return self.asset.data_source == DEMO_SOURCE


def asset_page(asset: Asset, user: Any, wanted: str, shown: ShownOnChart, now: datetime) -> AssetPage:
    """The page of an asset.

    Args:
        asset: which one.
        user: who reads.
        wanted: a timeframe; empty leaves the choice to us.
        shown: what is on the chart besides the candles.
        now: the present.
    """
    stored = stored_timeframes(asset.pk)
    timeframe = wanted or next((one for one in PREFERRED if one in stored), PREFERRED[0])
    found = coverage(asset.pk, timeframe) if timeframe in stored else None
    forecasts = part(lambda: with_record(asset, open_forecasts(asset.pk)))
    signals = part(lambda: chains(list(signals_of(asset.pk, user, SIGNALS))))
    sectors = list(sectors_of(asset.pk, now))
    levels = part(lambda: price_levels(asset.pk, timeframe, now) if found else [])
    past = part(lambda: past_of(asset, found) if found else None)
    return AssetPage(
        asset=asset,
        chip=source_chip(
            words.named(words.SOURCES, asset.data_source), asset.data_source, asset.last_price_update, now
        ),
        timeframe=timeframe,
        choices=[TimeframeChoice(t.value, str(t.label), t == timeframe, t in stored) for t in Timeframe],
        coverage=found,
        chart=part(lambda: chart(asset, found, Drawn(shown, forecasts, signals, levels, past)) if found else None),
        indicators=part(lambda: indicators(asset, timeframe)),
        sectors=sectors,
        forecasts=forecasts,
        chains=signals,
        shown=shown,
        levels=levels,
        past=past,
        standing=part(lambda: standing(asset, sectors)),
        listed=part(lambda: forecast_list(asset)),
        news=part(lambda: list(news_of(asset))),
        gaps=part(lambda: gaps_of(asset, timeframe)),
    )


def with_record(asset: Asset, forecasts: list[OpenForecast]) -> list[Forecast]:
    """Forecasts with the record of all forecasts of their market and horizon."""
    if not forecasts:
        return []
    market = Market.DEMO if asset.data_source == DEMO_SOURCE else Market.REAL
    card = record_card(market, max(one.as_of for one in forecasts))
    return [Forecast(one, card.of(one.horizon_hours)) for one in forecasts]


READINGS: tuple[tuple[str | Promise, tuple[str, str], str], ...] = (
    (_("RSI 14"), ("RSI", "14"), "ratio"),
    (_("MACD 12/26/9, histogram"), ("MACD", "histogram"), "price"),
    (_("Average of 20 candles"), ("SMA", "20"), "price"),
    (_("Average of 50 candles"), ("SMA", "50"), "price"),
    (_("Average of 200 candles"), ("SMA", "200"), "price"),
    (_("Exponential average of 20"), ("EMA", "20"), "price"),
    (_("Exponential average of 200"), ("EMA", "200"), "price"),
    (_("Bollinger upper band"), ("BB", "upper"), "price"),
    (_("Bollinger lower band"), ("BB", "lower"), "price"),
    (_("Average true range 14"), ("ATR", "14"), "price"),
    (_("Trend strength ADX 14"), ("ADX", "14"), "ratio"),
)
LEVELS = {"SMA", "EMA", "BB"}
"""Indicators that are prices to compare with."""


def indicators(asset: Asset, timeframe: str) -> Indicators | None:
    """The indicators that are cached on the newest closed candle."""
    newest = newest_indicators(asset.pk, timeframe)
    if newest is None:
        return None
    candle_time, values = newest
    readings = []
    for label, (group, name), form in READINGS:
        value = (values.get(group) or {}).get(name)
        level = value if group in LEVELS else None
        readings.append(Reading(label, value, form, distance(asset.current_price, level)))
    return Indicators(candle_time, readings, finding(asset, values, timeframe))


def distance(price: Decimal | None, level: float | None) -> float | None:
    """How far the price is above a level, in percent of it."""
    return None if price is None or not level else 100 * (float(price) / level - 1)


def finding(asset: Asset, values: dict[str, Any], timeframe: str) -> str:
    """The chart's title: where the price stands against the slowest average that is known."""
    averages = values.get("SMA") or {}
    for candles in ("200", "100", "50", "20"):
        away = distance(asset.current_price, averages.get(candles))
        if away is not None:
            words_ = (
                gettext("%(distance)s above the average of %(candles)s candles (%(timeframe)s)")
                if away >= 0
                else gettext("%(distance)s below the average of %(candles)s candles (%(timeframe)s)")
            )
            return words_ % {
                "distance": formats.percent(abs(away), signed=False),
                "candles": formats.digits(candles),
                "timeframe": timeframe,
            }
    return ""
