"""Signals that are followed, lifted into arrays."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from assets.compute import periods
from assets.selectors.columns import read_columns
from trading.compute.plan_faults import MOST_FURTHER
from trading.compute.tracked import Plans

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ORIGIN = int(periods.MONDAY.timestamp())
"""Candles of every length are counted from here."""
ENDLESS = 2**53
"""When the time of a signal without end is up, seconds since 1970."""
COLUMNS = {
    "id": "i8",
    "asset_id": "i8",
    "as_of": "i8",
    "expires": "i8",
    "side": "i8",
    "is_limit": "i8",
    "has_break_even": "i8",
    "is_known": "i8",
    **dict.fromkeys(("entry", "zone_low", "zone_high", "stop", "below", "above", "trail", "target"), "f8"),
    **{f"{kind}_{number}": "f8" for number in range(MOST_FURTHER) for kind in ("price", "share")},
}
QUERY = """
SELECT s.id, s.asset_id, ceil(extract(epoch FROM coalesce(r.as_of, s.created_at)))::bigint,
       coalesce(floor(extract(epoch FROM s.expires_at)), {endless})::bigint,
       CASE s.signal_type WHEN 'long' THEN 1 ELSE -1 END::bigint, (s.entry_type = 'limit')::int::bigint,
       s.has_break_even::int::bigint, (t.signal_id IS NOT NULL)::int::bigint, {levels}, {further}
FROM ai_trading_signals s LEFT JOIN pipeline_runs r ON r.id = s.run_id LEFT JOIN signal_tracks t ON t.signal_id = s.id
CROSS JOIN LATERAL ({rules}) i
WHERE s.series = {series}
  AND coalesce(r.timeframe, (SELECT m.timeframe FROM metrics_snapshot m WHERE m.id = s.metrics_snapshot_id))
      = {timeframe}
  AND {chosen}
ORDER BY coalesce(r.as_of, s.created_at), s.id
"""
RULES = """
SELECT max(e.price) FILTER (WHERE e.close = 'below') AS below, min(e.price) FILTER (WHERE e.close = 'above') AS above
FROM (SELECT one -> 'condition' ->> 'close' AS close, (one -> 'condition' ->> 'price')::float8 AS price
      FROM jsonb_array_elements(
          CASE jsonb_typeof(s.invalidation_criteria) WHEN 'array' THEN s.invalidation_criteria ELSE '[]' END) one) e
"""
# One that waits for a missing candle is looked at when that candle has come.
UNENDED = """
coalesce(r.as_of, s.created_at) < {as_of}
AND (t.known_at IS NULL OR t.known_at <= {as_of})
AND (s.status = 'active'
     OR s.status = 'expired' AND s.id IN (SELECT signal_id FROM signal_tracks WHERE paused_since IS NOT NULL))
AND NOT EXISTS (SELECT FROM signal_outcomes o WHERE o.signal_id = s.id)
AND (t.paused_since IS NULL
     OR EXISTS (SELECT FROM price_data c WHERE c.asset_id = s.asset_id AND c.timeframe = {timeframe}
                AND c.candle_time = t.paused_since)
     OR EXISTS (SELECT FROM price_data_archive c WHERE c.asset_id = s.asset_id AND c.timeframe = {timeframe}
                AND c.candle_time = t.paused_since))
"""
CORRECTED = """
s.id IN (
    SELECT o.signal_id FROM candle_revisions cr
    JOIN ai_trading_signals d ON d.asset_id = cr.asset_id AND d.series = {series}
    JOIN signal_outcomes o ON o.signal_id = d.id AND o.timeframe = {timeframe}
    JOIN signal_tracks k ON k.signal_id = d.id
    WHERE cr.timeframe = ANY({timeframes}) AND cr.field = ANY({fields})
      AND cr.corrected_at > k.known_at AND cr.corrected_at <= {as_of}
      AND cr.candle_time >= o.ended_at - o.hours * interval '1 hour' AND cr.candle_time < o.ended_at)
