"""The card that says how good the forecasts were."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aimodels.selectors import Chosen, ForecastRecord, Part, record_by
from aimodels.selectors.outstanding import next_due
from assets.choices import Market
from assets.selectors.shown import assets_of
from selection.rules import ASSET_PRICES

PERIOD = timedelta(days=90)


@dataclass(frozen=True)
class HorizonRecord:
    """The record of one horizon."""

    horizon_hours: int
    record: ForecastRecord


@dataclass(frozen=True)
class RecordCard:
    """The records of 90 days, one for each horizon that was forecast, and when the next forecast falls due."""

    days: int
    horizons: list[HorizonRecord]
    next_due: datetime | None

    @property
    def issued(self) -> int:
        return sum(one.record.issued for one in self.horizons)

    @property
    def scored(self) -> int:
        return sum(one.record.scored for one in self.horizons)

    @property
    def late(self) -> int:
        """Forecasts that were written when their target had passed: kept, and counted nowhere else."""
        return sum(one.record.late for one in self.horizons)

    @property
    def is_proven(self) -> bool:
        """Whether any horizon has skill beyond chance."""
        return any(one.record.is_proven for one in self.horizons)

    def of(self, horizon_hours: int) -> ForecastRecord | None:
        """The record of a horizon; None for one that is not kept."""
        return next((one.record for one in self.horizons if one.horizon_hours == horizon_hours), None)


def record_card(market: Market, until: datetime) -> RecordCard:
    """The record of the live forecasts of one market over the 90 days before a moment."""
    found = record_by(Part.HORIZON, Chosen(layer=ASSET_PRICES.layer, market=market, since=until - PERIOD))
    horizons = [HorizonRecord(hours, found[str(hours)]) for hours in sorted(map(int, found))]
    waits = any(one.record.issued > one.record.scored for one in horizons)
    ids = assets_of(market).values_list("pk", flat=True)
    return RecordCard(PERIOD.days, horizons, next_due(list(ids)) if waits else None)
