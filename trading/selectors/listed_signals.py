"""Signals as people look through them: chosen by what they plan and what became of them, and in an order."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from assets.choices import DEMO_SOURCE, Market
from trading.choices import SignalEnding, SignalStatus
from trading.models import AITradingSignal, SignalOutcomeRevision
from trading.selectors.visible import visible_signals

ACTIVE, ENDED = "active", "ended"
ORDERS = {
    "issued": "metrics_snapshot__snapshot_time",
    "asset": "asset__symbol",
    "probability": "confidence_score",
    "rr": "risk_reward_ratio",
    "reward": "potential_return_pct",
    "risk": "max_loss_pct",
    "ends": "expires_at",
    "result": "result_pct",
}
"""What signals may be ordered by."""


@dataclass(frozen=True)
class Wanted:
    """Which signals; None and empty are all.

    Attributes:
        state: ``active``, ``ended``, or how it ended: one of ``SignalEnding``.
        is_proven: made with a measured edge, or without.
        asset_ids: of these assets.
    """

    state: str = ""
    direction: str = ""
    hours: int | None = None
    timeframe: str = ""
    symbol: str = ""
    is_proven: bool | None = None
    asset_ids: Collection[int] | None = None


def signals_of_market(market: Market, user: Any) -> QuerySet[AITradingSignal]:
    """Live signals of one market that a person may see, with ``ending`` and ``result_pct``: how each ended, as it was
    corrected last, and what it brought after costs; None while it is not over."""
    is_demo = {"asset__data_source": DEMO_SOURCE}
    seen = visible_signals(user)
    found = seen.filter(**is_demo) if market == Market.DEMO else seen.exclude(**is_demo)
    corrected = SignalOutcomeRevision.objects.filter(signal=OuterRef("pk")).order_by("-number")
    result = DecimalField(max_digits=18, decimal_places=6)
    return found.annotate(
        ending=Coalesce(Subquery(corrected.values("outcome")[:1]), F("outcome__outcome")),
        result_pct=Case(
            When(Exists(corrected), then=Subquery(corrected.values("net_return_pct")[:1], output_field=result)),
            default=F("outcome__net_return_pct"),
            output_field=result,
        ),
    )


def chosen(signals: QuerySet[AITradingSignal], wanted: Wanted) -> QuerySet[AITradingSignal]:
    """Those that are wanted, of ``signals_of_market``."""
    equal = {
        "signal_type": wanted.direction,
        "time_horizon_hours": wanted.hours,
        "metrics_snapshot__timeframe": wanted.timeframe,
        "asset__symbol": wanted.symbol,
    }
    found = signals.filter(**{name: value for name, value in equal.items() if value})
    if wanted.asset_ids is not None:
        found = found.filter(asset__in=wanted.asset_ids)
    return in_state(of_proof(found, wanted.is_proven), wanted.state)


def of_proof(signals: QuerySet[AITradingSignal], is_proven: bool | None) -> QuerySet[AITradingSignal]:
    """Those with a measured edge, those without, or all."""
    if is_proven is None:
        return signals
    proven = {"ai_analysis__is_proven": True}
    return signals.filter(**proven) if is_proven else signals.exclude(**proven)


def in_state(signals: QuerySet[AITradingSignal], state: str) -> QuerySet[AITradingSignal]:
    """Those that are open now, those that are not, or those that ended in one way."""
    if state in SignalEnding.values:
        ended = {"ending": state}
        return signals.filter(**ended)
    if state not in {ACTIVE, ENDED}:
        return signals
    is_open = Q(status=SignalStatus.ACTIVE) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    return signals.filter(is_open if state == ACTIVE else ~is_open)


def ordered(signals: QuerySet[AITradingSignal], order: str) -> QuerySet[AITradingSignal]:
    """By a key of ``ORDERS``, ``-`` for the largest first; what is unknown comes last either way."""
    field = F(ORDERS[order.removeprefix("-")])
    by = field.desc(nulls_last=True) if order.startswith("-") else field.asc(nulls_last=True)
    return signals.order_by(by, "-confluence_count", "-pk")
