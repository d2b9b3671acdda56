"""The AsyncAPI document of the live channels, made from the serializers that write the messages."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from drf_spectacular.plumbing import ComponentRegistry
from rest_framework.serializers import Serializer

from accounts.api.notification_serializers import NotificationSerializer
from cryptopredict.api.dashboard_serializers import OverviewSerializer
from cryptopredict.live import channels
from cryptopredict.live.channels import Channel
from cryptopredict.live.entrance import PROTOCOL
from cryptopredict.live.listeners import MOST_PRICES
from cryptopredict.live.messages import PriceSerializer
from selection.api.serializers import SuggestionSerializer
from system.api.health import HealthReportSerializer
from system.api.views import RunViewSet
from system.rest.schema import Schema
from trading.api.alert_serializers import AlertSerializer
from trading.api.execution_serializers import ExecutionSerializer
from trading.api.serializers import SignalSerializer

REF = "#/components/schemas/"
ID: dict[str, Any] = {"type": "integer", "minimum": 1}
JOB: dict[str, Any] = {
    "type": "object",
    "properties": {
        "job_id": ID,
        "job_status": {"type": "string"},
        "progress_pct": {"type": "number", "minimum": 0, "maximum": 100},
        "current_phase": {"type": ["string", "null"]},
    },
}
COUNT: dict[str, Any] = {
    "after": {"description": "the event that the client named"},
    "count": {"type": ["integer", "null"], "description": "of events that were told after it"},
}
Form = type[Serializer[Any]]
DATA: Mapping[str, tuple[str | None, Form | dict[str, Any]]] = {
    "dashboard.update": (None, OverviewSerializer),
    "price.update": (None, PriceSerializer),
    "signal.created": ("signal", SignalSerializer),
    "signal.updated": ("signal", SignalSerializer),
    "signal.expired": ("signal", SignalSerializer),
    "execution.updated": ("execution", ExecutionSerializer),
    "alert.triggered": ("alert", AlertSerializer),
    "notification.created": (None, NotificationSerializer),
    "suggestion.created": ("suggestion", SuggestionSerializer),
    "suggestion.reviewed": ("suggestion", SuggestionSerializer),
    "suggestion.expired": ("suggestion", SuggestionSerializer),
    "job.progress": (None, JOB),
    "system.health": (None, HealthReportSerializer),
    "pong": (None, {"type": "object", "properties": COUNT, "required": []}),
    "resumed": (
        None,
        {
            "type": "object",
            "properties": {
                "missed": {"type": "integer", "minimum": 0, "description": "events that the client did not have"},
                **COUNT,
                "events": {
                    "type": "array",
                    "items": {"type": "object", "required": ["type", "ts", "seq", "data"]},
                    "description": "messages of this channel, in the order of their events: those that were missed, or "
                    "the first of them, where one message has no room for all",
                },
            },
        },
    ),
    "resync": (None, {"type": "object", "properties": {}}),
    "error": (None, {"type": "object", "properties": {"code": {"type": "string"}, "detail": {"type": "string"}}}),
}
"""By type: under which name the data hold what is told, and what that is."""
ANSWERS = ("pong", "error")
SEQ: dict[str, Any] = {"type": "integer", "minimum": 0, "description": "up to this event the client has everything"}
HAVE: dict[str, Any] = {
    "type": "array",
    "items": {"type": "integer"},
    "description": "numbers of later events that the client has: they are not told again",
}
SAID: Mapping[str, dict[str, Any]] = {
    "ping": {"seq": SEQ},
    "resume": {"seq": SEQ, "have": HAVE},
    "subscribe": {"asset_ids": {"type": "array", "items": ID, "minItems": 1, "maxItems": MOST_PRICES}},
    "unsubscribe": {"asset_ids": {"type": "array", "items": ID, "minItems": 1}},
}
"""What a client may say, by its action."""
OPTIONAL = {("ping", "seq"), ("resume", "have")}
TYPES = {"dashboard": ("dashboard.update",), "prices": ("price.update",)}
"""Types of messages of channels whose events have other names."""
ADDRESSES: tuple[tuple[str, str, Channel], ...] = (
    ("dashboard", "dashboard", channels.DASHBOARD),
    ("dashboardOf", "dashboard/{user_id}", channels.DASHBOARD),
    ("prices", "prices/{asset_ids}", channels.PRICE),
    ("signals", "signals", channels.SIGNALS),
    ("signalsOf", "signals/{user_id}", channels.SIGNALS),
    ("notifications", "notifications", channels.NOTIFICATIONS),
    ("suggestions", "suggestions", channels.SUGGESTIONS),
    ("suggestionsOlder", "admin/suggestions", channels.SUGGESTIONS),
    ("modelJobs", "models/jobs", channels.JOBS),
    ("systemStatus", "system/status", channels.STATUS),
    ("systemStatusOlder", "admin/system-status", channels.STATUS),
)
PARAMETERS = {
    "user_id": "The own id; admins may name anybody's.",
    "asset_ids": f"Ids of 1 to {MOST_PRICES} assets, separated by commas.",
}
WHO = {channels.GUEST: "Everybody may listen.", channels.USER: "For who is logged in.", channels.ADMIN: "For admins."}


class Plain(yaml.SafeDumper):
    """Writes everything out where it belongs."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def document() -> dict[str, Any]:
    """The whole document."""
    schemas = Schemas()
    messages = {kind: told(kind, label, schemas.of(form)) for kind, (label, form) in DATA.items()}
    messages |= {f"client.{action}": said(action, fields) for action, fields in SAID.items()}
    listed = {key: channel_of(address, channel) for key, address, channel in ADDRESSES}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "CryptoPredict, live",
            "version": "1",
            "description": "See live.md for coming in, resuming after a loss, and the codes of an end.",
        },
        "defaultContentType": "application/json",
        "channels": listed,
        "operations": {key: operation for key in listed for key, operation in operations_of(key, listed[key])},
        "components": {"messages": messages, "schemas": schemas.all()},
    }


