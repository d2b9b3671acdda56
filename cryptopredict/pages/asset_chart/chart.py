"""What the chart's script is told: where the candles are, and what is drawn over and beside them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext

from aimodels.selectors import ForecastRecord
from aimodels.selectors.outstanding import OpenForecast
from aimodels.selectors.past import PastForecast, past_forecasts
from assets.compute import periods
from assets.models import Asset
from assets.selectors.coverage import Coverage
from cryptopredict.pages.asset_chart.shown import EXTRAS, PARTS, STUDIES, ShownOnChart
from macro.selectors.levels import PriceLevel
from system import formats
from trading.choices import SignalStatus
from trading.selectors.chains import Chain

SHOWN_CANDLES = 500
FAN_TIMEFRAMES = ("1h", "4h", "1d")
"""Timeframes on whose grid both horizons fall, and fine enough to see them."""
PAST_HOURS = 24
MOST_PAST = 300


@dataclass(frozen=True)
class Forecast:
    """An open forecast beside the record of its horizon."""

    forecast: OpenForecast
    record: ForecastRecord | None


@dataclass(frozen=True)
class Past:
    """Past forecasts over a day in the stretch that the chart opens with, oldest first."""

    hours: int
    rows: list[PastForecast]

    @property
    def measured(self) -> int:
        """How many have an outcome against their interval."""
        return sum(one.is_inside is not None for one in self.rows)

    @property
    def inside(self) -> int:
        """How many of them came to lie inside the 90 % interval."""
        return sum(one.is_inside is True for one in self.rows)


@dataclass(frozen=True)
class Chart:
    """What the script needs, the address of the file, and for what there has to be room.

    Attributes:
        panes: how many stand below the candles.
        beside: names of all series that are read out beside the candle's own figures.
    """

    coverage: Coverage
    candles: str
    table: str
    panes: int
    beside: list[str]
    settings: dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """All that is drawn besides the candles."""

    shown: ShownOnChart
    forecasts: list[Forecast]
    signals: list[Chain]
    levels: list[PriceLevel]
    past: Past | None


def opening(found: Coverage) -> datetime:
    """Start of the oldest candle that the chart opens with."""
    length = periods.LENGTHS.get(found.timeframe) or timedelta(days=31)
    return max(found.first, found.newest - (SHOWN_CANDLES - 1) * length)


def past_of(asset: Asset, found: Coverage) -> Past | None:
    """Past forecasts that the chart can show; None in timeframes on whose grid they do not fall."""
    if found.timeframe not in FAN_TIMEFRAMES:
        return None
    return Past(PAST_HOURS, past_forecasts(asset.pk, PAST_HOURS, opening(found), MOST_PAST))


def chart(asset: Asset, found: Coverage, drawn: Drawn) -> Chart:
    """The newest candles, with the levels of open signals and the fan of the newest forecasts."""
    length, since = periods.LENGTHS.get(found.timeframe), opening(found)
    period = [("timeframe", found.timeframe), ("from", iso(since)), ("to", iso(found.closes))]
    settings = {
        "symbol": asset.symbol,
        "timeframe": found.timeframe,
        "seconds": int(length.total_seconds()) if length else 0,
        "from": iso(since),
        "to": iso(found.closes),
        "first": iso(found.first),
        "page": SHOWN_CANDLES,
        "decimals": formats.price_decimals(asset.current_price) if asset.current_price else 2,
        "zone": drawn.shown.zone,
        "shown": [*(study.key for study in drawn.shown.studies), *drawn.shown.extras],
        "compared": [one.symbol for one in drawn.shown.compared],
        "studies": [
            {
                "key": study.key,
                "label": str(study.label),
                "outputs": [{"name": name, "label": str(PARTS.get(name, study.label))} for name in study.outputs],
                "over": study.is_over,
                "levels": study.levels,
            }
            for study in STUDIES
        ],
        "extras": list(EXTRAS),
        "signals": [signal_drawn(one, found.timeframe) for one in drawn.signals],
        "fan": fan(drawn.forecasts, found.timeframe),
        "levels": [
            {"price": one.price, "label": gettext("turned %(n)s×") % {"n": formats.number(one.tests)}}
            for one in drawn.levels
        ],
        "past": [
            {"time": iso(periods.last_closed(one.due, found.timeframe)), "quantiles": one.quantiles}
            for one in (drawn.past.rows if drawn.past else [])
            if one.quantiles
        ],
    }
    api = reverse("market-data-candles", args=[asset.pk])
    csv = reverse("asset-candles", args=[asset.symbol])
    more = f"&{drawn.shown.query}" if drawn.shown.query else ""
    panes = sum(not study.is_over for study in drawn.shown.studies)
    names = [str(PARTS.get(name, study.label)) for study in drawn.shown.studies for name in study.outputs]
    names += [one.symbol for one in drawn.shown.compared]
    return Chart(found, api, f"{csv}?{urlencode(period)}{more}", panes, names, settings)


def signal_drawn(one: Chain, timeframe: str) -> dict[str, Any]:
    """A signal on the chart: a marker on the last candle it knew, and its levels while it is open."""
    signal = one.signal
    issued = one.snapshot.snapshot_time
    label = gettext("%(direction)s, %(horizon)s") % {
        "direction": signal.get_signal_type_display(),
        "horizon": formats.span(signal.time_horizon_hours or 0),
    }
    levels = {"entry": signal.entry_price, "target": signal.target_price, "stop": signal.stop_loss}
    return {
        "id": signal.pk,
        "time": iso(periods.last_closed(issued, timeframe)),
        "direction": signal.signal_type,
        "label": label,
        "open": one.status == SignalStatus.ACTIVE,
        "levels": {name: str(value) for name, value in levels.items() if value is not None},
    }


def fan(forecasts: list[Forecast], timeframe: str) -> list[dict[str, Any]]:
    """Points of the fan, the present first. A price at a moment stands at the candle that ends with it."""
    drawn = [one.forecast for one in forecasts if one.forecast.quantiles]
    if timeframe not in FAN_TIMEFRAMES or not drawn:
        return []
    latest = max(one.as_of for one in drawn)
    current = [one for one in drawn if one.as_of == latest]
    start = {level: float(current[0].input_price) for level in current[0].quantiles}
    points = [(latest, start), *((one.due, one.quantiles) for one in current)]
    return [
        {"time": iso(periods.last_closed(moment, timeframe)), "quantiles": quantiles} for moment, quantiles in points
    ]


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
