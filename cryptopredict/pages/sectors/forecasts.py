"""Forecasts of a sector's index with their record, and what came of earlier ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from aimodels.models import Prediction
from aimodels.models.ledger import Outcome
from aimodels.selectors import Chosen, ForecastRecord, Part, record_by
from aimodels.selectors.listed import listed
from aimodels.selectors.outstanding import OpenForecast, open_forecasts
from cryptopredict.pages.record_page import outcome
from sectors.rules import SECTOR_PRICES

RECORD = timedelta(days=90)
LOOKED_AT, SHOWN = 120, 12
"""Newest forecasts among which scored ones are looked for, and how many of these are shown."""


@dataclass(frozen=True)
class Forecast:
    """An open forecast beside the record of its horizon; both ranges in percent from the level at its time."""

    said: OpenForecast
    record: ForecastRecord | None
    half: tuple[float, float] | None
    most: tuple[float, float] | None


@dataclass(frozen=True)
class Past:
    """A scored forecast: what was said of the range, what came of it, and how the index moved, both in percent."""

    forecast: Prediction
    came: Outcome
    said: tuple[float, float] | None
    change: float | None


@dataclass(frozen=True)
class ForecastCard:
    """Open forecasts, the record of 90 days of each horizon, and the newest scored ones."""

    open: list[Forecast]
    records: list[tuple[int, ForecastRecord]]
    past: list[Past]

    @property
    def best_record(self) -> ForecastRecord | None:
        """Of the horizon with most skill that is proven; None where none is."""
        proven = [record for _hours, record in self.records if record.is_proven]
        return max(proven, key=lambda one: one.skill or 0.0, default=None)


def forecast_card(index: int | None, now: datetime) -> ForecastCard:
    """Everything that was forecast of an index; nothing where there is no index."""
    if index is None:
        return ForecastCard([], [], [])
    chosen = Chosen(layer=SECTOR_PRICES.layer, asset_ids=[index], since=now - RECORD)
    records = {int(hours): record for hours, record in record_by(Part.HORIZON, chosen).items()}
    return ForecastCard(
        [_forecast(one, records.get(one.horizon_hours)) for one in open_forecasts(index)],
        sorted(records.items()),
        past(listed(chosen, None, LOOKED_AT)),
    )


def _forecast(said: OpenForecast, record: ForecastRecord | None) -> Forecast:
    return Forecast(said, record, span(said, "0.25", "0.75"), span(said, "0.05", "0.95"))


def span(said: OpenForecast, low: str, high: str) -> tuple[float, float] | None:
    """A range in percent from the level at the time of the forecast; None where none was forecast."""
    return reach(said.quantiles, said.input_price, low, high)


def reach(quantiles: Mapping[str, float], level: Decimal, low: str, high: str) -> tuple[float, float] | None:
    """From one quantile to another, in percent from a level."""
    if low not in quantiles or high not in quantiles or not level:
        return None
    return 100 * (quantiles[low] / float(level) - 1), 100 * (quantiles[high] / float(level) - 1)


def past(rows: Sequence[Prediction]) -> list[Past]:
    """The newest of them whose outcome is known."""
    known = [(row, came) for row in rows if (came := outcome(row)) is not None]
    return [
        Past(row, came, reach((row.predicted_value or {}).get("quantiles") or {}, row.input_price, "0.05", "0.95"),
             moved(row, came))
        for row, came in known[:SHOWN]
    ]  # fmt: skip


def moved(row: Prediction, came: Outcome) -> float | None:
    """From the level at the time of the forecast to the one at its target, percent."""
    if came.actual_price is None or not row.input_price:
        return None
    return float(100 * (came.actual_price / row.input_price - 1))
