"""Signals that an admin enters by hand: plans as all others, with a record of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from aimodels.choices import ModelType
from aimodels.models import AIModel
from aimodels.services import RuleModel, ensure_rules
from assets.models import Asset
from macro.models import MetricsSnapshot
from selection.choices import PositionType
from system.choices import LIVE, AuditOperation
from system.exceptions import ConflictError, InvalidInput, NoData
from system.services import complete, record_change, setting
from trading.choices import SignalOrigin, SignalQuality, SignalStatus
from trading.compute.plan_faults import plan_fault
from trading.models import AITradingSignal
from trading.rules import ENTRY_TIMEFRAME, HORIZON_HOURS, MONITORING_TIMEFRAME
from trading.services.chances import UNSIZED
from trading.services.giving_way import lock_kinds
from trading.services.signal_events import SIGNAL_CREATED, announce_signals

BY_HAND = RuleModel(
    "signals_by_hand", "1.0.0", ModelType.TIMING, "target_before_stop", {"horizon_hours": HORIZON_HOURS}
)
"""What people's own judgement is called in the registry, so that its record stands apart from every model's."""
TIMEFRAMES = {hours: timeframe for timeframe, hours in HORIZON_HOURS.items()}
SAID = "what the admin says, not calibrated: its record tells how it is to be read"


@dataclass(frozen=True)
class OwnPlan:
    """A plan that a person makes.

    Attributes:
        asset: what is traded.
        side: long or short.
        entry, target, stop: USD.
        confidence: how likely the person takes it that the target comes before the stop, 0-1.
        hours: how long it lives, one of ``TIMEFRAMES``.
        expires_at: earlier end; None = when the hours are over.
        words: further columns: origin, risk level, market context, analysis.
    """

    asset: Asset
    side: PositionType
    entry: Decimal
    target: Decimal
    stop: Decimal
    confidence: Decimal
    hours: int
    expires_at: datetime | None
    words: Mapping[str, Any]


@transaction.atomic
def enter_signal(plan: OwnPlan, *, actor: User) -> AITradingSignal:
    """Put a person's plan into the market. It is followed and scored as every signal, is unproven until its record says
    else, and so has no size; its levels and its probability are written once. It gives way to one of the pipeline.

    Raises:
        InvalidInput: levels that make no plan, too little to win for what is risked, or a wrong time.
        NoData: the market has not been looked at on such candles yet.
        ConflictError: a signal of this asset, direction and horizon is active.
    """
    now = timezone.now()
    expires_at = _require_sound(plan, now)
    timeframe = TIMEFRAMES[plan.hours]
    snapshot = MetricsSnapshot.objects.filter(timeframe=timeframe, snapshot_time__lte=now)
    newest = snapshot.order_by("-snapshot_time").first()
    if newest is None:
        raise NoData(_("There is no snapshot of timeframe %(timeframe)s yet.") % {"timeframe": timeframe})
    model = ensure_rules(BY_HAND)
    columns = _columns(plan, model, newest, expires_at)
    lock_kinds(LIVE, plan.hours)
    try:
        with transaction.atomic():
            made = AITradingSignal.objects.create(**columns, generated_by=actor)
    except IntegrityError as error:
        if "unique_active_signal" not in str(error):
            raise
        raise ConflictError(
            _("There is an active signal of this asset, direction and horizon already."), code="signal_active"
        ) from None
    new = {name: columns[name] for name in ("asset_id", "signal_type", "entry_price", "target_price", "stop_loss")}
    record_change(made, AuditOperation.INSERT, actor=actor, new=new)
    announce_signals(SIGNAL_CREATED, [made.pk])
    return made


def _require_sound(plan: OwnPlan, now: datetime) -> datetime:
    """When it ends, if it is a plan at all."""
    if plan.words.get("signal_quality", SignalQuality.LOW) != SignalQuality.LOW:
        raise InvalidInput(
            _("A plan by hand has no measured edge before its record shows one: its quality is low."),
            field="signal_quality",
        )
    side = 1 if plan.side == PositionType.LONG else -1
    fault = plan_fault(side, float(plan.entry), float(plan.stop), float(plan.target))
    if fault is not None:
        raise InvalidInput(_("This level makes no plan for that direction."), field=fault.field)
    least = setting("signals", now)["min_risk_reward"]
    if _risk_reward(plan) < Decimal(str(least)):
        raise InvalidInput(
            _("It wins less than %(least)s times what it risks.") % {"least": least}, field="target_price"
        )
    latest = now + timedelta(hours=plan.hours)
    if plan.expires_at is not None and not now < plan.expires_at <= latest:
        raise InvalidInput(_("It ends after now, and within its horizon."), field="expires_at")
    return plan.expires_at or latest


def _risk_reward(plan: OwnPlan) -> Decimal:
    return abs(plan.target - plan.entry) / abs(plan.entry - plan.stop)


def _columns(plan: OwnPlan, model: AIModel, snapshot: MetricsSnapshot, expires_at: datetime) -> dict[str, Any]:
    timeframe = TIMEFRAMES[plan.hours]
    words = dict(plan.words)
    told = dict(words.pop("ai_analysis", None) or {})
    values, absent = complete(
        AITradingSignal,
        {
            "asset_id": plan.asset.pk,
            "ai_model": model,
            "metrics_snapshot": snapshot,
            "signal_type": plan.side,
            "signal_origin": SignalOrigin.MARKET_OPPORTUNITY,
            "signal_quality": SignalQuality.LOW,
            "status": SignalStatus.ACTIVE,
            "confidence_score": plan.confidence,
            "entry_price": plan.entry,
            "target_price": plan.target,
            "stop_loss": plan.stop,
            "risk_reward_ratio": _risk_reward(plan),
            "risk_management": dict(UNSIZED),
            "time_horizon_hours": plan.hours,
            "optimal_entry_timeframe": ENTRY_TIMEFRAME[timeframe],
            "monitoring_timeframe": MONITORING_TIMEFRAME[timeframe],
            "expires_at": expires_at,
            **words,
        },
        dict.fromkeys((column.name for column in AITradingSignal._meta.concrete_fields), "entered by hand"),
        by_people=("generated_by", "portfolio_analysis", "actual_entry_price", "max_favorable_excursion",
                   "max_adverse_excursion", "signal_successful", "invalidated_at", "withdrawn_at", "ai_analysis",
                   "watchlist_analysis"),
    )  # fmt: skip
    values["ai_analysis"] = told | {"is_proven": False, "probability_is": SAID, "missing": absent}
    return {**values, "series": LIVE}
