"""What a person fills in for each service. No address of the person's choice is ever asked, but for the host and path
of a webhook; servers of one's own for ntfy are listed by admins."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import ChannelKind
from accounts.providers.messengers import Fields
from system.exceptions import InvalidInput, NotAllowed
from system.selectors.settings import setting

PORT = r"[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]"
PUBLIC_NTFY = "https://ntfy.sh"
LONGEST_FIELD = 600


@dataclass(frozen=True)
class Field:
    """One input.

    Args:
        pattern: what the whole of it has to match.
        is_secret: never shown again.
        is_optional: may be left empty.
    """

    name: str
    label: str | Promise
    pattern: str
    is_secret: bool = False
    is_optional: bool = False
    help_text: str | Promise = ""


FIELDS: Mapping[str, Sequence[Field]] = {
    ChannelKind.EMAIL: (),
    ChannelKind.TELEGRAM: (
        Field("token", gettext_lazy("Token of your bot"), r"\d{5,20}:[A-Za-z0-9_-]{20,80}", is_secret=True),
        Field("chat_id", gettext_lazy("Chat"), r"-?\d{1,20}|@[A-Za-z0-9_]{5,32}"),
    ),
    ChannelKind.DISCORD: (
        Field("webhook_id", gettext_lazy("Id of the webhook"), r"\d{10,25}"),
        Field("token", gettext_lazy("Token of the webhook"), r"[A-Za-z0-9_-]{20,120}", is_secret=True),
    ),
    ChannelKind.SLACK: (
        Field("workspace", gettext_lazy("First part of the webhook"), r"T[A-Z0-9]{5,20}"),
        Field("hook", gettext_lazy("Second part of the webhook"), r"B[A-Z0-9]{5,20}", is_secret=True),
        Field("token", gettext_lazy("Third part of the webhook"), r"[A-Za-z0-9]{15,60}", is_secret=True),
    ),
    ChannelKind.NTFY: (
        Field("server", gettext_lazy("Server"), r"https?://[A-Za-z0-9.:\[\]-]{1,200}"),
        Field("topic", gettext_lazy("Topic"), r"[A-Za-z0-9_-]{1,64}", is_secret=True),
        Field("token", gettext_lazy("Access token"), r"[A-Za-z0-9_]{6,100}", is_secret=True, is_optional=True),
    ),
    ChannelKind.WEBHOOK: (
        Field("scheme", gettext_lazy("Kind of connection"), r"https?"),
        Field("host", gettext_lazy("Host"), rf"(?!-)[A-Za-z0-9.-]{{1,200}}(:({PORT}))?"),
        Field("path", gettext_lazy("Path"), r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,500}", is_secret=True),
    ),
}


def checked_fields(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """What was filled in, stripped.

    Raises:
        InvalidInput: a field that is missing, unknown or makes no sense; what was typed is not repeated.
        NotAllowed: a server that admins have not allowed.
    """
    wanted = {field.name: field for field in FIELDS[kind]}
    if unknown := sorted(set(given) - set(wanted)):
        raise InvalidInput(_("%(field)s is no field of this service.") % {"field": unknown[0][:50]}, field="fields")
    found = {}
    for name, field in wanted.items():
        text = given.get(name, "").strip()
        if not text and field.is_optional:
            continue
        if len(text) > LONGEST_FIELD or not re.fullmatch(field.pattern, text, re.ASCII):
            raise InvalidInput(_("%(field)s does not look right.") % {"field": field.label}, field=name)
        found[name] = text
    refuse_servers(kind, found)
    return found


def refuse_servers(kind: str, fields: Fields) -> None:
    """Servers that only admins may allow."""
    if kind == ChannelKind.NTFY and fields["server"] not in {PUBLIC_NTFY, *setting("delivery")["ntfy_servers"]}:
        raise NotAllowed(_("This server of ntfy is not allowed here; an admin can list it under delivery."))
    if kind == ChannelKind.WEBHOOK and fields["scheme"] == "http":
        allowed = {host.lower() for host in setting("outgoing")["allowed_hosts"]}
        if fields["host"].partition(":")[0].lower() not in allowed:
            raise NotAllowed(_("Without TLS only hosts that an admin allows are called (outgoing)."))


def hint_of(kind: str, fields: Fields) -> str:
    """What may be shown of where a channel leads."""
    named = {
        ChannelKind.TELEGRAM: "chat_id",
        ChannelKind.DISCORD: "webhook_id",
        ChannelKind.SLACK: "workspace",
        ChannelKind.NTFY: "server",
        ChannelKind.WEBHOOK: "host",
    }
    return fields[named[ChannelKind(kind)]][:100]
