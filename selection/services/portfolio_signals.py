"""Which signals of a run concern a portfolio."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Sum

from macro.models import MetricsSnapshot
from selection.choices import HoldingType, PositionType
from selection.models import AIPortfolioAnalysis, PositionFlow
from system.choices import LIVE
from system.services import plain


def attach_portfolio_signals(
    snapshot: MetricsSnapshot, signals: Sequence[dict[str, Any]], *, series: str = LIVE
) -> int:
    """Note on each analysis of a snapshot which signals of the run concern what was held then: those against a position
    (exit), those with one (adjustment), and those for what is not held (entry).

    Args:
        snapshot: the snapshot.
        signals: ``signal_id``, ``asset_id``, ``signal_type``, ``confidence``, ``entry_price`` of each.
        series: whose analyses.
    Returns:
        How many analyses changed.
    """
    analyses = list(AIPortfolioAnalysis.objects.filter(metrics_snapshot=snapshot, series=series))
    held = _held([analysis.portfolio_id for analysis in analyses], snapshot)
    changed = 0
    for analysis in analyses:
        wanted: dict[str, list[Any]] = {"exit_signals": [], "entry_signals": [], "adjustment_signals": []}
        for signal in signals:
            sides = held.get((analysis.portfolio_id, signal["asset_id"]), set())
            wanted[_kind(sides, signal["signal_type"])].append(plain(signal))
        if analysis.portfolio_signals != wanted:
            analysis.portfolio_signals = wanted
            analysis.save(update_fields=["portfolio_signals", "updated_at"])
            changed += 1
    return changed


def _kind(sides: set[str], signal_type: str) -> str:
    if not sides:
        return "entry_signals"
    return "adjustment_signals" if signal_type in sides else "exit_signals"


def _held(portfolio_ids: Sequence[int], snapshot: MetricsSnapshot) -> dict[tuple[int, int], set[str]]:
    """Sides that each portfolio held of each asset at the snapshot's moment."""
    rows = (
        PositionFlow.objects.filter(position__portfolio__in=portfolio_ids, occurred_at__lte=snapshot.snapshot_time)
        .values_list("position__portfolio", "position__asset", "position__asset_type")
        .annotate(quantity=Sum("quantity_change"))
    )
    found: dict[tuple[int, int], set[str]] = {}
    for portfolio_id, asset_id, kind, quantity in rows:
        if quantity:
            side = PositionType.SHORT if kind == HoldingType.SHORT_POSITION else PositionType.LONG
            found.setdefault((portfolio_id, asset_id), set()).add(side.value)
    return found
