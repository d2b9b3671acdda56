"""Where one machine, one table or one database ends, and what comes next: each from a figure that was measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assets.providers.binance import weigh_spot
from cryptopredict.embedded.postgres import SETTINGS
from cryptopredict.scaling.market import (
    ASSETS,
    DAY,
    PERIODS,
    archived_a_year,
    rows_a_day,
    rows_kept,
)  # fmt: skip
from cryptopredict.scaling.measured import Constants
from cryptopredict.scaling.people import PEOPLE, SHARE_OF_CORE, THREADS, database_cores, processes
from cryptopredict.scaling.tables import DAILY, PAGES_A_DAY, READS_A_PAGE, Growing, growing
from system.http import provider

DATABASE_CORES, MEMORY, VOLUME = 16, 64e9, 4e12
"""Assumption: a large machine for the database; bytes of its memory, and of its disk."""
SWEEP_SECONDS = 3600
"""Assumption: so long the nightly sweep of one table may take."""


@dataclass(frozen=True)
class Step:
    """What ends, where, by which figure, and what comes next."""

    ends: str
    at: str
    because: str
    then: str


def table_of(name: str, known: Constants) -> Growing:
    """A table at the largest size of the page."""
    return next(one for one in growing(known, ASSETS[-1], PEOPLE[-1]) if one.table == name)


def steps(known: Constants) -> Iterator[Step]:
    """In the order in which they come, more or less."""
    budget, weight = provider("binance").budgets[0].limit, weigh_spot("klines", {})
    a_minute = rows_a_day(1) / DAY * 60
    yield Step(
        "what one exchange answers to one address",
        f"{budget / weight / a_minute:,.0f} assets in all timeframes",
        f"Binance gives {budget:,.0f} a minute and a call takes {weight}; an asset has {a_minute:.2f} closes a minute",
        "no minutes for the small ones (without `1m`: "
        f"{budget / weight / (a_minute - PERIODS['1m'] / 1440):,.0f} assets); a further exchange or address",
    )
    of_call = rows_a_day(1) / DAY * known.call_worker
    yield Step(
        "one worker of `ingest`",
        f"{SHARE_OF_CORE / of_call:,.0f} assets",
        f"{1000 * known.call_worker:.1f} ms of the processor for a call of a live round",
        "another worker of that queue",
    )
    reachable = int(SETTINGS["max_connections"])
    yield Step(
        "connections",
        f"{most_people(lambda people: processes(people, known) * THREADS > reachable):,} people",
        f"{THREADS} for each web process, {reachable} as the embedded server has it",
        "PgBouncer in transaction mode",
    )
    swept = known.deleted_a_second * SWEEP_SECONDS
    yield Step(
        "sweeping `external_api_logs` row by row",
        f"{swept / rows_a_day(1):,.0f} assets in all timeframes",
        f"{known.deleted_a_second:,.0f} rows deleted a second, an hour each night",
        "PostgreSQL: partitions by day, dropped whole; or fewer days (`api_logs_days`)",
    )
    yield Step(
        "sweeping `api_request_logs` row by row",
        f"{swept / (DAILY * PAGES_A_DAY * READS_A_PAGE):,.0f} people",
        "the same",
        "the same",
    )
    forecasts = table_of("predictions", known)
    yield Step(
        "`predictions` in memory",
        f"{MEMORY / (forecasts.a_day * forecasts.weight):,.0f} days at {ASSETS[-1]:,} assets",
        f"{forecasts.weight:,.0f} bytes a forecast, {forecasts.a_day:,.0f} a day",
        "PostgreSQL: partitions by month of `as_of`, as candles have them; the chain of hashes does not mind",
    )
    core = DATABASE_CORES * SHARE_OF_CORE
    yield Step(
        "the database's processor, by reads",
        f"{core / (database_cores(PEOPLE[-1], known) / PEOPLE[-1]):,.0f} people",
        f"{1000 * known.page_database:.1f} ms of it for a page, {1000 * known.read_database:.1f} ms for a request",
        "a replica for candles, charts and lists of forecasts; more memory before that",
    )
    yield Step(
        "the disk, by live candles",
        f"{VOLUME / (rows_kept(1) * known.row_bytes):,.0f} assets",
        f"{known.row_bytes:,.0f} bytes a candle",
        "a shorter retention of minutes; a tablespace for them",
    )
    yield Step(
        "the disk, by archived candles",
        f"{VOLUME / (archived_a_year(ASSETS[-1]) * known.row_bytes):,.1f} years at {ASSETS[-1]:,} assets",
        f"{archived_a_year(ASSETS[-1]) * known.row_bytes / 1e9:,.0f} GB a year",
        "archived partitions are dumped and dropped, or go to a store of columns outside: they are never written again",
    )
    of_database = rows_a_day(1) / DAY * known.call_database
    yield Step(
        "one database that writes",
        f"{core / of_database:,.0f} assets in all timeframes",
        f"{1000 * known.call_database:.1f} ms of its processor for a call of a live round",
        "Citus, distributed by `asset_id`; minutes into a store of columns",
    )


def most_people(is_over: Callable[[int], bool]) -> int:
    """The largest number of people, in hundreds, at which it does not hold yet."""
    people = 100
    while not is_over(people + 100):
        people += 100
    return people


def of_steps(known: Constants) -> Iterator[str]:
    yield "| what ends | at | measured | then |\n|---|---|---|---|\n"
    for one in steps(known):
        yield f"| {one.ends} | {one.at} | {one.because} | {one.then} |\n"
