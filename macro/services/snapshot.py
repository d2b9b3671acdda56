"""The snapshot: what the whole market looked like at one moment, and what of it is not known."""

import time
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from assets.choices import Market
from assets.compute.series import holes, log_returns, robust_z
from assets.selectors import MarketView, market_view
from macro.models import MetricsSnapshot
from macro.selectors.funding import newest_charges
from macro.selectors.series import Known, latest_values
from macro.services import snapshot_parts as parts
from macro.services.snapshot_parts import MONTH, SOURCES
from system.exceptions import NoData
from system.services import complete, fitted, land

OUTLIER_Z = 8.0
NO_SOURCE = dict.fromkeys(
    (
        "google_trends_score",
        "open_interest_btc",
        "whale_netflow_24h",
        "active_addresses_btc",
        "liquidations_long",
        "liquidations_short",
        "liquidation_zones",
    ),
    "no source",
)
FILLED_LATER = ("data_quality_flags", "snapshot_version")
WALL_CLOCK = ("data_collection_started", "data_collection_completed", "collection_duration_ms")


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
    known = latest_values(view.market, as_of)
    made = [
        parts.bitcoin(view),
        parts.breadth_and_momentum(view),
        parts.outside(known, newest_charges(view.market, as_of), as_of),
        parts.market_caps(view, known, as_of),
        parts.correlations(view),
    ]
    values: dict[str, Any] = {}
    reasons, extended = dict(NO_SOURCE), dict[str, dict[str, Any]]()
    for part in made:
        values |= part.values
        reasons |= part.reasons
        for group, figures in part.extended.items():
            extended[group] = extended.get(group, {}) | figures
    values |= parts.sentiment(values, extended)
    values |= {"extended_metrics": extended}
    reasons["composite_sentiment"] = "neither Fear & Greed nor funding is known"
    values, absent = complete(MetricsSnapshot, values, reasons, by_people=(*FILLED_LATER, *WALL_CLOCK))
    values |= _quality(view, known, absent)
    row = values | {
        "snapshot_time": as_of,
        "timeframe": timeframe,
        "snapshot_version": settings.VERSION,
        "data_source": "demo" if view.market == Market.DEMO else "aggregated",
        "data_collection_started": started,
        "data_collection_completed": timezone.now(),
        "collection_duration_ms": int((time.perf_counter() - clock) * 1000),
    }
    return land(MetricsSnapshot, [row], key=("snapshot_time", "timeframe"), wall_clock=WALL_CLOCK).rows[0]


def _gaps(view: MarketView) -> dict[str, Any]:
    """Candles that the assets lack in the last 30 days, after their first one of these days."""
    missing = holes(view.panel.close[-view.bars(MONTH) :])
    symbols = {member.asset_id: member.symbol for member in view.universe.members}
    by_asset = {symbols[i]: int(n) for i, n in zip(view.panel.asset_ids.tolist(), missing, strict=True) if n}
    return {"candles": int(missing.sum()), "by_asset": dict(sorted(by_asset.items()))}


def _quality(view: MarketView, known: dict[str, Known], absent: dict[str, str]) -> dict[str, Any]:
    """How complete, fresh and plausible the snapshot is."""
    owed = sum(1 for column in MetricsSnapshot._meta.concrete_fields if column.null) - len(WALL_CLOCK)
    bitcoin = view.panel.close[:, view.panel.column(view.universe.bitcoin or 0)]
    score = robust_z(log_returns(bitcoin)[-400:])
    outliers = {"btc_return": score} if np.isfinite(score) and abs(score) > OUTLIER_Z else {}
    ages = {
        code: (view.as_of - value.known_at).total_seconds() / 60
        for code, value in known.items()
        if code in SOURCES.values()
    }
    lacking = int((~np.isfinite(bitcoin[-view.bars(MONTH) :])).sum())
    errors = [f"Bitcoin lacks {lacking} candles of the last 30 days"] if lacking else []
    flags = {
        "completeness_score": round(1 - len(absent) / owed, 4),
        "data_freshness_minutes": (view.as_of - view.closed_at).total_seconds() / 60,
        "freshness_by_source_minutes": ages,
        "missing_sources": sorted({name for name, reason in absent.items() if reason == "no source"}),
        "missing": absent,
        "gaps": _gaps(view),
        "outlier_flags": outliers,
        "validation_errors": errors,
    }
    flagged = fitted(MetricsSnapshot, {"data_quality_flags": flags})
    return flagged | {"is_validated": not errors, "has_anomalies": bool(outliers)}
