"""Bitcoin's halving cycle."""

from datetime import UTC, datetime, timedelta

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


def halving_countdown(as_of: datetime) -> int:
    """Days until the next halving as it could be estimated at ``as_of``: 210,000 blocks of ten minutes after the last.

    Never negative: when the estimate has passed without the halving, it is due.

    Raises:
        ValueError: before the first halving.
    """
    past = [day for day in HALVINGS if day <= as_of]
    if not past:
        raise ValueError("the first halving was on 2012-11-28")
    return max(0, (past[-1] + BLOCKS_BETWEEN * BLOCK_TIME - as_of).days)
