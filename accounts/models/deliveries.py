"""What every message on its way outside has: the columns of a ledger of attempts."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.choices import DeliveryStatus
from system.constraints import at_least, one_of
from system.models.base import TimeStamped


class Delivery(TimeStamped):
    """A message on its way to one place, and what was tried."""

    message_id = models.UUIDField(
        default=uuid4, unique=True, db_comment="Sent with every attempt, so that a double can be recognised"
    )
    status = models.CharField(
        max_length=10, choices=DeliveryStatus, default=DeliveryStatus.WAITING, db_comment="Where it stands"
    )
    attempts = models.IntegerField(default=0, db_comment="Attempts begun, without those that were not let out")
    next_try_at = models.DateTimeField(db_default=Now(), db_comment="Not tried before this time")
    begun_at = models.DateTimeField(
        null=True, blank=True, db_comment="Beginning of an attempt whose result is not recorded; NULL = none is open"
    )
    first_attempt_at = models.DateTimeField(null=True, blank=True, db_comment="Beginning of the first attempt")
    last_attempt_at = models.DateTimeField(null=True, blank=True, db_comment="Beginning of the newest attempt")
    sent_at = models.DateTimeField(null=True, blank=True, db_comment="When the service took it")
    last_error = models.CharField(max_length=200, null=True, blank=True, db_comment="Why the newest attempt failed")
    possible_double = models.BooleanField(
        default=False,
        db_default=False,
        db_comment="An attempt may have arrived without our knowing: we ended, or no answer came, after it was sent",
    )

    class Meta:
        abstract = True


def of_ledger(table: str) -> list[models.BaseConstraint]:
    """What one row of a ledger can prove."""
    return [
        one_of("status", DeliveryStatus, name=f"chk_{table}_status"),
        at_least("attempts", 0, name=f"chk_{table}_attempts"),
        models.CheckConstraint(
            condition=models.Q(status=DeliveryStatus.SENT, sent_at__isnull=False)
            | (~models.Q(status=DeliveryStatus.SENT) & models.Q(sent_at__isnull=True)),
            name=f"chk_{table}_sent",
            violation_error_message=_("What was sent has a time, and nothing else has."),
        ),
        models.CheckConstraint(
            condition=models.Q(begun_at__isnull=True) | models.Q(status=DeliveryStatus.WAITING),
            name=f"chk_{table}_begun",
            violation_error_message=_("Only what waits can have an open attempt."),
        ),
    ]
