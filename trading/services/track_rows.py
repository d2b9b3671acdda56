"""How far signals have come, landed: progress through a staging table, ends one by one."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg import sql

from assets.compute import periods
from assets.compute.binary_copy import HEADER, TRAILER
from assets.selectors.panel import moment
from system.choices import LIVE
from system.models import PipelineRun
from system.services import fitted, setting
from trading.choices import OutcomeDecider, SignalEnding, SignalStatus
from trading.compute.tracked import NONE, Decider, Ended, State, results
from trading.models import SignalOutcome
from trading.selectors.followed import ORIGIN, Followed
from trading.services.signal_events import SIGNAL_EXPIRED, SIGNAL_UPDATED, announce_signals

Integers = NDArray[np.int64]
ENDINGS = {
    Ended.TARGET: SignalEnding.TARGET,
    Ended.STOP: SignalEnding.STOP,
    Ended.EXPIRY: SignalEnding.EXPIRY,
    Ended.NEVER_FILLED: SignalEnding.NEVER_FILLED,
    Ended.INVALIDATED: SignalEnding.INVALIDATED,
}
DECIDERS = {
    Decider.OWN: OutcomeDecider.OWN,
    Decider.FINER: OutcomeDecider.FINER,
    Decider.ASSUMED: OutcomeDecider.ASSUMED,
}
STATUSES = {
    SignalEnding.TARGET: SignalStatus.EXECUTED,
    SignalEnding.STOP: SignalStatus.EXECUTED,
    SignalEnding.EXPIRY: SignalStatus.EXPIRED,
    SignalEnding.NEVER_FILLED: SignalStatus.EXPIRED,
    SignalEnding.INVALIDATED: SignalStatus.INVALIDATED,
}
"""State of a signal after each end."""
STAGED = {
    "signal_id": "bigint",
    "filled_at": "bigint",
    "fill_price": "float8",
    "targets_reached": "bigint",
    "mfe_price": "float8",
    "mfe_at": "bigint",
    "mae_price": "float8",
    "mae_at": "bigint",
    "stop_price": "float8",
    "paused_since": "bigint",
}
STAGING = "CREATE TEMP TABLE IF NOT EXISTS signal_track_staging ({columns}) ON COMMIT DELETE ROWS"
EMPTIED = "TRUNCATE signal_track_staging"
ANALYSED = "ANALYZE signal_track_staging (signal_id)"
FILLED = "COPY signal_track_staging FROM STDIN (FORMAT binary)"
# A float becomes exact through its shortest text; cast at once it would lose two digits.
VALUES = {
    name: f"NULLIF({name}, 'NaN')::text::numeric" if kind == "float8" else f"to_timestamp(NULLIF({name}, -1))"
    for name, kind in STAGED.items()
} | {"signal_id": "signal_id", "targets_reached": "targets_reached"}
CHANGING = [name for name in STAGED if name != "signal_id"]
UPDATE = """
UPDATE signal_tracks t SET {changes}, known_at = {known_at} FROM (SELECT {values} FROM signal_track_staging) g
WHERE t.signal_id = g.signal_id
"""
INSERT = """
INSERT INTO signal_tracks ({columns}, known_at) SELECT {values}, {known_at} FROM signal_track_staging
ON CONFLICT (signal_id) DO NOTHING
"""
# What an admin withdrew stays withdrawn.
END = """
UPDATE ai_trading_signals s SET
    status = CASE WHEN s.status IN ('cancelled', 'invalidated') THEN s.status ELSE g.status END,
    actual_entry_price = g.fill, max_favorable_excursion = g.best, max_adverse_excursion = g.worst,
    signal_successful = g.successful,
    invalidated_at = coalesce(s.invalidated_at, g.invalidated_at)
FROM unnest(%s::bigint[], %s::text[], %s::numeric[], %s::numeric[], %s::numeric[], %s::boolean[], %s::timestamptz[])
    AS g (id, status, fill, best, worst, successful, invalidated_at)
WHERE s.id = g.id AND s.status <> 'executed'
RETURNING s.id, s.status
"""


def keep_progress(followed: Followed, state: State, timeframe: str, known_at: datetime) -> None:
    """How far signals have come. What is kept of most says the same already, and stays as it is."""
    step = _step(timeframe)
    columns = {
        "signal_id": followed.ids,
        "filled_at": _starts(state.filled_row, step),
        "fill_price": np.abs(state.fill),
        "targets_reached": state.reached,
        "mfe_price": np.abs(state.best),
        "mfe_at": _starts(state.best_row, step),
        "mae_price": np.abs(state.worst),
        "mae_at": _starts(state.worst_row, step),
        "stop_price": np.where(np.isfinite(state.stop), np.abs(state.stop), np.nan),
        "paused_since": _starts(state.paused, step),
    }
    known = followed.is_known
    changed = known & (~state.is_open | _differ(columns, followed.kept))
    with connection.cursor() as cursor:
        cursor.execute(_statement(STAGING, known_at))
        for template, chosen in ((UPDATE, changed), (INSERT, ~known)):
            if not chosen.any():
                continue
            cursor.execute(EMPTIED)
            with connection.wrap_database_errors, cursor.copy(FILLED) as copy:
                copy.write(HEADER)
                copy.write(_packed({name: values[chosen] for name, values in columns.items()}))
                copy.write(TRAILER)
            cursor.execute(ANALYSED)
            cursor.execute(_statement(template, known_at))


def _differ(columns: Mapping[str, NDArray[Any]], kept: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Which signals have come to another progress than is kept of them, shape (n,); NaN is equal to NaN."""
    same = [(columns[name] == line) | (np.isnan(columns[name]) & np.isnan(line)) for name, line in kept.items()]
    return ~np.logical_and.reduce(same)


