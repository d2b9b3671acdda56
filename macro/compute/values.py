"""Single values as a source sent them, told apart: sound, not known yet, faulty with the reason.

The one place where values of series are checked, whatever they come from.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from assets.compute.checks import LINE, SHOWN, Fault

DAY = timedelta(days=1)
MAX_VALUE = 1e20
"""What the column of values can hold: ``numeric(38, 18)``."""
OLDEST = datetime(1000, 1, 1, tzinfo=UTC)
"""Earlier dates are misprints; some of them no calendar can hold."""
MISSING = ".", "", "null", "None"
"""What FRED and others write where there is no value: no fault, no row."""


@dataclass(frozen=True)
class ValueRule:
    """How rows of a series are read.

    Attributes:
        time: what the source calls the moment.
        value: what it calls the value.
        known_after: how long after its moment a value is known; None: when the month is over.
        is_jittery: the moment is some milliseconds late; it counts to the second.
        zero_is_unknown: 0 says that the value is not known.
        dated_next_day: dated D 00:00 is what closed D-1; other times of the day are moments of a download, and no row.
        least: below this a value makes no sense.
    """

    time: str = "time"
    value: str = "value"
    known_after: timedelta | None = DAY
    is_jittery: bool = False
    zero_is_unknown: bool = False
    dated_next_day: bool = False
    least: float | None = None


@dataclass(frozen=True)
class CheckedValues:
    """What the rows of a source hold.

    Attributes:
        sound: ``observed_at`` and ``known_at`` (UTC) and ``value`` as decimal text; oldest first, unique times.
        faults: rows that hold no value, by line.
        early: rows whose value is sound but not known yet, by line: a day that is not over.
    """

    sound: pl.DataFrame
    faults: list[Fault]
    early: list[Fault]


def check_values(rows: pl.DataFrame, rule: ValueRule, now: datetime) -> CheckedValues:
    """Tell values from faulty rows.

    Args:
        rows: ``LINE`` (integer), ``time`` and ``value`` as text; a moment in ISO 8601 with its zone, a day, a month.
        rule: how they are read.
        now: what is known only later is not taken.
    """
    rows = rows.filter(pl.col("value").is_not_null() & ~pl.col("value").is_in(MISSING))
    number = pl.col("value").cast(pl.Float64, strict=False)
    if rule.zero_is_unknown:
        rows = rows.filter(number.fill_null(1) != 0)
    rows = rows.with_columns(observed_at=_moment(rule), number=number)
    if rule.dated_next_day:
        rows = rows.filter(
            pl.col("observed_at").is_null() | (pl.col("observed_at").dt.truncate("1d") == pl.col("observed_at"))
        ).with_columns(pl.col("observed_at") - DAY)
    rows = rows.with_columns(known_at=_known(rule)).with_columns(reason=_fault(rule, now))
    is_sound = pl.col("reason").is_null()
    is_early = is_sound & (pl.col("known_at") > now)
    sound = rows.filter(is_sound & ~is_early).unique("observed_at", keep="first").sort("observed_at")
    early = rows.filter(is_early).with_columns(reason=_said(f"{rule.value} of {{}} is not known yet", "time"))
    return CheckedValues(
        sound.select("observed_at", "known_at", "value"),
        [Fault(line, reason) for line, reason in rows.filter(~is_sound).select(LINE, "reason").iter_rows()],
        [Fault(line, reason) for line, reason in early.select(LINE, "reason").iter_rows()],
    )


def _fault(rule: ValueRule, now: datetime) -> pl.Expr:
    """The first thing that is wrong with a row, as text; null for a sound one."""
    observed, number = pl.col("observed_at"), pl.col("number")
    least = pl.lit(value=False) if rule.least is None else number < rule.least
    return (
        pl.when(observed.is_null())
        .then(_said(f"{rule.time} {{}} is no date", "time"))
        .when(number.is_null() | ~number.is_finite())
        .then(_said(f"{rule.value} {{}} is no number", "value"))
        .when(number.abs() >= MAX_VALUE)
        .then(_said(f"{rule.value} {{}} is too large", "value"))
        .when(least)
        .then(_said(f"{rule.value} {{}} is too small", "value"))
        .when(observed < OLDEST)
        .then(_said(f"{rule.time} {{}} lies before all records", "time"))
        .when(observed > now)
        .then(_said(f"{rule.time} {{}} lies in the future", "time"))
        .when(observed.is_duplicated() & ~pl.struct("observed_at", "value").is_duplicated())
        .then(_said(f"{rule.time} {{}} has two values", "time"))
    )


def _said(template: str, name: str) -> pl.Expr:
    """A reason that repeats what was sent, cut to a bearable length."""
    return pl.format(template, pl.col(name).str.slice(0, SHOWN))


def _moment(rule: ValueRule) -> pl.Expr:
    """The time as UTC: a moment, a day, or a month."""
    text = pl.col("time")
    moment = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False)
    day = text.str.to_datetime("%Y-%m-%d", time_unit="us", strict=False).dt.replace_time_zone("UTC")
    month = (text + "-01").str.to_datetime("%Y-%m-%d", time_unit="us", strict=False).dt.replace_time_zone("UTC")
    if rule.is_jittery:
        moment = moment.dt.round("1s")
    return pl.coalesce(moment, day, month)


def _known(rule: ValueRule) -> pl.Expr:
    """From when on a value could be known."""
    observed = pl.col("observed_at")
    return observed.dt.offset_by("1mo") if rule.known_after is None else observed + rule.known_after
