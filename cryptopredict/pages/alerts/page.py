"""What the page of alerts shows: every alert in words, its state, and why it fired."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext

from accounts.models import User
from cryptopredict.pages.alerts.kinds import BY_KEY, KINDS, PageKind, kind_of_row
from cryptopredict.pages.alerts.words import how, measured, sentence
from sectors.models import Sector
from trading.choices import AlertCondition
from trading.models import AlertFiring, SignalAlert
from trading.services.alerts.kinds import AUTO, kind_of

PER_PAGE = 50
LATELY = 10
MOST_FIRINGS = 5000
WAITING, COOLING, FIRED, SEEN, PAUSED, EXPIRED = "waiting", "cooling", "fired", "seen", "paused", "expired"
STATES: dict[str, Callable[[], str]] = {
    FIRED: lambda: gettext("fired"),
    WAITING: lambda: gettext("armed"),
    COOLING: lambda: gettext("in its pause"),
    SEEN: lambda: gettext("noted"),
    PAUSED: lambda: gettext("paused"),
    EXPIRED: lambda: gettext("expired"),
}
"""What an alert can be, the most urgent first."""
RANKS = {name: rank for rank, name in enumerate(STATES)}


@dataclass(frozen=True)
class Row:
    """An alert as it is shown.

    Attributes:
        alert: with its asset.
        kind: which sort.
        told: what it watches, in a sentence.
        notes: how, in few words each.
        state: a key of ``STATES``.
        until: when the state ends by itself; None = it does not.
        firing: why it fired last.
        measured: the value of that, in its unit.
        distance: how far the price still has to go, percent of it; None where that is no question.
    """

    alert: SignalAlert
    kind: PageKind
    parameters: Mapping[str, Any]
    told: str
    notes: list[str]
    state: str
    until: datetime | None
    firing: AlertFiring | None
    measured: str
    distance: float | None

    @property
    def state_label(self) -> str:
        return STATES[self.state]()

    @property
    def is_fired(self) -> bool:
        return self.alert.is_triggered

    @property
    def can_rearm(self) -> bool:
        return self.alert.is_triggered and self.state != EXPIRED


@dataclass(frozen=True)
class Tab:
    """A choice of the filter by state."""

    key: str
    label: str
    count: int
    query: str
    is_chosen: bool


@dataclass(frozen=True)
class AlertsPage:
    """The list."""

    page: Page[Any]
    tabs: list[Tab]
    kinds: Sequence[PageKind]
    kind: str
    asset: str
    sort: str
    state: str
    total: int
    fired: int
    waiting: int
    checked_at: datetime | None
    lately: list[tuple[AlertFiring, PageKind, str]]
    query: str
    previous_query: str | None
    next_query: str | None

    @property
    def is_filtered(self) -> bool:
        return bool(self.kind or self.asset or self.state)


def state_of(alert: SignalAlert, now: datetime) -> tuple[str, datetime | None]:
    """What an alert is, and until when where that ends by itself."""
    pause_ends = alert.triggered_at and alert.triggered_at + timedelta(minutes=alert.cooldown_minutes)
    if alert.is_triggered and alert.acknowledged_at is None:
        rearms = alert.is_active and (alert.parameters or {}).get("rearm") == AUTO
        return FIRED, pause_ends if rearms else None
    if not alert.is_active:
        return PAUSED, None
    if alert.expires_at is not None and alert.expires_at <= now:
        return EXPIRED, None
    if alert.is_triggered:
        return SEEN, None
    if pause_ends and pause_ends > now:
        return COOLING, pause_ends
    return WAITING, alert.expires_at


def rows_of(alerts: Iterable[SignalAlert], now: datetime) -> list[Row]:
    """Alerts as they are shown; two queries more, however many they are."""
    alerts = list(alerts)
    newest = AlertFiring.objects.filter(alert__in=alerts).order_by("alert", "-number").distinct("alert")
    firings = {one.alert_id: one for one in newest}
    named = {int(key) for key in ((one.parameters or {}).get("sector") for one in alerts) if key is not None}
    sectors = dict(Sector.objects.filter(pk__in=named).values_list("pk", "name")) if named else {}
    return [_row(alert, firings.get(alert.pk), sectors, now) for alert in alerts]


def _row(alert: SignalAlert, firing: AlertFiring | None, sectors: Mapping[int, str], now: datetime) -> Row:
    kind = kind_of_row(alert.alert_type, alert.condition)
    parameters = kind_of(alert.alert_type, alert.condition).complete(alert.parameters)
    state, until = state_of(alert, now)
    return Row(
        alert,
        kind,
        parameters,
        sentence(alert, kind.key, parameters, sectors),
        how(alert, kind.key, parameters),
        state,
        until,
        firing,
        measured(kind.key, firing.value) if firing else "",
        distance(alert, kind.key),
    )


def distance(alert: SignalAlert, kind: str) -> float | None:
    """How far the price has to move to the level, percent of the price; below 0 it has to fall. 0: it is there."""
    price = alert.asset.current_price if alert.asset else None
    if kind != "price" or not price:
        return None
    away: Decimal = 100 * (alert.trigger_value - price) / price
    is_there = (alert.condition == AlertCondition.ABOVE and away <= 0) or (
        alert.condition == AlertCondition.BELOW and away >= 0
    )
    return 0.0 if is_there else float(away)


SORTS: dict[str, tuple[Callable[[], str], Callable[[Row], Any]]] = {
    "state": (
        lambda: gettext("what needs you first"),
        lambda row: (RANKS[row.state], -(row.alert.triggered_at or row.alert.created_at).timestamp()),
    ),
    "near": (
        lambda: gettext("nearest to its level first"),
        lambda row: (row.distance is None, abs(row.distance or 0), -row.alert.pk),
    ),
    "new": (lambda: gettext("newest first"), lambda row: -row.alert.pk),
    "asset": (
        lambda: gettext("by asset"),
        lambda row: (row.alert.asset is None, row.alert.asset.symbol if row.alert.asset else "", row.alert.pk),
    ),
}
USUAL_SORT = "state"


def chosen_rows(user: User, query: Mapping[str, str], now: datetime) -> tuple[list[Row], list[Row]]:
    """All alerts of a person, and those that an address asks for, in its order."""
    rows = rows_of(SignalAlert.objects.filter(user=user).select_related("asset"), now)
    state, kind, asset = query.get("state", ""), query.get("kind", ""), query.get("asset", "").strip().upper()
    of_others = [
        row
        for row in rows
        if (kind not in BY_KEY or row.kind.key == kind)
        and (not asset or (row.alert.asset is not None and row.alert.asset.symbol.upper() == asset))
    ]
    _label, key = SORTS.get(query.get("sort", ""), SORTS[USUAL_SORT])
    return of_others, sorted((row for row in of_others if state not in STATES or row.state == state), key=key)


def alerts_page(user: User, query: Mapping[str, str], now: datetime) -> AlertsPage:
    """The list, as an address asks for it; words of it that mean nothing are passed over."""
    before, chosen = chosen_rows(user, query, now)
    known: dict[str, tuple[str, ...]] = {
        "state": tuple(STATES), "kind": tuple(BY_KEY), "sort": tuple(SORTS)
    }  # fmt: skip
    kept = {name: query[name] for name, allowed in known.items() if query.get(name) in allowed}
    if asset := query.get("asset", "").strip().upper()[:30]:
        kept["asset"] = asset
    page = Paginator(chosen, PER_PAGE).get_page(query.get("page"))
    counts = dict.fromkeys(STATES, 0)
    for row in before:
        counts[row.state] += 1
    rest = {name: value for name, value in kept.items() if name != "state"}
    tabs = [Tab("", gettext("all"), len(before), urlencode(rest), "state" not in kept)]
    tabs += [
        Tab(name, label(), counts[name], urlencode(rest | {"state": name}), kept.get("state") == name)
        for name, label in STATES.items()
        if counts[name] or kept.get("state") == name
    ]
    lately = AlertFiring.objects.filter(user=user).select_related("asset").order_by("-fired_at", "-pk")[:LATELY]
    return AlertsPage(
        page=page,
        tabs=tabs,
        kinds=KINDS,
        kind=kept.get("kind", ""),
        asset=kept.get("asset", ""),
        sort=kept.get("sort", USUAL_SORT),
        state=kept.get("state", ""),
        total=len(before),
        fired=counts[FIRED],
        waiting=counts[WAITING] + counts[COOLING],
        checked_at=max((row.alert.last_checked for row in before if row.alert.last_checked), default=None),
        lately=[told_firing(one) for one in lately],
        query=urlencode(kept),
        previous_query=urlencode(kept | {"page": page.previous_page_number()}) if page.has_previous() else None,
        next_query=urlencode(kept | {"page": page.next_page_number()}) if page.has_next() else None,
    )


def told_firing(firing: AlertFiring) -> tuple[AlertFiring, PageKind, str]:
    """A firing, its kind, and what was measured, in its unit."""
    kind = kind_of_row(firing.alert_type, firing.condition)
    return firing, kind, measured(kind.key, firing.value)