def text() -> str:
    """The document as it is kept."""
    head = "# Made by manage.py asyncapi from the serializers; changed there.\n"
    return head + yaml.dump(document(), Dumper=Plain, sort_keys=False, allow_unicode=True, width=120)


def told(kind: str, label: str | None, data: dict[str, Any]) -> dict[str, Any]:
    """A message of the server."""
    return {
        "name": kind,
        "payload": closed(
            {
                "type": {"const": kind},
                "ts": {"type": "string", "format": "date-time", "description": "when it was written, UTC"},
                "seq": {"type": "integer", "minimum": 0, "description": "number of the event"},
                "data": data if label is None else closed({label: data}),
            }
        ),
    }


def said(action: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A message of a client."""
    payload = closed({"action": {"const": action}, **fields})
    payload["required"] = [name for name in payload["required"] if (action, name) not in OPTIONAL]
    return {"name": action, "payload": payload}


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def channel_of(address: str, channel: Channel) -> dict[str, Any]:
    """An address and what is told there."""
    kinds = [*TYPES.get(channel.name, sorted(channel.topics)), *ANSWERS]
    kinds += [] if channel.tells_state else ["resumed", "resync"]
    actions = [*SAID] if channel is channels.PRICE else ["ping", "resume"]
    names = [*kinds, *(f"client.{action}" for action in actions)]
    parameters = {name: {"description": text} for name, text in PARAMETERS.items() if f"{{{name}}}" in address}
    found: dict[str, Any] = {
        "address": f"/api/v1/ws/{address}",
        "description": WHO[channel.auth],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"method": "GET", "headers": PROTOCOL_HEADER}},
    }
    return found | ({"parameters": parameters} if parameters else {})


PROTOCOL_HEADER = {
    "type": "object",
    "properties": {"Sec-WebSocket-Protocol": {"type": "string", "description": f"{PROTOCOL}, and a ticket"}},
}


def operations_of(key: str, channel: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """What the server sends on a channel, and what it receives."""
    for action, mine in (("send", False), ("receive", True)):
        names = [name for name in channel["messages"] if name.startswith("client.") == mine]
        yield (
            f"{action}{key[0].upper()}{key[1:]}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{key}"},
                "messages": [{"$ref": f"#/channels/{key}/messages/{name}"} for name in names],
            },
        )


class Schemas:
    """JSON Schemas of serializers, as the OpenAPI document has them."""

    def __init__(self) -> None:
        self.maker = Schema()
        self.maker.registry = ComponentRegistry()
        self.maker.view = RunViewSet(request=None, action="list")
        self.maker.method, self.maker.path = "GET", "/"

    def of(self, form: Form | dict[str, Any]) -> dict[str, Any]:
        """The schema of what a form writes, by name."""
        if isinstance(form, dict):
            return {"required": list(form["properties"]), **form, "additionalProperties": False}
        found: dict[str, Any] = self.maker.resolve_serializer(form(), "response").ref
        return found

    def all(self) -> dict[str, Any]:
        """Every schema that was asked for, in the words of JSON Schema."""
        return {name: in_json_schema(one) for name, one in self.maker.registry.build({})["schemas"].items()}


def in_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 says ``nullable``, where JSON Schema has null as a type, and whether a limit is excluded."""
    if isinstance(node, list):
        return [in_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {name: in_json_schema(value) for name, value in node.items() if name not in ("nullable", "readOnly")}
    for limit, excluded in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if found.pop(excluded, False):
            found[excluded] = found.pop(limit)
    if not node.get("nullable"):
        return found
    if "enum" in found:
        found["enum"] = [*found["enum"], *([] if None in found["enum"] else [None])]
    if isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        return found
    return {"anyOf": [found, {"type": "null"}]}
