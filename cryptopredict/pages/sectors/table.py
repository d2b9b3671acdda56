"""The table of the sectors: sorted by a column, with the record of the forecasts of each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from aimodels.selectors import Chosen, ForecastRecord, Part, record_by
from cryptopredict.pages import words
from cryptopredict.pages.sectors.address import Asked, address_of
from sectors.rules import SECTOR_PRICES
from sectors.selectors.indexes import index_key
from sectors.selectors.table import RankedSector

RECORD = timedelta(days=90)
HOURS = 24
"""Horizon whose record stands beside the outlook: over 90 days no longer one has enough separate stretches to prove
anything."""
FILE = (
    "rank", "sector", "return_24h_pct", "return_7d_pct", "return_30d_pct", "relative_strength", "momentum", "quadrant",
    "breadth", "dominance_pct", "market_cap_usd", "net_inflow", "outlook", "outlook_hits", "outlook_cases",
    "forecast_skill", "forecasts_scored", "as_of",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A sector's row, and the record of the forecasts of its index; None while none was issued."""

    row: RankedSector
    address: str
    record: ForecastRecord | None

    @property
    def name(self) -> str:
        return words.named(words.SECTORS, self.row.analysis.sector.name)

    @property
    def outlook_record(self) -> Mapping[str, Any]:
        """How often outlooks like this one came true in the past: ``n``, ``hits``, ``weeks``."""
        return self.row.metrics.get("outlook_record") or {}

    @property
    def net_inflow(self) -> float | None:
        """Share of all that moved which arrived, less what left, -1 … 1."""
        one = self.row.analysis
        if one.rotation_inflow_score is None or one.rotation_outflow_score is None:
            return None
        return float(one.rotation_inflow_score - one.rotation_outflow_score)


@dataclass(frozen=True)
class Column:
    """A column that the table can be sorted by: what it is called, what it means, and its value in a row."""

    key: str
    label: Callable[[], str]
    value: Callable[[Line], Any]
    title: Callable[[], str] = str
    is_number: bool = True


COLUMNS = (
    Column("rank", lambda: gettext("Rank"), lambda one: one.row.rank, lambda: gettext("By the return of 7 days")),
    Column("name", lambda: gettext("Sector"), lambda one: one.name, is_number=False),
    Column("24h", lambda: gettext("24 h"), lambda one: one.row.analysis.performance_24h_pct),
    Column("7d", lambda: gettext("7 d"), lambda one: one.row.analysis.performance_7d_pct),
    Column("30d", lambda: gettext("30 d"), lambda one: one.row.analysis.performance_30d_pct),
    Column("strength", lambda: gettext("Strength"), lambda one: one.row.analysis.relative_strength_score,
           lambda: gettext("Against Bitcoin and the whole market over 30 days: 0 is the weakest, 1 the strongest")),
    Column("momentum", lambda: gettext("Momentum"), lambda one: one.row.analysis.momentum_score,
           lambda: gettext("Return of 30 days by its own swings, −1 to 1")),
    Column("breadth", lambda: gettext("Breadth"), lambda one: one.row.breadth,
           lambda: gettext("Share of the members above their 50-candle average")),
    Column("dominance", lambda: gettext("Dominance"), lambda one: one.row.analysis.sector_dominance_pct,
           lambda: gettext("Share of the market cap of all assets")),
    Column("inflow", lambda: gettext("Net inflow"), lambda one: one.net_inflow,
           lambda: gettext("Of all that moved between sectors in 7 days: what arrived here less what left")),
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The head of a column: the query that sorts by it, and how the table is sorted now."""

    column: Column
    label: str
    title: str
    query: str
    sorted: str


def lines(rows: Sequence[RankedSector], indexes: Mapping[str, int], now: datetime) -> list[Line]:
    """Rows with their records.

    Args:
        rows: in the order of their rank.
        indexes: index assets by what they are the index of.
        now: the present.
    """
    records = records_of(rows, indexes, now)
    return [Line(row, address_of(row.analysis.sector), records.get(row.analysis.sector.name)) for row in rows]


def records_of(rows: Sequence[RankedSector], indexes: Mapping[str, int], now: datetime) -> dict[str, ForecastRecord]:
    """The record of the forecasts of each sector's index, by the name of the sector."""
    keys = {row.analysis.sector.name: index_key(row.analysis.sector) for row in rows}
    groups = {name: [indexes[key]] for name, key in keys.items() if key in indexes}
    ids = [pk for group in groups.values() for pk in group]
    chosen = Chosen(layer=SECTOR_PRICES.layer, horizon_hours=HOURS, asset_ids=ids, since=now - RECORD)
    return record_by(Part.ASSETS, chosen, groups)


def heads(asked: Asked) -> list[Head]:
    """The heads of all columns."""
    return [_head(column, asked) for column in COLUMNS]


def _head(column: Column, asked: Asked) -> Head:
    up, down = column.key, f"-{column.key}"
    first, second = (up, down) if column.key in {"rank", "name"} else (down, up)
    wanted = second if asked.sort == first else first
    present = {up: "ascending", down: "descending"}.get(asked.sort, "none")
    return Head(column, column.label(), column.title(), asked.query(sort=wanted), present)


def ordered(found: Sequence[Line], sort: str) -> list[Line]:
    """Sorted by a column; what is unknown comes last either way. A column that there is not changes nothing."""
    column = next((one for one in COLUMNS if one.key == sort.removeprefix("-")), None)
    if column is None:
        return list(found)
    known = [one for one in found if column.value(one) is not None]
    rest = [one for one in found if column.value(one) is None]
    return sorted(known, key=column.value, reverse=sort.startswith("-")) + rest


def file_rows(found: Sequence[Line], as_of: datetime) -> Iterator[tuple[Any, ...]]:
    """The table for a file."""
    for one in found:
        analysis, record = one.row.analysis, one.record
        yield (
            one.row.rank,
            analysis.sector.name,
            analysis.performance_24h_pct,
            analysis.performance_7d_pct,
            analysis.performance_30d_pct,
            analysis.relative_strength_score,
            analysis.momentum_score,
            one.row.quadrant,
            one.row.breadth,
            analysis.sector_dominance_pct,
            analysis.sector_market_cap,
            one.net_inflow,
            analysis.ai_sector_outlook,
            one.outlook_record.get("hits"),
            one.outlook_record.get("n"),
            record.skill if record else None,
            record.n if record else None,
            as_of.isoformat(),
        )