"""
PRICES = ["open_price", "high_price", "low_price", "close_price"]


@dataclass(frozen=True)
class Followed:
    """Signals of one series and timeframe, oldest first, n of them.

    Attributes:
        ids, asset_ids: shape (n,).
        as_of: when each was planned, seconds since 1970, shape (n,).
        is_known: its progress is kept already, shape (n,).
        entry: price that it means to enter at, USD, NaN without one, shape (n,).
        plans: their columns count the assets in ``assets``, their candles from ``ORIGIN``.
        assets: ids, ascending.
    """

    ids: Integers
    asset_ids: Integers
    as_of: Integers
    is_known: NDArray[np.bool_]
    entry: Floats
    plans: Plans
    assets: Integers

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, part: slice) -> "Followed":
        """Some of them."""
        assets, column = np.unique(self.asset_ids[part], return_inverse=True)
        places = np.arange(len(self))[part]
        plans = replace(self.plans.take(places), column=column.astype(np.int64))
        return Followed(
            self.ids[part],
            self.asset_ids[part],
            self.as_of[part],
            self.is_known[part],
            self.entry[part],
            plans,
            assets,
        )


def unended(timeframe: str, as_of: datetime, series: str) -> Followed:
    """Signals planned before ``as_of`` that have no outcome, but for those whose missing candle is missing still."""
    return _lifted(
        timeframe, series, sql.SQL(UNENDED).format(as_of=sql.Literal(as_of), timeframe=sql.Literal(timeframe))
    )


def corrected(timeframe: str, finer: str | None, as_of: datetime, series: str) -> Followed:
    """Signals with an outcome of which a candle was corrected since they were judged.

    Args:
        finer: length of the shorter candles that may have decided.
    """
    words = {
        "series": series,
        "timeframe": timeframe,
        "timeframes": [timeframe, *([finer] if finer else [])],
        "fields": PRICES,
        "as_of": as_of,
    }
    return _lifted(
        timeframe, series, sql.SQL(CORRECTED).format(**{name: sql.Literal(one) for name, one in words.items()})
    )


def planned(timeframe: str, series: str, start: datetime, end: datetime) -> Followed:
    """All signals that were planned in a window, ``end`` excluded, whatever has become of them."""
    chosen = "coalesce(r.as_of, s.created_at) >= {start} AND coalesce(r.as_of, s.created_at) < {end}"
    return _lifted(timeframe, series, sql.SQL(chosen).format(start=sql.Literal(start), end=sql.Literal(end)))


def _lifted(timeframe: str, series: str, chosen: sql.Composable) -> Followed:
    rows = read_columns(_query(timeframe, series, chosen), list(COLUMNS), list(COLUMNS.values()))
    step = periods.LENGTHS[timeframe] // timedelta(seconds=1)
    assets, column = np.unique(rows["asset_id"], return_inverse=True)
    used = [number for number in range(MOST_FURTHER) if np.isfinite(rows[f"price_{number}"]).any()]
    targets = np.column_stack([rows["target"], *(rows[f"price_{number}"] for number in used)])
    shares = np.column_stack([np.zeros((len(rows), 1)), *(rows[f"share_{number}"] for number in used)])
    shares[:, 0] = 1 - shares.sum(axis=1)
    plans = Plans(
        side=rows["side"],
        column=column.astype(np.int64),
        first=-((ORIGIN - rows["as_of"]) // step),
        last=(rows["expires"] - ORIGIN) // step - 1,
        is_limit=rows["is_limit"] == 1,
        zone_low=rows["zone_low"],
        zone_high=rows["zone_high"],
        stop=rows["stop"],
        targets=targets,
        shares=shares,
        below=rows["below"],
        above=rows["above"],
        to_break_even=rows["has_break_even"] == 1,
        trail=rows["trail"],
    )
    return Followed(rows["id"], rows["asset_id"], rows["as_of"], rows["is_known"] == 1, rows["entry"], plans, assets)


def _query(timeframe: str, series: str, chosen: sql.Composable) -> sql.Composed:
    nothing = sql.SQL("'NaN'")
    levels: list[sql.Composable] = [
        sql.Identifier("s", name) + sql.SQL("::float8")
        for name in ("entry_price", "entry_zone_low", "entry_zone_high", "stop_loss")
    ]
    levels += [sql.Identifier("i", name) for name in ("below", "above")]
    levels += [sql.Identifier("s", name) + sql.SQL("::float8") for name in ("trailing_distance", "target_price")]
    further = []
    for number in range(MOST_FURTHER):
        for name, empty in (("price", nothing), ("share", sql.SQL("0"))):
            further.append(
                sql.SQL("coalesce((s.further_targets -> {number} ->> {name})::float8, {empty})").format(
                    number=sql.Literal(number), name=sql.Literal(name), empty=empty
                )
            )
    return sql.SQL(QUERY).format(
        endless=sql.Literal(ENDLESS),
        levels=sql.SQL(", ").join(sql.SQL("coalesce({}, 'NaN')").format(one) for one in levels),
        further=sql.SQL(", ").join(further),
        rules=sql.SQL(RULES),
        series=sql.Literal(series),
        timeframe=sql.Literal(timeframe),
        chosen=chosen,
    )
