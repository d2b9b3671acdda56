"""The program outside that is told of decisions, for so long that the product forgets what it has told it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import WebhookDelivery
from tests.chaos.outside import Outside
from tests.stubs.server import Reply, Request

REMEMBERED = timedelta(days=25)
"""Less than deliveries are kept for (30 days): of an older message there may be a row or not."""


@dataclass
class Listener(Outside):
    """Knows when each message came, by the clock of the soak."""

    moments: dict[str, datetime] = field(default_factory=dict)

    def hear(self, request: Request) -> Reply:
        self.moments.setdefault(request.headers["webhook-id"], timezone.now())
        super().hear(request)
        return Reply()

    def arrivals(self) -> Counter[str]:
        """How often each message came whose row there must be, or is."""
        oldest = timezone.now() - REMEMBERED
        there = {str(number) for number in WebhookDelivery.objects.values_list("message_id", flat=True)}
        found = super().arrivals()
        return Counter({name: times for name, times in found.items() if name in there or self.moments[name] > oldest})