def _statement(template: str, known_at: datetime) -> sql.Composed:
    def listed(pattern: str, names: Iterable[str]) -> sql.Composed:
        return sql.SQL(", ").join(
            sql.SQL(pattern).format(name=sql.Identifier(name), kind=sql.SQL(STAGED[name]), value=sql.SQL(VALUES[name]))
            for name in names
        )

    return sql.SQL(template).format(
        columns=listed("{name} {kind}" if template is STAGING else "{name}", STAGED),
        values=listed("{value} AS {name}", STAGED),
        changes=listed("{name} = g.{name}", CHANGING),
        known_at=sql.Literal(known_at),
    )


def keep_ends(ends: Mapping[int, Mapping[str, Any]], run: PipelineRun | None, series: str, known_at: datetime) -> None:
    """Write the outcome of signals that are over, and what it makes of the signals themselves.

    Args:
        ends: columns of an outcome by signal.
    """
    shared = {"run": run, "series": series, "judged_at": known_at}
    SignalOutcome.objects.bulk_create(
        [SignalOutcome(**fitted(SignalOutcome, {"signal_id": key, **end, **shared})) for key, end in ends.items()],
        ignore_conflicts=True,
        batch_size=5_000,
    )
    rows = [
        (
            key,
            STATUSES[end["outcome"]].value,
            end["fill_price"],
            end["mfe_price"],
            end["mae_price"],
            None if end["fill_price"] is None else end["targets_reached"] > 0,
            end["ended_at"] if end["outcome"] == SignalEnding.INVALIDATED else None,
        )
        for key, end in ends.items()
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(END, [list(column) for column in zip(*rows, strict=True)])
        states = dict(cursor.fetchall())
    if series == LIVE:
        expired = {key for key, status in states.items() if status == SignalStatus.EXPIRED}
        announce_signals(SIGNAL_EXPIRED, sorted(expired))
        announce_signals(SIGNAL_UPDATED, sorted(states.keys() - expired))


def ends_of(followed: Followed, state: State, timeframe: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Columns of an outcome for each signal that is over, by its key, as the columns hold them."""
    step = _step(timeframe)
    found = results(followed.plans, state, followed.entry)
    cost = lru_cache(_cost)
    for place in np.flatnonzero(~state.is_open).tolist():
        ended_at = moment(ORIGIN + step * (int(state.ended_row[place]) + 1))
        gain, r_multiple, risk = (float(line[place]) for line in (found.gain, found.r_multiple, found.risk))
        net = gain - cost(ended_at)
        values = {
            "outcome": ENDINGS[Ended(state.ended[place])],
            "ended_at": ended_at,
            "exit_price": float(found.exit[place]),
            "hours": (ended_at.timestamp() - int(followed.as_of[place])) / 3600,
            "r_multiple": r_multiple,
            "net_r_multiple": net / risk,
            "return_pct": 100 * gain,
            "net_return_pct": 100 * net,
            "decided_by": DECIDERS[Decider(state.decided[place])],
            "is_assumed": bool(state.is_assumed[place]),
            "timeframe": timeframe,
            "filled_at": _start(state.filled_row[place], step),
            "fill_price": abs(float(state.fill[place])),
            "targets_reached": int(state.reached[place]),
            "mfe_price": abs(float(state.best[place])),
            "mfe_at": _start(state.best_row[place], step),
            "mae_price": abs(float(state.worst[place])),
            "mae_at": _start(state.worst_row[place], step),
        }
        yield int(followed.ids[place]), fitted(SignalOutcome, values)


def _cost(moment_of_end: datetime) -> float:
    """Fees and slippage of going in and out, of the traded value, as configured then."""
    return float(setting("signal_sizing", moment_of_end)["cost_pct"]) / 100


def _step(timeframe: str) -> int:
    return int(periods.LENGTHS[timeframe].total_seconds())


def _start(row: int | np.int64, step: int) -> datetime | None:
    return None if row == NONE else datetime.fromtimestamp(ORIGIN + step * int(row), UTC)


def _starts(rows: Integers, step: int) -> Integers:
    """When candles start, seconds since 1970; -1 for none."""
    return np.where(rows == NONE, -1, ORIGIN + step * rows)


def _packed(columns: Mapping[str, NDArray[Any]]) -> bytes:
    """Rows of eight-byte columns as COPY takes them."""
    fields = [("count", ">i2")]
    for name, kind in STAGED.items():
        fields += [(f"{name}:length", ">i4"), (name, ">f8" if kind == "float8" else ">i8")]
    rows = np.empty(len(columns["signal_id"]), np.dtype(fields))
    rows["count"] = len(STAGED)
    for name, values in columns.items():
        rows[f"{name}:length"] = 8
        rows[name] = values
    return rows.tobytes()
