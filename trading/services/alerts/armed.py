"""Alerts that wait, as a check reads them, and what it found of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import orjson
from django.db import connection
from numpy.typing import NDArray

from assets.choices import DEMO_SOURCE, Market
from assets.selectors.visible import seen_by_all
from trading.services.alerts.kinds import kind_of

OF_ANOTHER_MARKET = "its asset is not shown"
WHOLE, FRACTION = ">i8", ">f8"
PACKED = np.dtype(
    [
        ("pk", WHOLE),
        ("arming", WHOLE),
        ("asset_id", WHOLE),
        ("user_id", WHOLE),
        ("threshold", FRACTION),
        ("since", FRACTION),
        ("looked", FRACTION),
    ]
)
# Thousands of alerts share few words, so a row of the answer is all that say the same, their numbers packed: a Python
# object per alert would cost more than all the rest. They are put in order afterwards: to sort them here, with all
# their words, would take longer than to read them.
WAITING = f"""
SELECT a.alert_type, a.condition, a.parameters::text,
    string_agg(
        int8send(a.id) || int8send(a.arming) || int8send(coalesce(a.asset_id, 0)) || int8send(a.user_id)
        || float8send(a.trigger_value::float8) || float8send(date_part('epoch', waits.since))
        || float8send(date_part('epoch', greatest(waits.since, a.last_checked))),
        ''::bytea
    ) FILTER (WHERE shown.it),
    count(*) FILTER (WHERE NOT shown.it)
FROM signal_alerts a
JOIN users u ON u.id = a.user_id AND u.is_active AND u.deleted_at IS NULL
LEFT JOIN assets ON assets.id = a.asset_id
CROSS JOIN LATERAL (
    SELECT a.asset_id IS NULL OR ({seen_by_all()} AND (assets.data_source = '{DEMO_SOURCE}') = %(is_demo)s) AS it
) AS shown
CROSS JOIN LATERAL (
    SELECT greatest(a.armed_at, a.triggered_at + a.cooldown_minutes * interval '1 minute') AS since
) AS waits
WHERE a.is_active AND NOT a.is_triggered AND (a.expires_at IS NULL OR a.expires_at > %(as_of)s)
GROUP BY a.alert_type, a.condition, a.parameters
ORDER BY a.alert_type, a.condition, a.parameters
"""  # noqa: S608 - nothing of it comes from outside


class Armed(NamedTuple):
    """An alert that waits.

    ``since`` is the moment after which something must become known to make it fire, in seconds since 1970 UTC: when it
    was armed, or when its cooldown ends, if that is later. ``looked`` is when it was looked at last since then.
    """

    pk: int
    arming: int
    asset_id: int
    user_id: int
    threshold: float
    since: float
    looked: float


@dataclass(frozen=True)
class Alike:
    """Alerts that wait for the same sort of thing, in the same words.

    Attributes:
        rows: what they differ in, by the names of ``Armed``; no asset is 0.
    """

    alert_type: str
    condition: str
    parameters: dict[str, Any]
    rows: NDArray[np.void]

    def __len__(self) -> int:
        return len(self.rows)

    def alerts(self) -> list[Armed]:
        """Each by itself."""
        return [Armed(*row) for row in self.rows.tolist()]

    def alert(self, number: int) -> Armed:
        """One of them."""
        return Armed(*self.rows[number].tolist())


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


def armed_alerts(as_of: datetime, market: Market | None) -> tuple[list[Alike], int]:
    """Every alert that waits, and how many more are on assets that nobody is shown.

    Paused, fired and expired ones do not wait, and those of closed accounts. One query, however many there are.
    """
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"as_of": as_of, "is_demo": market == Market.DEMO})
        answer = cursor.fetchall()
    shown = [
        Alike(
            alert_type,
            condition,
            kind_of(alert_type, condition).complete(orjson.loads(words or "{}")),
            _unpacked(packed),
        )
        for alert_type, condition, words, packed, _hidden in answer
        if packed is not None
    ]
    return shown, sum(hidden for *_columns, hidden in answer)


def of_kind(alerts: Iterable[Alike], kind: str, condition: Callable[[Alike], bool] | None = None) -> list[Alike]:
    """Those of a kind, and that a condition admits."""
    return [one for one in alerts if one.alert_type == kind and (condition is None or condition(one))]


def _unpacked(packed: bytes) -> NDArray[np.void]:
    rows = np.frombuffer(bytes(packed), PACKED)
    return rows[np.argsort(rows["pk"])].astype(PACKED.newbyteorder("="))
