"""What the page of messages shows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from accounts.choices import DeliveryStatus, NotificationStatus, NotificationType
from accounts.models import Notification, NotificationChannel, NotificationDelivery, User
from accounts.selectors.notifications import visible_notifications
from assets.selectors.visible import visible_assets
from cryptopredict.pages.inbox.words import remedy
from trading.models import SignalAlert

PER_PAGE = 50
INBOX, UNREAD, AWAY = "inbox", "unread", "away"
STATES: dict[str, tuple[Callable[[], str], Q]] = {
    INBOX: (lambda: gettext("Inbox"), ~Q(status=NotificationStatus.DISMISSED)),
    UNREAD: (lambda: gettext("Unread"), Q(status=NotificationStatus.UNREAD)),
    AWAY: (lambda: gettext("Put away"), Q(status=NotificationStatus.DISMISSED)),
}
LISTED_STATUS = (DeliveryStatus.WAITING, DeliveryStatus.SENT, DeliveryStatus.DEAD)


@dataclass(frozen=True)
class Tab:
    """A choice of the filter, with how many messages it shows; None = not counted."""

    label: str
    query: str
    count: int | None
    is_chosen: bool


@dataclass(frozen=True)
class Message:
    """A message as it is shown.

    Attributes:
        leads: where to, beside the message itself: an address and what it is called.
        ways: its deliveries outside.
    """

    note: Notification
    leads: tuple[str, str] | None
    ways: list[NotificationDelivery]

    @property
    def is_unread(self) -> bool:
        return self.note.status == NotificationStatus.UNREAD

    @property
    def is_away(self) -> bool:
        return self.note.status == NotificationStatus.DISMISSED


@dataclass(frozen=True)
class Inbox:
    """A page of messages."""

    page: Page[Any]
    messages: list[Message]
    tabs: list[Tab]
    kinds: list[tuple[str, Any]]
    state: str
    kind: str
    unread: int
    query: str
    previous_query: str | None
    next_query: str | None


def inbox(user: User, query: Mapping[str, str], now: datetime) -> Inbox:
    """Messages as an address asks for them; words of it that mean nothing are passed over."""
    state = query.get("state") if query.get("state") in STATES else INBOX
    kind = query.get("kind", "") if query.get("kind") in NotificationType.values else ""
    everything = visible_notifications(user, now)
    of_kind = everything.filter(notification_type=kind) if kind else everything
    counts = of_kind.order_by().aggregate(**{name: Count("pk", filter=rule) for name, (_label, rule) in STATES.items()})
    _label, rule = STATES[str(state)]
    page = Paginator(of_kind.filter(rule), PER_PAGE).get_page(query.get("page"))
    kept = {} if state == INBOX else {"state": str(state)}
    kept |= {"kind": kind} if kind else {}
    rest = {"kind": kind} if kind else {}
    return Inbox(
        page=page,
        messages=messages_of(user, page.object_list),
        tabs=[
            Tab(label(), urlencode(rest if name == INBOX else rest | {"state": name}), counts[name], name == state)
            for name, (label, _rule) in STATES.items()
        ],
        kinds=list(NotificationType.choices),
        state=str(state),
        kind=kind,
        unread=counts[UNREAD],
        query=urlencode(kept),
        previous_query=urlencode(kept | {"page": page.previous_page_number()}) if page.has_previous() else None,
        next_query=urlencode(kept | {"page": page.next_page_number()}) if page.has_next() else None,
    )


def messages_of(user: User, notes: Iterable[Notification]) -> list[Message]:
    """Messages with where they lead and what became of them outside; as many queries however many they are."""
    notes = list(notes)
    alerts = numbers(notes, "alert_id")
    known = set(SignalAlert.objects.filter(user=user, pk__in=alerts).values_list("pk", flat=True)) if alerts else set()
    assets = numbers(notes, "asset_id")
    symbols = dict(visible_assets().filter(pk__in=assets).values_list("pk", "symbol")) if assets else {}
    ways: dict[int, list[NotificationDelivery]] = {}
    rows = NotificationDelivery.objects.filter(notification__in=notes).select_related("channel", "digest")
    for row in rows.order_by("pk"):
        ways.setdefault(row.notification_id or 0, []).append(row)
    return [Message(note, leads(note, known, symbols), ways.get(note.pk, [])) for note in notes]


def numbers(notes: Iterable[Notification], name: str) -> set[int]:
    """Ids of that name in the data of messages."""
    found = ((one.data or {}).get(name) for one in notes)
    return {one for one in found if type(one) is int}


def leads(note: Notification, alerts: set[int], symbols: Mapping[int, str]) -> tuple[str, str] | None:
    """Where a message leads."""
    data = note.data or {}
    if type(data.get("draft_id")) is int:
        return reverse("drafts"), gettext("To the drafts")
    if data.get("alert_id") in alerts:
        return reverse("alert", args=[data["alert_id"]]), gettext("To the alert")
    if data.get("asset_id") in symbols:
        symbol = symbols[data["asset_id"]]
        return reverse("asset", args=[symbol]), gettext("To %(symbol)s") % {"symbol": symbol}
    return None


@dataclass(frozen=True)
class Log:
    """A page of the ledger of deliveries.

    Attributes:
        rows: each with what helps, where something is wrong.
        channels: of the reader: id and name.
    """

    page: Page[Any]
    rows: list[tuple[NotificationDelivery, str]]
    channels: list[tuple[int, str]]
    statuses: list[tuple[str, Any]]
    channel: str
    status: str
    query: str
    previous_query: str | None
    next_query: str | None


def log(user: User, query: Mapping[str, str]) -> Log:
    """Deliveries as an address asks for them, newest first."""
    channels = list(NotificationChannel.objects.filter(user=user).order_by("label").values_list("pk", "label"))
    channel = query.get("channel", "") if query.get("channel") in {str(pk) for pk, _label in channels} else ""
    status = query.get("status", "") if query.get("status") in DeliveryStatus.values else ""
    kept = {name: value for name, value in (("channel", channel), ("status", status)) if value}
    page = Paginator(deliveries(user, channel, status), PER_PAGE).get_page(query.get("page"))
    return Log(
        page=page,
        rows=[(one, remedy(one)) for one in page.object_list],
        channels=channels,
        statuses=[(one.value, one.label) for one in LISTED_STATUS],
        channel=channel,
        status=status,
        query=urlencode(kept),
        previous_query=urlencode(kept | {"page": page.previous_page_number()}) if page.has_previous() else None,
        next_query=urlencode(kept | {"page": page.next_page_number()}) if page.has_next() else None,
    )


def deliveries(user: User, channel: str, status: str) -> QuerySet[NotificationDelivery]:
    """The ledger of a person, newest first."""
    rows = NotificationDelivery.objects.filter(channel__user=user).select_related("channel", "notification", "digest")
    rows = rows.filter(channel=int(channel)) if channel else rows
    return (rows.filter(status=status) if status else rows).order_by("-pk")
