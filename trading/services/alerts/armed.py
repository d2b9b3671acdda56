"""Alerts that wait, as a check reads them, and what it found of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, Q, When

from assets.choices import Market
from assets.selectors.shown import assets_of
from trading.models import SignalAlert
from trading.services.alerts.kinds import kind_of

OF_ANOTHER_MARKET = "its asset is not shown"


class Armed(NamedTuple):
    """An alert that waits.

    ``since`` is the moment after which something must become known to make it fire: when it was armed, or when its
    cooldown ends, if that is later.
    """

    pk: int
    arming: int
    asset_id: int | None
    alert_type: str
    condition: str
    threshold: float
    since: datetime
    parameters: dict[str, Any]


class Hit(NamedTuple):
    """An alert whose condition holds, and what was measured."""

    alert: Armed
    value: float
    before: float | None
    timeframe: str | None
    known_at: datetime
    details: Mapping[str, Any]


@dataclass
class Findings:
    """What a check found: alerts that fire, and why others could not be judged."""

    hits: list[Hit] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Findings") -> None:
        """Take over what was found elsewhere."""
        self.hits += other.hits
        self.reasons += other.reasons


def armed_alerts(as_of: datetime, market: Market | None) -> tuple[list[Armed], int]:
    """Every alert that waits, and how many more are on assets that nobody is shown.

    Paused, fired and expired ones do not wait, and those of closed accounts. One query, however many there are.
    """
    lasts = Q(expires_at__isnull=True) | Q(expires_at__gt=as_of)
    waiting = SignalAlert.objects.filter(
        lasts, is_active=True, is_triggered=False, user__is_active=True, user__deleted_at__isnull=True
    )
    is_shown = Q(asset__isnull=True) | Q(asset__in=assets_of(market))
    rows = waiting.annotate(
        is_shown=Case(When(is_shown, then=True), default=False, output_field=BooleanField())
    ).values_list("is_shown", *COLUMNS)
    shown = [_armed(*columns) for is_shown, *columns in rows if is_shown]
    return shown, len(rows) - len(shown)


COLUMNS = (
    "pk",
    "arming",
    "asset_id",
    "alert_type",
    "condition",
    "trigger_value",
    "parameters",
    "armed_at",
    "triggered_at",
    "cooldown_minutes",
)


def _armed(
    pk: int,
    arming: int,
    asset_id: int | None,
    alert_type: str,
    condition: str,
    threshold: Decimal,
    parameters: Mapping[str, Any] | None,
    armed_at: datetime,
    triggered_at: datetime | None,
    cooldown_minutes: int,
) -> Armed:
    since = armed_at if triggered_at is None else max(armed_at, triggered_at + timedelta(minutes=cooldown_minutes))
    words = kind_of(alert_type, condition).complete(parameters)
    return Armed(pk, arming, asset_id, alert_type, condition, float(threshold), since, words)


def of_kind(alerts: Iterable[Armed], *kinds: str) -> list[Armed]:
    """Those of some kinds."""
    return [alert for alert in alerts if alert.alert_type in kinds]
