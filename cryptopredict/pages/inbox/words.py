"""Messages and their ways outside, in words."""

import re
from collections.abc import Callable

from django.utils.translation import gettext, ngettext

from accounts.choices import DeliveryStatus
from accounts.models import NotificationDelivery
from system import formats

MOST_SHOWN = 99
CODE = re.compile(r": (\d{3})\b")
"""Where an error tells with which status the service answered."""


def unread_shown(count: int) -> str:
    """The number on the bell."""
    return f"{formats.number(MOST_SHOWN)}+" if count > MOST_SHOWN else formats.number(count)


def unread_words(count: int) -> str:
    """The same for who does not see it."""
    if not count:
        return gettext("Messages: none unread")
    told = ngettext("Messages: %(n)s unread", "Messages: %(n)s unread", count)
    return told % {"n": formats.number(count)}


REMEDIES: tuple[tuple[range, Callable[[], str]], ...] = (
    (range(1), lambda: gettext("The service was not reached: look whether its address is right, then send a test.")),
    (range(401, 402), lambda: gettext("The service refuses the key: connect the channel anew.")),
    (range(403, 404), lambda: gettext("The service refuses the key: connect the channel anew.")),
    (range(404, 405), lambda: gettext("There is nothing at this address any more: connect the channel anew.")),
    (range(410, 411), lambda: gettext("There is nothing at this address any more: connect the channel anew.")),
    (
        range(429, 430),
        lambda: gettext("The service takes no more for now: let less through, or put it into a digest."),
    ),
    (range(500, 600), lambda: gettext("The service has a fault of its own: try it again later.")),
    (
        range(1000),
        lambda: gettext("The service does not take this message: send a test to see whether it takes any."),
    ),
)
"""What helps, by the status with which a service answered; 0 = it did not."""


def remedy(delivery: NotificationDelivery) -> str:
    """What helps against the fault of a delivery; empty where nothing is to be done."""
    if delivery.status == DeliveryStatus.SENT or not delivery.last_error:
        return ""
    if not delivery.channel.is_active:
        return gettext("Resume the channel; then have it tried again.")
    found = CODE.search(delivery.last_error)
    code = int(found[1]) if found else 0
    return next(words() for codes, words in REMEDIES if code in codes)
