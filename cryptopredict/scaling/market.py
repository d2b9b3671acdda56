"""What many assets take."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from assets.services.partitions import AHEAD, Partition
from cryptopredict.scaling.measured import Constants
from system import configuration

ASSETS = (60, 500, 2_000, 10_000)
DAY = 86_400
PERIODS = {"1m": 1440, "5m": 288, "15m": 96, "1h": 24, "4h": 6, "1d": 1, "1w": 1 / 7, "1M": 12 / 365.25}
"""Candles a day, and closes after which they are asked for."""
RUNS = {"1h": "1h", "4h": "1h", "1d": "1d", "1w": "1d"}
"""Timeframes that are analysed at each close, and the one whose run was measured in its place."""
FOR_GOOD_YEARS = 10
FOR_GOOD_DAYS = FOR_GOOD_YEARS * 365
"""Of what is never swept, ten years are counted."""
YEAR = 365


def kept_days() -> dict[str, float | None]:
    """For how many days candles stay among those that are read first, as a new installation has it; None: for good."""
    ages = configuration.group("retention").default
    shared = {"5m": "price_5m_15m_days", "15m": "price_5m_15m_days"}
    return {timeframe: ages[shared.get(timeframe, f"price_{timeframe}_days")] for timeframe in PERIODS}


def rows_a_day(assets: int) -> float:
    """Candles; and calls that ask for them, one for each close of each timeframe."""
    return assets * sum(PERIODS.values())


def rows_kept(assets: int) -> float:
    """Candles in the live tables; older ones are in the archive, which nobody empties."""
    days = kept_days()
    return assets * sum(PERIODS[name] * (days[name] or FOR_GOOD_DAYS) for name in PERIODS)


def archived_a_year(assets: int) -> float:
    """Candles that move to the archive in a year."""
    days = kept_days()
    return assets * YEAR * sum(PERIODS[name] for name in PERIODS if days[name] is not None)


def partitions_after(years: int) -> tuple[int, int]:
    """Tables of candles after so many years: live ones, with those that stand ready, and archived ones.

    They are as many for one asset as for ten thousand.
    """
    now = datetime(2030, 6, 15, tzinfo=UTC)
    live = archived = 0
    for timeframe, days in kept_days().items():
        one = Partition.of(now - timedelta(days=years * 365.25), timeframe)
        while one.first <= now:
            is_old = days is not None and one.end <= now - timedelta(days=days)
            live, archived = live + (not is_old), archived + is_old
            one = one.next()
        live += AHEAD
    return live, archived


def layers(assets: int, known: Constants) -> float:
    """Seconds of one run of the layers."""
    return known.layers_seconds * (assets / 500) ** (math.log(known.layers_growth) / math.log(4))


def of_assets(known: Constants) -> Iterator[str]:
    yield "| assets | candles a day | calls a second | cores of workers | cores of the database | live candles "
    yield "| on disk | archive, a year | layers, one run |\n|---|---|---|---|---|---|---|---|---|\n"
    for number in ASSETS:
        day, kept = rows_a_day(number), rows_kept(number)
        calls = day / DAY
        yield (
            f"| {number:,} | {day:,.0f} | {calls:,.1f} | {calls * known.call_worker:,.2f} "
            f"| {calls * known.call_database:,.2f} | {kept / 1e6:,.0f} M | {kept * known.row_bytes / 1e9:,.0f} GB "
            f"| {archived_a_year(number) * known.row_bytes / 1e9:,.0f} GB | {layers(number, known):,.1f} s |\n"
        )
