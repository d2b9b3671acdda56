"""Signals that are followed, lifted into arrays."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

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
KEPT = {
    "filled_at": "i8",
    "mfe_at": "i8",
    "mae_at": "i8",
    "paused_since": "i8",
    "targets_reached": "i8",
    "fill_price": "f8",
    "mfe_price": "f8",
    "mae_price": "f8",
    "stop_price": "f8",
}
"""Columns of the progress that is kept, as they are lifted: seconds since 1970, -1 for none; prices, NaN for none."""
COLUMNS = {
    **dict.fromkeys(("id", "asset_id", "as_of", "expires", "side", "is_known", "is_elaborate"), "i8"),
    **dict.fromkeys(("entry", "stop", "target", "below", "above"), "f8"),
    **KEPT,
}
QUERY = """
SELECT s.id, s.asset_id, ceil(date_part('epoch', coalesce(r.as_of, s.created_at)))::bigint,
       coalesce(floor(date_part('epoch', s.expires_at))::bigint, {endless}),
       CASE s.signal_type WHEN 'long' THEN 1 ELSE -1 END::bigint, (t.signal_id IS NOT NULL)::int::bigint,
       (s.entry_type = 'limit' OR s.has_break_even OR s.trailing_distance IS NOT NULL OR s.further_targets <> '[]'
        OR s.invalidation_criteria -> 1 IS NOT NULL)::int::bigint,
       {levels}, {kept}
FROM ai_trading_signals s LEFT JOIN pipeline_runs r ON r.id = s.run_id LEFT JOIN signal_tracks t ON t.signal_id = s.id
WHERE s.series = {series}
  AND (r.timeframe = {timeframe}
       OR r.id IS NULL
          AND EXISTS (SELECT FROM metrics_snapshot m WHERE m.id = s.metrics_snapshot_id AND m.timeframe = {timeframe}))
  AND {chosen}
"""
RULE = """
CASE s.invalidation_criteria -> 0 -> 'condition' ->> 'close' WHEN {side}
THEN (s.invalidation_criteria -> 0 -> 'condition' ->> 'price')::float8 END
"""
ELABORATE = {
    **dict.fromkeys(("id", "is_limit", "has_break_even"), "i8"),
    **dict.fromkeys(("zone_low", "zone_high", "trail", "below", "above"), "f8"),
    **{f"{kind}_{number}": "f8" for number in range(MOST_FURTHER) for kind in ("price", "share")},
}
MORE = """
SELECT s.id, (s.entry_type = 'limit')::int::bigint, s.has_break_even::int::bigint, {levels}, {further}
FROM ai_trading_signals s CROSS JOIN LATERAL ({rules}) i
WHERE s.id = ANY({ids})
ORDER BY s.id
"""
# Of several rules the level that a close breaks first counts.
RULES = """
SELECT max(e.price) FILTER (WHERE e.close = 'below') AS below, min(e.price) FILTER (WHERE e.close = 'above') AS above
FROM (SELECT one -> 'condition' ->> 'close' AS close, (one -> 'condition' ->> 'price')::float8 AS price
      FROM jsonb_array_elements(
          CASE jsonb_typeof(s.invalidation_criteria) WHEN 'array' THEN s.invalidation_criteria ELSE '[]' END) one) e
"""
# One that waits for a missing candle is looked at when that candle has come. One that an admin withdrew is followed to
# its end like any other: else a record could be mended by withdrawing what goes wrong.
UNENDED = """
coalesce(r.as_of, s.created_at) < {as_of}
AND (s.status = 'active'
     OR s.status = 'expired' AND s.id IN (SELECT signal_id FROM signal_tracks WHERE paused_since IS NOT NULL)
     OR s.status IN ('cancelled', 'invalidated') AND s.id NOT IN (SELECT signal_id FROM signal_outcomes))
AND (t.paused_since IS NULL
     OR EXISTS (SELECT FROM price_data c WHERE c.asset_id = s.asset_id AND c.timeframe = {timeframe}
                AND c.candle_time = t.paused_since)
     OR EXISTS (SELECT FROM price_data_archive c WHERE c.asset_id = s.asset_id AND c.timeframe = {timeframe}
                AND c.candle_time = t.paused_since))
