"""Bitcoin's cycles: halvings, distance from its highest price, and the calendar."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
HALVINGS = (
    datetime(2012, 11, 28, tzinfo=UTC),
    datetime(2016, 7, 9, tzinfo=UTC),
    datetime(2020, 5, 11, tzinfo=UTC),
    datetime(2024, 4, 20, tzinfo=UTC),
)
"""Days on which blocks 210,000, 420,000, 630,000 and 840,000 were found. Source: the block chain itself."""
BLOCKS_BETWEEN = 210_000
BLOCK_TIME = timedelta(minutes=10)
"""The time that the protocol aims at; blocks came a little faster so far, so the estimate lies late by weeks."""
EPOCH_LENGTH = BLOCKS_BETWEEN * BLOCK_TIME
LEAST_YEARS = 3
"""Months of the same name without which the calendar says nothing."""


def last_halving(as_of: datetime) -> datetime:
    """The newest halving that had happened at ``as_of``.

    Raises:
        ValueError: before the first halving.
    """
    past = [day for day in HALVINGS if day <= as_of]
    if not past:
        raise ValueError("the first halving was on 2012-11-28")
    return past[-1]


def halving_countdown(as_of: datetime) -> int:
    """Days until the next halving as it could be estimated at ``as_of``: 210,000 blocks of ten minutes after the last.

    Never negative: when the estimate has passed without the halving, it is due.

    Raises:
        ValueError: before the first halving.
    """
    return max(0, (last_halving(as_of) + EPOCH_LENGTH - as_of).days)


def epoch_phase(as_of: datetime) -> float:
    """Share of the present halving epoch that has passed, by the same estimate: 0 to 1, when the next is due.

    Raises:
        ValueError: before the first halving.
    """
    return min(1.0, (as_of - last_halving(as_of)) / EPOCH_LENGTH)


@dataclass(frozen=True)
class Peak:
    """Where the price stands below the highest close so far.

    Attributes:
        drawdown: fraction below it, 0-1.
        periods_since: candles since it.
        counted: candles looked at.
    """

    drawdown: float
    periods_since: int
    counted: int


def below_peak(close: Floats) -> Peak:
    """Distance of the last close from the highest one.

    Args:
        close: USD, shape (t,), t >= 1, all above 0.
    """
    top = len(close) - 1 - int(close[::-1].argmax())  # the newest of equal ones
    return Peak(float(1 - close[-1] / close[top]), len(close) - 1 - top, len(close))


@dataclass(frozen=True)
class Season:
    """What the calendar said so far of the month that runs.

    Attributes:
        score: mean return of the months of this name less that of all months, in standard errors; NaN when unknown.
        months: complete months of this name in the past.
    """

    score: float
    months: int


def season(times: Integers, close: Floats, as_of: datetime) -> Season:
    """Whether the months of the name that ``as_of`` has were better or worse than others for Bitcoin.

    ``(mean(same) - mean(all)) / (std(all) / sqrt(k))`` of monthly log returns, complete months only, k of this name.

    Args:
        times: starts of daily candles, seconds since 1970, shape (t,), oldest first; days may be missing.
        close: USD, shape (t,).
        as_of: its month is the one asked about.
    Returns:
        A score of NaN with fewer than ``LEAST_YEARS`` months of the name, or when all months are equal.
    """
    months, returns = monthly_returns(times, close)
    same = returns[months % 12 == as_of.month - 1]
    spread = returns.std(ddof=1) if len(returns) > 1 else 0.0
    if len(same) < LEAST_YEARS or not spread > 0:
        return Season(float("nan"), len(same))
    return Season(float((same.mean() - returns.mean()) / (spread / np.sqrt(len(same)))), len(same))


def monthly_returns(times: Integers, close: Floats) -> tuple[Integers, Floats]:
    """Log returns from the last close of a month to the last close of the next, for months that are over.

    Args:
        times: starts of daily candles, seconds since 1970, shape (t,), oldest first.
        close: USD, shape (t,).
    Returns:
        Months since January 1970 and their returns; a month counts when its last day and that of the month before are
        there.
    """
    days = times.astype("datetime64[s]")
    months, following = (
        moved.astype("datetime64[M]").astype(np.int64) for moved in (days, days + np.timedelta64(1, "D"))
    )
    ends = np.flatnonzero(months != following)
    at, prices = months[ends], np.log(close[ends])
    neighbours = np.flatnonzero(np.diff(at) == 1)
    return at[neighbours + 1], np.diff(prices)[neighbours]
