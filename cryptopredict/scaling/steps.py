"""Where one machine, one table or one database ends, and what comes next: each from a figure that was measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assets.providers.binance import weigh_spot
from cryptopredict.embedded.postgres import SETTINGS
from cryptopredict.scaling.market import (
    ASSETS,
    DAY,
    PERIODS,
    YEAR,
    archived_a_year,
    rows_a_day,
    rows_kept,
)  # fmt: skip
from cryptopredict.scaling.measured import Constants
from cryptopredict.scaling.people import PEOPLE, SHARE_OF_CORE, THREADS, database_cores, processes
from cryptopredict.scaling.tables import FROM_RUNS, Growing, growing
from system.http import provider

DATABASE_CORES, MEMORY, VOLUME = 16, 64e9, 4e12
"""Assumption: a large machine for the database; bytes of its memory, and of its disk."""


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
    calls, logged = table_of("external_api_logs", known), table_of("api_request_logs", known)
    yield Step(
        "`external_api_logs` in memory",
        f"{MEMORY / (calls.size / ASSETS[-1]):,.0f} assets in all timeframes",
        f"{calls.weight:,.0f} bytes a call, {calls.days:,.0f} days of them; the nightly sweep reads from the disk then",
        "PostgreSQL: partitions by day, dropped whole; or fewer days (`api_logs_days`)",
    )
    yield Step(
        "`api_request_logs` in memory",
        f"{MEMORY / (logged.size / PEOPLE[-1]):,.0f} people",
        f"{logged.weight:,.0f} bytes a request, {logged.days:,.0f} days of them",
        "the same",
    )
    forecasts = table_of("predictions", known)
    yield Step(
        "`predictions` in memory",
        f"{MEMORY / (forecasts.a_day * forecasts.weight):,.0f} days at {ASSETS[-1]:,} assets",
        f"{forecasts.weight:,.0f} bytes a forecast, {forecasts.a_day:,.0f} a day",
        "PostgreSQL: partitions by month of `as_of`, as candles have them; the chain of hashes does not mind",
    )
    ledger = sum(table_of(name, known).a_day * table_of(name, known).weight for name in FROM_RUNS)
    yield Step(
        "the disk, by forecasts with their links and scores",
        f"{VOLUME / (ledger * YEAR):,.1f} years at {ASSETS[-1]:,} assets",
        f"{ledger * YEAR / 1e9:,.0f} GB a year",
        "forecasts of fewer assets or closes; old partitions into a tablespace or a store of columns",
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
