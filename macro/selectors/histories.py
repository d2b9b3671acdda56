"""Everything that was known from outside at a moment, read at once: newest values and their recent history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg import sql

from assets.choices import AssetType, Market
from assets.selectors.columns import read_columns
from macro.selectors.series import DEMO_PREFIX, MAX_AGE

LONG, SHORT = timedelta(days=400), timedelta(days=12)
"""How far back: a year with its holidays of the series that are named, else a week and what a value may be late."""
SLACK = timedelta(days=1)
SERIES = """
SELECT s.id, s.code, s.kind, s.unit, s.source, s.caveat, s.asset_id, a.symbol, a.asset_type = %(stable)s,
       a.metrics_details ? 'pegged_to', n.observed_at
FROM external_series s
LEFT JOIN assets a ON a.id = s.asset_id
CROSS JOIN LATERAL (
    SELECT observed_at FROM external_values WHERE series_id = s.id AND known_at <= %(as_of)s
    ORDER BY known_at DESC LIMIT 1
) n
WHERE starts_with(s.code, %(demo)s) = %(is_demo)s
ORDER BY s.code
"""
VALUES = """
SELECT s.id, date_part('epoch', v.observed_at)::bigint, date_part('epoch', v.known_at)::bigint, v.value::float8
FROM external_series s
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (observed_at) observed_at, known_at, value FROM external_values
    WHERE series_id = s.id AND known_at <= {as_of} AND observed_at <= {as_of}
      AND observed_at > CASE WHEN s.code = ANY({named}) THEN {long} ELSE {short} END
    ORDER BY observed_at DESC, known_at DESC
) v
WHERE starts_with(s.code, {demo}) = {is_demo}
ORDER BY s.id, v.observed_at
"""


@dataclass(frozen=True)
class History:
    """A series as it was known at a moment: of each observed moment the newest value known then, oldest first.

    Attributes:
        code, kind, unit, source, caveat: as in ``external_series``, the code without the demo market's prefix.
        asset_id, symbol: the asset that it describes, if it describes one.
        is_stable: that asset is a stablecoin. ``is_wrapped``: it follows another coin, whose value it repeats.
        newest: moment of the newest known value, also where that is older than the arrays reach.
        observed, known: seconds since 1970, shape (n,).
        values: in the unit of the series, shape (n,).
    """

    code: str
    kind: str
    unit: str
    source: str
    caveat: str | None
    asset_id: int | None
    symbol: str | None
    is_stable: bool
    is_wrapped: bool
    newest: datetime
    observed: NDArray[np.int64]
    known: NDArray[np.int64]
    values: NDArray[np.float64]

    def is_stale(self, as_of: datetime) -> bool:
        """Whether its newest value is too old to stand for the present."""
        if not len(self.values):
            return True
        return int(as_of.timestamp()) - int(self.observed[-1]) > (MAX_AGE[self.kind] + SLACK).total_seconds()

    @property
    def days(self) -> NDArray[np.int64]:
        """Days since 1970 of the values."""
        return self.observed // 86400

    def back(self, span: timedelta) -> float:
        """The value as it stood ``span`` before the newest one; NaN where the arrays do not reach so far, or where
        nothing near that moment is known."""
        if not len(self.values):
            return float("nan")
        moment = int(self.observed[-1]) - int(span.total_seconds())
        place = int(np.searchsorted(self.observed, moment, side="right")) - 1
        oldest = moment - MAX_AGE[self.kind].total_seconds()
        return float(self.values[place]) if place >= 0 and self.observed[place] >= oldest else float("nan")


def known_histories(market: Market, as_of: datetime, named: Sequence[str]) -> dict[str, History]:
    """The series of a market that had begun by ``as_of``, by code.

    Args:
        market: real or demo.
        as_of: what became known later is not read, and a series that began later is not among them.
        named: codes whose last 400 days are read; of the others 12 days.
    """
    bounds: dict[str, Any] = {
        "as_of": as_of,
        "demo": DEMO_PREFIX,
        "is_demo": market == Market.DEMO,
        "stable": AssetType.STABLECOIN.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(SERIES, bounds)
        series = cursor.fetchall()
    rows = read_columns(
        _values(market, as_of, named), ("series", "observed", "known", "value"), ("i8", "i8", "i8", "f8")
    )
    ids = np.array([row[0] for row in series], dtype=np.int64)
    firsts = np.searchsorted(rows["series"], ids, side="left")
    ends = np.searchsorted(rows["series"], ids, side="right")
    found = {}
    for row, first, end in zip(series, firsts, ends, strict=True):
        _pk, code, kind, unit, source, caveat, asset_id, symbol, stable, pegged, newest = row
        name = code.removeprefix(DEMO_PREFIX)
        found[name] = History(
            code=name,
            kind=kind,
            unit=unit,
            source=source,
            caveat=caveat,
            asset_id=asset_id,
            symbol=symbol,
            is_stable=bool(stable),
            is_wrapped=bool(pegged) and not stable,
            newest=newest.astimezone(UTC),
            observed=rows["observed"][first:end],
            known=rows["known"][first:end],
            values=rows["value"][first:end],
        )
    return found


def _values(market: Market, as_of: datetime, named: Sequence[str]) -> sql.Composed:
    prefix = DEMO_PREFIX if market == Market.DEMO else ""
    return sql.SQL(VALUES).format(
        as_of=sql.Literal(as_of),
        named=sql.Literal([f"{prefix}{code}" for code in named]),
        long=sql.Literal(as_of - LONG),
        short=sql.Literal(as_of - SHORT),
        demo=sql.Literal(DEMO_PREFIX),
        is_demo=sql.Literal(market == Market.DEMO),
    )
