"""Mails about accounts: written with the deed in one transaction, sent by a sweep.

A mail is sent at least once: a double is possible only when the process dies between the mail server's yes and the
note of it.
"""

import logging
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone, translation

from accounts.choices import MailKind
from accounts.models import OutgoingMail, User

logger = logging.getLogger(__name__)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
LIFETIME = timedelta(days=2)
"""How long it is of use to tell that something was changed."""


@dataclass(frozen=True)
class Letter:
    """What a mail says."""

    subject: str
    lines: Sequence[str]


def mail_is_configured() -> bool:
    """There is a mail server: without one nothing can be confirmed or reset by mail."""
    return bool(settings.EMAIL_HOST)


def queue_mail(user: User, kind: MailKind, letter: Letter, *, recipient: str, until: datetime) -> OutgoingMail:
    """Write a mail, to be sent by the next sweep.

    Args:
        recipient: its address.
        until: it is of no use after this time.
    """
    validate_email(recipient)
    return OutgoingMail.objects.create(
        user=user,
        kind=kind,
        recipient=recipient,
        subject=letter.subject,
        body="\n\n".join(letter.lines),
        expires_at=until,
    )


def in_language_of(user: User) -> translation.override:
    """What is written inside is in the language that the person has chosen."""
    return translation.override(user.language)


def send_mails(limit: int = 100) -> tuple[int, int]:
    """Send what waits; texts that are of no use any more are dropped. A mail server that does not answer in time is not
    asked again before the next sweep: each mail would wait as long.

    Returns:
        How many were sent, and how many could not be.
    """
    now = timezone.now()
    OutgoingMail.objects.filter(body__isnull=False, expires_at__lte=now).update(body=None, last_error="too old")
    if not mail_is_configured():
        return 0, 0
    sent = failed = 0
    for _number in range(limit):
        outcome = _send_next()
        sent, failed = sent + (outcome == Outcome.SENT), failed + (outcome in {Outcome.FAILED, Outcome.SILENCE})
        if outcome in {Outcome.NONE_WAITS, Outcome.SILENCE}:
            break
    return sent, failed


class Outcome(Enum):
    """What became of a mail; ``SILENCE``: the server did not answer in time."""

    SENT, FAILED, SILENCE, NONE_WAITS = range(4)


@transaction.atomic
def _send_next() -> Outcome:
    """Send one mail whose row nobody else holds."""
    waiting = OutgoingMail.objects.filter(body__isnull=False, next_try_at__lte=timezone.now())
    mail = waiting.select_for_update(skip_locked=True).order_by("next_try_at", "pk").first()
    if mail is None:
        return Outcome.NONE_WAITS
    mail.attempts += 1
    try:
        EmailMessage(mail.subject, mail.body or "", to=[mail.recipient]).send()
    except (OSError, smtplib.SMTPException) as error:
        wait = min(FIRST_WAIT * 2 ** min(mail.attempts - 1, 20), LONGEST_WAIT)
        mail.last_error, mail.next_try_at = type(error).__name__, timezone.now() + wait
        mail.save(update_fields=["attempts", "last_error", "next_try_at"])
        logger.warning("mail %s was not sent: %s", mail.pk, type(error).__name__)
        return Outcome.SILENCE if _timed_out(error) else Outcome.FAILED
    mail.body, mail.sent_at, mail.last_error = None, timezone.now(), None
    mail.save(update_fields=["attempts", "body", "sent_at", "last_error"])
    return Outcome.SENT


def _timed_out(error: BaseException | None) -> bool:
    """Whether waiting was at fault; smtplib tells a time-out as a connection that was lost."""
    return error is not None and (isinstance(error, TimeoutError) or _timed_out(error.__context__))
