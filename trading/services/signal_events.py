"""What is told of signals while they live, in the transaction that changes them."""

from collections.abc import Collection

from system.services.events import publish_all, publish_each
from trading.models import AITradingSignal

SIGNAL_CREATED, SIGNAL_UPDATED, SIGNAL_EXPIRED = "signal.created", "signal.updated", "signal.expired"


def announce_signals(topic: str, signal_ids: Collection[int]) -> None:
    """Tell who may see them that live signals have come to something: everybody, or, of a signal that an analysis of
    somebody's portfolio made, its owner."""
    if not signal_ids:
        return
    owners = dict(
        AITradingSignal.objects.filter(pk__in=signal_ids, portfolio_analysis__isnull=False).values_list(
            "pk", "portfolio_analysis__portfolio__user"
        )
    )
    publish_all(topic, ({"signal_id": key} for key in signal_ids if key not in owners))
    publish_each(topic, ((owner, {"signal_id": key}) for key, owner in owners.items()))
