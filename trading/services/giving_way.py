"""Of each asset, direction and horizon one signal is active. What the pipeline plans must be what a replay of it plans,
so a signal that a person entered gives way to it."""

from collections.abc import Collection

from django.db import connection
from django.utils import timezone

from system.choices import AuditOperation
from system.services import record_change
from trading.choices import SignalStatus
from trading.models import AITradingSignal
from trading.services.signal_events import SIGNAL_EXPIRED, SIGNAL_UPDATED, announce_signals

Kind = tuple[int, str]
"""Asset and direction."""
LOCK = "SELECT pg_advisory_xact_lock(hashtext('active_signals'), hashtext(%s))"


def lock_kinds(series: str, hours: int) -> None:
    """Signals of a horizon are planned, or entered, by one at a time until its transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"{series} {hours}"])


def give_way(kinds: Collection[Kind], *, series: str, hours: int) -> list[AITradingSignal]:
    """Cancel the signals by hand that stand where the pipeline now plans its own. They are followed to their ends all
    the same. The caller has locked the kinds.

    Returns:
        Those that were cancelled.
    """
    entered = AITradingSignal.objects.select_for_update(of=("self",)).filter(
        status=SignalStatus.ACTIVE, run=None, series=series, time_horizon_hours=hours,
        asset__in={asset for asset, _side in kinds},
    )  # fmt: skip
    now = timezone.now()
    gone, ran_out = [], []
    for signal in entered.order_by("pk"):
        if (signal.asset_id, signal.signal_type) not in kinds:
            continue
        if signal.expires_at is not None and signal.expires_at <= now:
            signal.status = SignalStatus.EXPIRED  # the sweep has not come by yet
            ran_out.append(signal)
        else:
            signal.status, signal.withdrawn_at = SignalStatus.CANCELLED, now
            gone.append(signal)
            record_change(
                signal, AuditOperation.UPDATE, actor=None, old={"status": SignalStatus.ACTIVE},
                new={"status": SignalStatus.CANCELLED}, details="gave way to a signal of the pipeline",
            )  # fmt: skip
        signal.save(update_fields=["status", "withdrawn_at", "updated_at"])
    announce_signals(SIGNAL_UPDATED, [signal.pk for signal in gone])
    announce_signals(SIGNAL_EXPIRED, [signal.pk for signal in ran_out])
    return gone
