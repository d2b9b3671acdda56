"""The snapshot: what the whole market looked like at one moment, and what of it is not known."""

import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from assets.choices import DEMO_SOURCE, Market
from assets.selectors import MarketView, market_view
from macro.models import MetricsSnapshot
from macro.services.snapshot_bitcoin import bitcoin, cycles
from macro.services.snapshot_breadth import breadth_and_momentum, correlations
from macro.services.snapshot_caps import market_caps
from macro.services.snapshot_inputs import Inputs, Part, lift
from macro.services.snapshot_outside import outside, sentiment
from macro.services.snapshot_quality import is_anomalous, quality
from system.exceptions import NoData
from system.services import complete, fitted, land

WALL_CLOCK = ("data_collection_started", "data_collection_completed", "collection_duration_ms")
FILLED_LATER = ("data_quality_flags", "snapshot_version", "extended_metrics", *WALL_CLOCK)
"""Columns that describe the row itself."""
OWED = len([c for c in MetricsSnapshot._meta.concrete_fields if c.null and c.name not in FILLED_LATER])


@transaction.atomic
def take_snapshot(timeframe: str, as_of: datetime) -> MetricsSnapshot:
    """Describe the market as it was known at ``as_of``. The same moment again changes nothing.

    Raises:
        NoData: no candles near that moment, or none of Bitcoin.
    """
    started, clock = timezone.now(), time.perf_counter()
    view = market_view(timeframe, as_of)
    if view.universe.bitcoin is None:
        raise NoData(f"Bitcoin has no {timeframe} candle near {as_of:%Y-%m-%d %H:%M} UTC; import its candles first.")
    row = snapshot_row(view, view.universe.bitcoin) | {
        "data_collection_started": started,
        "data_collection_completed": timezone.now(),
        "collection_duration_ms": int((time.perf_counter() - clock) * 1000),
    }
    return land(MetricsSnapshot, [row], key=("snapshot_time", "timeframe"), wall_clock=WALL_CLOCK).rows[0]


def snapshot_row(view: MarketView, bitcoin_id: int) -> dict[str, Any]:
    """The columns of a snapshot, but for those about the act of writing. Nothing is written.

    Args:
        view: the market.
        bitcoin_id: Bitcoin, which has candles in it.
    """
    inputs = lift(view, bitcoin_id)
    part = _parts(inputs)
    values, absent = complete(MetricsSnapshot, part.values, part.reasons, by_people=FILLED_LATER)
    flags = quality(inputs, part, absent, OWED)
    described = {
        "extended_metrics": part.extended,
        "data_quality_flags": flags,
        "is_validated": not flags["validation_errors"],
        "has_anomalies": is_anomalous(flags),
        "snapshot_time": view.as_of,
        "timeframe": view.timeframe,
        "snapshot_version": settings.VERSION,
        "data_source": DEMO_SOURCE if view.market == Market.DEMO else "aggregated",
    }
    return values | fitted(MetricsSnapshot, described)


def _parts(inputs: Inputs) -> Part:
    whole = Part()
    for part in (bitcoin, cycles, breadth_and_momentum, outside, market_caps, correlations):
        whole.add(part(inputs))
    whole.add(sentiment(inputs, whole.values.get("funding_rate_btc")))
    return whole
