"""Signals as people see them: the live series only, with what each may win and lose."""

from datetime import datetime
from typing import Any

from django.db.models import Case, DecimalField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Round
from django.utils import timezone

from selection.choices import PositionType
from system.choices import LIVE
from trading.choices import SignalStatus
from trading.models import AITradingSignal, SignalOutcome

WITHDRAWN = (SignalStatus.CANCELLED, SignalStatus.INVALIDATED)
"""What an admin may say of a signal."""


def live_signals() -> QuerySet[AITradingSignal]:
    """Signals of the live series with ``potential_return_pct`` and ``max_loss_pct``, percent of the entry price.

    Both are positive for a plan that makes sense, long or short; unknown where a level is.
    """
    return AITradingSignal.objects.filter(series=LIVE).annotate(
        potential_return_pct=in_percent("target_price", "entry_price"),
        max_loss_pct=in_percent("entry_price", "stop_loss"),
    )


def visible_signals(user: Any) -> QuerySet[AITradingSignal]:
    """Live signals that a person may act on: those for everybody, and those from analyses of their own portfolios."""
    own = Q(portfolio_analysis=None) | Q(portfolio_analysis__portfolio__user=user.pk)
    return live_signals().filter(own)


def is_for(signal: AITradingSignal, user_id: int) -> bool:
    """Whether a live signal is for a person, as ``visible_signals`` tells; its ``portfolio_analysis__portfolio`` is
    looked up with it."""
    analysis = signal.portfolio_analysis
    return analysis is None or analysis.portfolio.user_id == user_id


def in_percent(above: str, below: str) -> Round:
    """How far a long's one level lies above the other, percent of the entry; a short counts the other way round."""
    number = DecimalField(max_digits=38, decimal_places=18)
    gain = ExpressionWrapper(F(above) - F(below), output_field=number)
    signed = Case(When(signal_type=PositionType.SHORT, then=-gain), default=gain, output_field=number)
    return Round(ExpressionWrapper(signed * 100 / F("entry_price"), output_field=number), precision=4)


def with_status(signals: QuerySet[AITradingSignal], status: str) -> QuerySet[AITradingSignal]:
    """Signals of a state. One that has run out is expired, even before the sweep has said so."""
    ran_out = Q(status=SignalStatus.ACTIVE, expires_at__lte=timezone.now())
    if status == SignalStatus.ACTIVE:
        return signals.filter(status=SignalStatus.ACTIVE).exclude(ran_out)
    if status == SignalStatus.EXPIRED:
        return signals.filter(Q(status=SignalStatus.EXPIRED) | ran_out)
    return signals.filter(status=status)


def over_at(as_of: datetime) -> Q:
    """Signals that did not live any more at a moment: ended by then, or withdrawn by an admin."""
    ended = SignalOutcome.objects.filter(signal=OuterRef("pk"), ended_at__lte=as_of)
    return Q(Exists(ended)) | Q(withdrawn_at__lte=as_of)


def status_now(signal: AITradingSignal) -> str:
    """State of a signal, read as ``with_status`` reads it."""
    ran_out = signal.expires_at is not None and signal.expires_at <= timezone.now()
    return SignalStatus.EXPIRED.value if ran_out and signal.status == SignalStatus.ACTIVE else signal.status