"""
NEVER_JUDGED = " AND t.signal_id IS NULL"
# A correction may lie in what a later judgement saw: up to the end of the last one.
CORRECTED = """
s.id IN (
    SELECT o.signal_id FROM candle_revisions cr
    JOIN ai_trading_signals d ON d.asset_id = cr.asset_id AND d.series = {series}
    JOIN signal_outcomes o ON o.signal_id = d.id AND o.timeframe = {timeframe}
    JOIN signal_tracks k ON k.signal_id = d.id
    WHERE cr.timeframe = ANY({timeframes}) AND cr.field = ANY({fields})
      AND cr.corrected_at > k.known_at AND cr.corrected_at <= {as_of}
      AND cr.candle_time >= o.ended_at - o.hours * interval '1 hour'
      AND cr.candle_time < greatest(o.ended_at, (
          SELECT max(w.ended_at) FROM signal_outcome_revisions w WHERE w.signal_id = o.signal_id)))
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
        kept: the progress that is kept of each, by name as in ``KEPT``, shape (n,) each.
        assets: ids, ascending.
    """

    ids: Integers
    asset_ids: Integers
    as_of: Integers
    is_known: NDArray[np.bool_]
    entry: Floats
    plans: Plans
    kept: dict[str, NDArray[Any]]
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
            {name: line[part] for name, line in self.kept.items()},
            assets,
        )


def unended(timeframe: str, as_of: datetime, series: str, *, only_new: bool = False) -> Followed:
    """Signals planned before ``as_of`` that are not over, but for those whose missing candle is missing still.

    Args:
        only_new: none that was judged before.
    """
    chosen = sql.SQL(UNENDED + (NEVER_JUDGED if only_new else ""))
    return _lifted(timeframe, series, chosen.format(as_of=sql.Literal(as_of), timeframe=sql.Literal(timeframe)))


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
    rows = rows[np.lexsort((rows["id"], rows["as_of"]))]
    assets, column = np.unique(rows["asset_id"], return_inverse=True)
    kept = {name: rows[name] for name in KEPT}
    plans = _plans(rows, column.astype(np.int64), periods.LENGTHS[timeframe] // timedelta(seconds=1))
    is_known = rows["is_known"] == 1
    return Followed(rows["id"], rows["asset_id"], rows["as_of"], is_known, rows["entry"], plans, kept, assets)


def _plans(rows: NDArray[np.void], column: Integers, step: int) -> Plans:
    """Most plans have an entry at the market, one target, a stop that stays and one rule at most; what the others have
    is asked for apart, because each column of a hundred thousand takes its time."""
    places = np.flatnonzero(rows["is_elaborate"] == 1)
    more = _more(rows["id"][places])

    def line(name: str, otherwise: float | Floats) -> Floats:
        found = np.full(len(rows), np.nan)
        found[:] = otherwise
        found[places] = more[name]
        return found

    used = [number for number in range(MOST_FURTHER) if np.isfinite(more[f"price_{number}"]).any()]
    targets = np.column_stack([rows["target"], *(line(f"price_{number}", np.nan) for number in used)])
    shares = np.column_stack([np.zeros(len(rows)), *(line(f"share_{number}", 0.0) for number in used)])
    shares[:, 0] = 1 - shares.sum(axis=1)
    return Plans(
        side=rows["side"],
        column=column,
        first=-((ORIGIN - rows["as_of"]) // step),
        last=(rows["expires"] - ORIGIN) // step - 1,
        is_limit=line("is_limit", 0.0) == 1,
        zone_low=line("zone_low", np.nan),
        zone_high=line("zone_high", np.nan),
        stop=rows["stop"],
        targets=targets,
        shares=shares,
        below=line("below", rows["below"]),
        above=line("above", rows["above"]),
        to_break_even=line("has_break_even", 0.0) == 1,
        trail=line("trail", np.nan),
    )


def _more(ids: Integers) -> NDArray[np.void]:
    """What elaborate plans have beside the rest, in the order of ``ids``."""
    kinds = np.dtype(list(ELABORATE.items()))
    if not len(ids):
        return np.empty(0, kinds)
    further: list[sql.Composable] = []
    for number in range(MOST_FURTHER):
        for name, empty in (("price", "'NaN'"), ("share", "0")):
            one = sql.SQL("coalesce((s.further_targets -> {number} ->> {name})::float8, {empty})")
            further.append(one.format(number=sql.Literal(number), name=sql.Literal(name), empty=sql.SQL(empty)))
    levels = [_number("s", name) for name in ("entry_zone_low", "entry_zone_high", "trailing_distance")]
    query = sql.SQL(MORE).format(
        levels=sql.SQL(", ").join([*levels, _number("i", "below"), _number("i", "above")]),
        further=sql.SQL(", ").join(further),
        rules=sql.SQL(RULES),
        ids=sql.Literal(ids.tolist()),
    )
    rows = read_columns(query, list(ELABORATE), list(ELABORATE.values()))
    return rows[np.searchsorted(rows["id"], ids)]


def _query(timeframe: str, series: str, chosen: sql.Composable) -> sql.Composed:
    levels = [_number("s", name) for name in ("entry_price", "stop_loss", "target_price")]
    rule = sql.SQL("coalesce(" + RULE + ", 'NaN')")
    levels += [rule.format(side=sql.Literal(side)) for side in ("below", "above")]
    return sql.SQL(QUERY).format(
        endless=sql.Literal(ENDLESS),
        levels=sql.SQL(", ").join(levels),
        kept=sql.SQL(", ").join(_kept(name) for name in KEPT),
        series=sql.Literal(series),
        timeframe=sql.Literal(timeframe),
        chosen=chosen,
    )


def _number(table: str, name: str) -> sql.Composed:
    return sql.SQL("coalesce({}::float8, 'NaN')").format(sql.Identifier(table, name))


def _kept(name: str) -> sql.Composed:
    column = sql.Identifier("t", name)
    if name == "targets_reached":
        return sql.SQL("coalesce({}, 0)::bigint").format(column)
    if KEPT[name] == "f8":
        return _number("t", name)
    return sql.SQL("coalesce(date_part('epoch', {})::bigint, -1)").format(column)
