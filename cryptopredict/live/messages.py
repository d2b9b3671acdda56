"""What live messages say: ``{type, ts, seq, data}``, written once per event, however many listen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers

from accounts.api.notification_serializers import NotificationSerializer
from accounts.models import Notification
from assets.models import Asset
from assets.selectors.visible import visible_assets
from cryptopredict.live.channels import DELIVERED, HEALTH, JOB_PROGRESS, PRICES
from selection.api.serializers import SuggestionSerializer
from selection.models import AISuggestion
from system.api.health import HealthReportSerializer
from system.choices import LIVE
from system.models import OutboxEvent
from system.rest import ExactDecimalField, NumberField, ResourceSerializer
from system.rest.rendering import OPTIONS, plain
from system.selectors.health import health_reports
from trading.api.alert_serializers import AlertSerializer
from trading.api.execution_serializers import ExecutionSerializer
from trading.api.serializers import SignalSerializer
from trading.models import SignalAlert, SignalExecution
from trading.selectors.visible import live_signals

Events = Sequence[OutboxEvent]
Frame = dict[str, Any]
"""An event on its way: ``seq``, ``topic``, ``user`` (its only recipient, or None), and ``text`` or, of prices,
``texts``: pairs of an asset and its message. It has neither where only the recipient's state follows from it."""


def message(kind: str, seq: int, data: Any) -> str:
    """A message as it goes over the line."""
    told = {"type": kind, "ts": timezone.now(), "seq": seq, "data": data}
    return orjson.dumps(told, default=plain, option=OPTIONS).decode()


def by_row(
    key: str,
    rows: Callable[[], QuerySet[Any]],
    form: type[serializers.BaseSerializer[Any]],
    label: str | None = None,
    *,
    is_personal: bool = False,
) -> Callable[[Events], dict[int, Any]]:
    """Data of events that name a row: the row as it is now; nothing of one that is gone.

    Args:
        key: name of the row's id in the event.
        rows: where it is looked up.
        form: how it is shown.
        label: under which name; None = it is the data itself.
        is_personal: only the owner of the row may hear of it.
    """

    def data_of(events: Events) -> dict[int, Any]:
        found = {row.pk: row for row in rows().filter(pk__in={event.payload[key] for event in events})}
        shown: dict[int, Any] = {}
        told = {}
        for event in events:
            row = found.get(event.payload[key])
            if row is None or (is_personal and row.user_id != event.user_id):
                continue
            if row.pk not in shown:
                shown[row.pk] = form(row).data
            told[event.pk] = shown[row.pk] if label is None else {label: shown[row.pk]}
        return told

    return data_of


def health_data(events: Events) -> dict[int, Any]:
    reports = health_reports(event.payload["health_id"] for event in events)
    return {
        event.pk: HealthReportSerializer(reports[event.payload["health_id"]]).data
        for event in events
        if event.payload["health_id"] in reports
    }


class PriceSerializer(ResourceSerializer):
    """The present price of an asset, as the channel tells it."""

    asset_id = serializers.IntegerField(source="id", help_text="Asset")
    price = ExactDecimalField(38, 18, source="current_price", allow_null=True, help_text="USD")
    change_24h = NumberField(source="price_change_percentage_24h", allow_null=True, help_text="percent")

    class Meta:
        model = Asset
        only = ("asset_id", "symbol", "price", "change_24h")


SIGNAL = by_row("signal_id", lambda: live_signals().select_related("asset"), SignalSerializer, "signal")
SUGGESTION = by_row(
    "suggestion_id",
    lambda: AISuggestion.objects.filter(series=LIVE).select_related("asset"),
    SuggestionSerializer,
    "suggestion",
)
DATA: Mapping[str, Callable[[Events], dict[int, Any]]] = {
    **dict.fromkeys(("signal.created", "signal.updated", "signal.expired"), SIGNAL),
    **dict.fromkeys(("suggestion.created", "suggestion.reviewed", "suggestion.expired"), SUGGESTION),
    "execution.updated": by_row(
        "execution_id", SignalExecution.objects.all, ExecutionSerializer, "execution", is_personal=True
    ),
    "alert.triggered": by_row("alert_id", SignalAlert.objects.all, AlertSerializer, "alert", is_personal=True),
    DELIVERED: by_row("notification_id", Notification.objects.all, NotificationSerializer, is_personal=True),
    JOB_PROGRESS: lambda events: {event.pk: event.payload for event in events},
    HEALTH: health_data,
}
"""By topic, which is the type of the message too."""


def frames(events: Iterable[OutboxEvent]) -> list[Frame]:
    """Events as they are told, in their order. More events of the same kinds need no more queries."""
    events = list(events)
    told: dict[int, Any] = {}
    prices: dict[int, list[tuple[int, str]]] = {}
    for topic, same in groupby(sorted(events, key=lambda event: event.topic), key=lambda event: event.topic):
        if topic in DATA:
            told |= DATA[topic](list(same))
        elif topic == PRICES:
            prices |= price_texts(list(same))
    found = []
    for event in events:
        frame: Frame = {"seq": event.pk, "topic": event.topic, "user": event.user_id, "text": None}
        if event.pk in told:
            frame["text"] = message(event.topic, event.pk, told[event.pk])
        if event.pk in prices:
            frame["texts"] = prices[event.pk]
        found.append(frame)
    return found


def price_texts(events: Events) -> dict[int, list[tuple[int, str]]]:
    """Messages of prices by event, each with its asset."""
    wanted = {asset_id for event in events for asset_id in event.payload["asset_ids"]}
    assets = priced(wanted)
    return {
        event.pk: [(key, price_message(assets[key], event.pk)) for key in event.payload["asset_ids"] if key in assets]
        for event in events
    }


def priced(asset_ids: Iterable[int]) -> dict[int, Asset]:
    """Those of some assets that everybody may see, by id."""
    return {asset.pk: asset for asset in visible_assets().filter(pk__in=set(asset_ids))}


def price_message(asset: Asset, seq: int) -> str:
    """The present price of an asset."""
    return message("price.update", seq, PriceSerializer(asset).data)
