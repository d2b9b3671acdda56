"""Whether the sums over forecasts are what counting them one by one gives."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connections
from psycopg import sql

from aimodels.selectors.outcomes import Chosen, summed

KEYS = "d.series, d.layer_source, d.market, d.as_of, d.prediction_horizon, d.model_name, d.market_conditions"
FIGURES = ("issued", "late", "scored", "n", "hits", "rises", "brier", "brier_naive", "n_intervals",
           "in_interval_90", "in_interval_50", "pinball", "pinball_naive")  # fmt: skip
OF_BINS = ("n", "rises", "chance")
# A forecast is issued into no bin and scored into one, so the figures of bins are held against each other apart. Where
# forecasts went to another market, sums of nothing stay.
DIFFERING = """
WITH kept AS (
    SELECT {keys}, {place}, {figures} FROM {sums} {where} GROUP BY {groups} HAVING {any}
), counted AS (
    SELECT {keys}, {place}, {figures} FROM {each} {where} GROUP BY {groups} HAVING {any}
)
SELECT DISTINCT model_name, prediction_horizon, as_of, market
FROM ((TABLE kept EXCEPT TABLE counted) UNION ALL (TABLE counted EXCEPT TABLE kept)) one
"""


@dataclass(frozen=True, order=True)
class Differing:
    """Forecasts whose sums are not what counting gives: of which model and horizon, from when, of which market."""

    model: str
    horizon_hours: int
    as_of: datetime
    market: str


def differing_sums(database: str = "default") -> list[Differing]:
    """Every sum that is wrong, of all series; nothing is expected."""
    with connections[database].cursor() as cursor:
        cursor.execute("SELECT series FROM predictions UNION SELECT series FROM prediction_sums")
        found = set()
        for (series,) in cursor.fetchall():
            for figures, in_bins in ((FIGURES, False), (OF_BINS, True)):
                cursor.execute(_differing(Chosen(series), figures, in_bins=in_bins))
                found.update(cursor.fetchall())
    return sorted(Differing(*row) for row in found)


def _differing(chosen: Chosen, figures: tuple[str, ...], *, in_bins: bool) -> sql.Composed:
    columns = [sql.SQL("sum(d.{name}) AS {name}").format(name=sql.Identifier(name)) for name in figures]
    return sql.SQL(DIFFERING).format(
        keys=sql.SQL(KEYS),
        place=sql.SQL("d.bin" if in_bins else "NULL::int AS bin"),
        groups=sql.SQL(f"{KEYS}, d.bin" if in_bins else KEYS),
        where=sql.SQL("WHERE d.bin IS NOT NULL" if in_bins else ""),
        any=sql.SQL("sum(d.n) <> 0" if in_bins else "sum(d.issued) <> 0 OR sum(d.late) <> 0"),
        figures=sql.SQL(", ").join(columns),
        sums=summed(chosen),
        each=summed(chosen, one_by_one=True),
    )
