"""Which signals of a run concern a portfolio."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Sum

from macro.models import MetricsSnapshot
from selection.choices import HoldingType, PositionType
from selection.models import AIPortfolioAnalysis, Portfolio, PositionFlow
from system.choices import LIVE
from system.services import plain


@transaction.atomic
def attach_portfolio_signals(
    snapshot: MetricsSnapshot,
    signals: Sequence[dict[str, Any]],
    *,
    series: str = LIVE,
    portfolio: Portfolio | None = None,
) -> int:
    """Note on each analysis of a snapshot which signals of the run concern what was held then: those against a position
    (exit), those with one (adjustment), and those for what is not held (entry); and on each trade that it suggests.

    Args:
        snapshot: the snapshot.
        signals: ``signal_id``, ``asset_id``, ``signal_type``, ``confidence``, ``entry_price`` of each.
        series: whose analyses.
        portfolio: only those of this one; None = of all.
    Returns:
        How many analyses changed.
    """
    # Locked: an owner may have the portfolio analysed anew just now.
    rows = AIPortfolioAnalysis.objects.select_for_update(of=("self",))
    rows = rows.filter(metrics_snapshot=snapshot, series=series)
    analyses = list((rows if portfolio is None else rows.filter(portfolio=portfolio)).order_by("pk"))
    held = _held([analysis.portfolio_id for analysis in analyses], snapshot)
    changed = 0
    for analysis in analyses:
        wanted: dict[str, list[Any]] = {"exit_signals": [], "entry_signals": [], "adjustment_signals": []}
        for signal in signals:
            sides = held.get((analysis.portfolio_id, signal["asset_id"]), set())
            wanted[_kind(sides, signal["signal_type"])].append(plain(signal))
        trades = signalled(analysis.rebalancing_suggestions or [], signals)
        if (analysis.portfolio_signals, analysis.rebalancing_suggestions or []) != (wanted, trades):
            analysis.portfolio_signals, analysis.rebalancing_suggestions = (
                wanted,
                trades or analysis.rebalancing_suggestions,
            )
            analysis.save(update_fields=["portfolio_signals", "rebalancing_suggestions", "updated_at"])
            changed += 1
    return changed


def signalled(trades: Sequence[Mapping[str, Any]], signals: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Suggested trades with the signals about their asset: all of them are related, and suggested are those that point
    the way of the trade, by which it could be carried out."""
    lines = []
    for trade in trades:
        related = [one for one in signals if one["asset_id"] == trade.get("asset_id")]
        way = PositionType.LONG if trade["action"] == "buy" else PositionType.SHORT
        suggested = [one["signal_id"] for one in related if one["signal_type"] == way]
        told = {"related_signals": [one["signal_id"] for one in related], "suggested_signals": suggested}
        lines.append({**trade, **told})
    return lines


def noted_signals(analysis: AIPortfolioAnalysis) -> list[dict[str, Any]]:
    """The signals of the run that an analysis has noted."""
    return [one for part in (analysis.portfolio_signals or {}).values() for one in part]


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
