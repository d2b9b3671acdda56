"""Values from outside enter the database, each with the time from which it was known."""

from io import BytesIO
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.utils import timezone

from assets.models import Asset
from assets.services import Stored
from macro.models import ExternalSeries

STAGING = """
CREATE TEMP TABLE IF NOT EXISTS value_staging (
    series_id bigint NOT NULL, observed_at timestamptz NOT NULL, known_at timestamptz NOT NULL,
    value numeric(38, 18) NOT NULL
) ON COMMIT DELETE ROWS
"""
# A value that differs from the latest one known for its moment is a correction: a new row, known from now on, and
# always later than what it corrects.
STORE = """
WITH latest AS (
    SELECT DISTINCT ON (series_id, observed_at) series_id, observed_at, known_at, value FROM external_values
    WHERE series_id = ANY(%(series)s) AND observed_at BETWEEN %(first)s AND %(last)s
    ORDER BY series_id, observed_at, known_at DESC
), differing AS (
    SELECT s.series_id, s.observed_at, s.value, l.observed_at IS NOT NULL AS corrected,
           CASE WHEN l.observed_at IS NULL THEN s.known_at
                ELSE greatest(%(now)s, l.known_at + interval '1 microsecond') END AS known_at
    FROM value_staging s LEFT JOIN latest l USING (series_id, observed_at)
    WHERE l.value IS DISTINCT FROM s.value
), stored AS (
    INSERT INTO external_values (series_id, observed_at, known_at, value)
    SELECT series_id, observed_at, known_at, value FROM differing
)
SELECT count(*) FILTER (WHERE NOT corrected), count(*) FILTER (WHERE corrected) FROM differing
"""
COPY_CAPS = """
UPDATE price_data p SET market_cap = v.value
FROM (
    SELECT DISTINCT ON (s.asset_id, v.observed_at) s.asset_id, v.observed_at, round(v.value, 2) AS value
    FROM external_series s JOIN external_values v ON v.series_id = s.id
    WHERE s.kind = 'market_cap'
    ORDER BY s.asset_id, v.observed_at, v.known_at DESC
) v
WHERE p.asset_id = v.asset_id AND p.timeframe = '1d' AND p.candle_time = v.observed_at
  AND p.market_cap IS DISTINCT FROM v.value
"""


def store_values(series: ExternalSeries, values: pl.DataFrame) -> Stored:
    """Store values of one series, all or none. The same values again change nothing.

    Args:
        series: what they belong to.
        values: ``observed_at``, ``known_at`` (UTC), ``value`` as decimal text or numbers; times unique.
    """
    return store_rows(values.select(pl.lit(series.pk).alias("series_id"), "observed_at", "known_at", "value"))


@transaction.atomic
def store_rows(rows: pl.DataFrame) -> Stored:
    """Store values of any number of series, all or none: ``series_id`` before the columns of ``store_values``."""
    if rows.is_empty():
        return Stored()
    text = BytesIO()
    rows.write_csv(text, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.f%:z")
    parameters: dict[str, Any] = {
        "series": rows["series_id"].unique().to_list(),
        "first": rows["observed_at"].min(),
        "last": rows["observed_at"].max(),
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(STAGING)
        with connection.wrap_database_errors, cursor.copy("COPY value_staging FROM STDIN (FORMAT csv)") as copy:
            copy.write(text.getbuffer())
        cursor.execute(STORE, parameters)
        new, corrected = cursor.fetchone()
        cursor.execute("TRUNCATE value_staging")
    return Stored(new, corrected, rows.height - new - corrected)


def register_series(
    code: str, *, name: str, kind: str, unit: str, source: str, asset: Asset | None = None, caveat: str | None = None
) -> ExternalSeries:
    """The series of that code, made if it is new."""
    series, _created = ExternalSeries.objects.get_or_create(
        code=code,
        defaults={"name": name[:100], "kind": kind, "unit": unit, "source": source, "asset": asset, "caveat": caveat},
    )
    return series


def copy_market_caps() -> int:
    """Market caps of daily series beside the candles of their days, where both are there. Repeatable.

    Returns:
        How many candles changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(COPY_CAPS)
        return int(cursor.rowcount)
