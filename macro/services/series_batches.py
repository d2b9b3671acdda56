"""Many series at once: one statement for all of their values."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.utils import timezone

from assets.services import Stored
from macro.models import ExternalSeries

STAGING = """
CREATE TEMP TABLE IF NOT EXISTS value_batch_staging (
    series_id bigint NOT NULL, observed_at timestamptz NOT NULL, known_at timestamptz NOT NULL,
    value numeric(38, 18) NOT NULL
) ON COMMIT DELETE ROWS
"""
# As for one series: a value that differs from the latest one known for its moment is a correction, known from now on.
STORE = """
WITH latest AS (
    SELECT DISTINCT ON (series_id, observed_at) series_id, observed_at, known_at, value FROM external_values
    WHERE series_id = ANY(%(series)s) AND observed_at BETWEEN %(first)s AND %(last)s
    ORDER BY series_id, observed_at, known_at DESC
), differing AS (
    SELECT s.series_id, s.observed_at, s.value, l.observed_at IS NOT NULL AS corrected,
           CASE WHEN l.observed_at IS NULL THEN s.known_at
                ELSE greatest(%(now)s, l.known_at + interval '1 microsecond') END AS known_at
    FROM value_batch_staging s LEFT JOIN latest l USING (series_id, observed_at)
    WHERE l.value IS DISTINCT FROM s.value
), stored AS (
    INSERT INTO external_values (series_id, observed_at, known_at, value)
    SELECT series_id, observed_at, known_at, value FROM differing
)
SELECT count(*) FILTER (WHERE NOT corrected), count(*) FILTER (WHERE corrected) FROM differing
"""


@dataclass(frozen=True)
class SeriesValues:
    """A series as ``register_series`` knows it, and values as ``store_values`` takes them."""

    code: str
    name: str
    kind: str
    unit: str
    values: pl.DataFrame
    asset_id: int | None = None


@transaction.atomic
def store_series(batch: Iterable[SeriesValues], *, source: str) -> Stored:
    """Store values of many series of one source, all or none; series that are new are made. Repeatable."""
    filled = {one.code: one for one in batch if not one.values.is_empty()}
    if not filled:
        return Stored()
    ids = _register(filled.values(), source)
    rows = pl.concat(
        one.values.select(pl.lit(ids[code]).alias("series_id"), "observed_at", "known_at", "value")
        for code, one in filled.items()
    )
    text = BytesIO()
    rows.write_csv(text, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.f%:z")
    parameters: dict[str, Any] = {
        "series": list(ids.values()),
        "first": rows["observed_at"].min(),
        "last": rows["observed_at"].max(),
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(STAGING)
        with connection.wrap_database_errors, cursor.copy("COPY value_batch_staging FROM STDIN (FORMAT csv)") as copy:
            copy.write(text.getbuffer())
        cursor.execute(STORE, parameters)
        new, corrected = cursor.fetchone()
        cursor.execute("TRUNCATE value_batch_staging")
    return Stored(new, corrected, rows.height - new - corrected)


def _register(batch: Iterable[SeriesValues], source: str) -> dict[str, int]:
    """Ids by code."""
    wanted = list(batch)
    known = ExternalSeries.objects.filter(code__in=[one.code for one in wanted])
    ids = dict(known.values_list("code", "pk"))
    new = [
        ExternalSeries(
            code=one.code, name=one.name[:100], kind=one.kind, unit=one.unit, source=source, asset_id=one.asset_id
        )
        for one in wanted
        if one.code not in ids
    ]
    return ids | {series.code: series.pk for series in ExternalSeries.objects.bulk_create(new)}
