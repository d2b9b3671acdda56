"""The words of a delivery: those of its notification, or a digest that lists several."""

from collections.abc import Sequence

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Notification, NotificationDelivery
from accounts.providers.parcels import Parcel
from accounts.services.preferences import hours_of
from system.choices import Priority

LISTED = 50
"""Messages that a digest lists; the rest it counts."""
OWN_KEY = "key"
"""In the data of a message: its business key, which is ours."""


def parcel_of(row: NotificationDelivery) -> Parcel:
    """What goes out for a row of the ledger, in the language of its reader."""
    user = row.channel.user
    with translation.override(user.language):
        if row.notification is None:
            return digest(row)
        note = row.notification
        details = {name: value for name, value in (note.data or {}).items() if name != OWN_KEY}
        return Parcel(
            str(row.message_id),
            note.notification_type,
            note.title,
            f"{note.message}\n\n{settings.SITE_URL}",
            note.priority,
            note.sent_at or note.created_at,
            details,
        )


def digest(row: NotificationDelivery) -> Parcel:
    """One message that lists what came."""
    parts = Notification.objects.filter(deliveries__digest=row).order_by("pk")
    count = parts.count()
    title = ngettext("%(count)d message for you", "%(count)d messages for you", count) % {"count": count}
    return Parcel(
        str(row.message_id),
        "digest",
        title,
        listed(list(parts[:LISTED]), count, row),
        Priority.NORMAL,
        row.created_at,
        {"notification_ids": list(parts.values_list("pk", flat=True)[:LISTED])},
    )


def listed(notes: Sequence[Notification], count: int, row: NotificationDelivery) -> str:
    zone = hours_of(row.channel.user).zone
    lines = [f"• {(note.sent_at or note.created_at).astimezone(zone):%Y-%m-%d %H:%M} {note.title}" for note in notes]
    if count > len(notes):
        lines.append(_("… and %(more)d more") % {"more": count - len(notes)})
    return "\n".join([*lines, "", settings.SITE_URL])
