"""What stands around the open positions of a portfolio: the layers above, then and now, and signals that live."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from assets.selectors import MarketView
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AISectorAnalysis
from sectors.selectors.members import primary_sectors
from selection.choices import PositionType
from selection.models import Portfolio, PositionFlow
from selection.selectors.valued import Valued
from selection.services import standing
from trading.compute.sizing import Evidence
from trading.models import AITradingSignal
from trading.selectors.signal_record import evidence
from trading.selectors.visible import over_at
from trading.services.setups import Layers, mood_of, outlook_of

OLDEST = timedelta(days=7)
"""A snapshot or regime this long before an entry says nothing of it."""


@dataclass(frozen=True)
class Entry:
    """When a position was opened, and what the layers said then; None is unknown."""

    at: datetime
    regime: str | None
    mood: float | None


@dataclass(frozen=True)
class Surroundings:
    """All positions of a portfolio share it.

    Attributes:
        regime: now, None without an analysis.
        mood: Fear & Greed index, 0-100; None if unknown.
        capital: what the portfolio is worth, USD; None where a price is unknown.
        entries: by position.
        outlooks: of the sector of each asset that has one.
        directions: of the live signals of each asset, 1 or -1.
        records: what came of earlier signals of each kind, by model version and direction.
    """

    view: MarketView
    layers: Layers
    regime: str | None
    mood: float | None
    capital: Decimal | None
    entries: dict[int, Entry]
    outlooks: dict[int, str]
    directions: dict[int, list[int]]
    records: dict[tuple[int, PositionType], Evidence]


def surroundings(
    portfolio: Portfolio, snapshot: MetricsSnapshot, view: MarketView, valued: list[Valued], series: str
) -> Surroundings:
    """What was known at the view's moment."""
    regimes = AIRegimeAnalysis.objects.filter(metrics_snapshot=snapshot, series=series)
    regime = regimes.values_list("current_regime", flat=True).first()
    assets = sorted({one.position.asset_id for one in valued})
    rows = AISectorAnalysis.objects.filter(metrics_snapshot=snapshot, series=series)
    by_sector = dict(rows.values_list("sector_id", "ai_sector_outlook"))
    sectors = primary_sectors(assets, view.as_of)
    outlooks = {asset: word for asset, one in sectors.items() if (word := by_sector.get(one.pk))}
    worths = [one.value for one in valued]
    mood = snapshot.fear_greed_index
    return Surroundings(
        view,
        Layers(standing(view), mood_of(regime), {asset: outlook_of(word) for asset, word in outlooks.items()}),
        regime,
        None if mood is None else float(mood),
        None if any(one is None for one in worths) else sum((one for one in worths if one is not None), Decimal(0)),
        _entries(portfolio, view, series),
        outlooks,
        _directions(assets, view, series),
        evidence(view.timeframe, view.as_of, series),
    )


def _entries(portfolio: Portfolio, view: MarketView, series: str) -> dict[int, Entry]:
    """Since when each position has been held without a break, and what was said of the market then."""
    flows = PositionFlow.objects.filter(position__portfolio=portfolio, occurred_at__lte=view.as_of)
    held: dict[int, Decimal] = defaultdict(Decimal)
    opened: dict[int, datetime] = {}
    ordered = flows.order_by("occurred_at", "pk").values_list("position_id", "occurred_at", "quantity_change")
    for position, at, change in ordered.iterator():
        if not held[position]:
            opened[position] = at
        held[position] += change
    said = {at: _said(at, view.timeframe, series) for at in {opened[one] for one in held if held[one]}}
    return {position: Entry(opened[position], *said[opened[position]]) for position in held if held[position]}


def _said(at: datetime, timeframe: str, series: str) -> tuple[str | None, float | None]:
    """Regime, and Fear & Greed index, that were newest at a moment."""
    regimes = AIRegimeAnalysis.objects.filter(
        series=series, analysis_timeframe=timeframe, analysis_time__lte=at, analysis_time__gt=at - OLDEST
    )
    regime = regimes.order_by("-analysis_time").values_list("current_regime", flat=True).first()
    snapshots = MetricsSnapshot.objects.filter(
        timeframe=timeframe, snapshot_time__lte=at, snapshot_time__gt=at - OLDEST
    )
    mood = snapshots.order_by("-snapshot_time").values_list("fear_greed_index", flat=True).first()
    return regime, None if mood is None else float(mood)


def _directions(assets: list[int], view: MarketView, series: str) -> dict[int, list[int]]:
    """Directions of the signals that lived at the view's moment, by what was known of their ends then."""
    living = AITradingSignal.objects.filter(
        ~over_at(view.as_of), asset__in=assets, series=series, run__as_of__lte=view.as_of, expires_at__gt=view.as_of
    )
    found: dict[int, list[int]] = defaultdict(list)
    for asset, kind in living.order_by("pk").values_list("asset_id", "signal_type"):
        found[asset].append(1 if kind == PositionType.LONG else -1)
    return found
