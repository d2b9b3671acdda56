"""How the product is used: requests, their speed and faults, and what people do, by hour, day, week and month.

A period that has not ended is summed up as far as it has come; each round overwrites it, so that it may be run again.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from assets.compute import periods
from system.choices import AggregationLevel

LEVELS = {
    AggregationLevel.HOURLY: "1h",
    AggregationLevel.DAILY: "1d",
    AggregationLevel.WEEKLY: "1w",
    AggregationLevel.MONTHLY: "1M",
}
"""Periods are those of candles: UTC, weeks from Monday on."""
MOST_ENDPOINTS = 30
"""The most used ones of a period have figures of their own."""
REQUESTS = """
WITH asked AS MATERIALIZED (
    SELECT endpoint, response_status AS status, response_time_ms AS ms, user_id
    FROM api_request_logs WHERE created_at >= %(start)s AND created_at < %(end)s),
busiest AS (SELECT endpoint FROM asked GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT %(most)s),
one AS (SELECT * FROM asked WHERE endpoint IN (SELECT endpoint FROM busiest)),
figures (category, name, value, dimensions) AS (
    SELECT 'api_usage', 'requests', count(*)::numeric, '{}'::jsonb FROM asked HAVING count(*) > 0
    UNION ALL SELECT 'api_usage', 'refusals', count(*) FILTER (WHERE status BETWEEN 400 AND 499), '{}'::jsonb
        FROM asked HAVING count(*) > 0
    UNION ALL SELECT 'api_usage', 'faults', count(*) FILTER (WHERE status >= 500), '{}'::jsonb
        FROM asked HAVING count(*) > 0
    UNION ALL SELECT 'api_usage', 'callers', count(DISTINCT user_id), '{}'::jsonb FROM asked HAVING count(*) > 0
    UNION ALL SELECT 'api_usage', 'requests', count(*), jsonb_build_object('endpoint', endpoint)
        FROM one GROUP BY endpoint
    UNION ALL SELECT 'performance', 'response_ms_p50',
        percentile_cont(0.5) WITHIN GROUP (ORDER BY ms::float8)::numeric, '{}'::jsonb FROM asked HAVING count(*) > 0
    UNION ALL SELECT 'performance', 'response_ms_p95',
        percentile_cont(0.95) WITHIN GROUP (ORDER BY ms::float8)::numeric, '{}'::jsonb FROM asked HAVING count(*) > 0
    UNION ALL SELECT 'performance', 'response_ms_p95',
        percentile_cont(0.95) WITHIN GROUP (ORDER BY ms::float8)::numeric, jsonb_build_object('endpoint', endpoint)
        FROM one GROUP BY endpoint)
"""
RUNS = """
WITH figures (category, name, value, dimensions) AS (
    SELECT 'performance', 'pipeline_seconds', max(extract(epoch FROM finished_at - started_at)),
        jsonb_build_object('timeframe', timeframe)
    FROM pipeline_runs
    WHERE series = 'live' AND status = 'done' AND finished_at >= %(start)s AND finished_at < %(end)s
    GROUP BY timeframe)
"""
PEOPLE = """
WITH did AS MATERIALIZED (
    SELECT user_id, activity_type FROM user_activities WHERE created_at >= %(start)s AND created_at < %(end)s),
figures (category, name, value, dimensions) AS (
    SELECT 'user_behavior', 'active_people', count(DISTINCT user_id)::numeric, '{}'::jsonb FROM did HAVING count(*) > 0
    UNION ALL SELECT 'user_behavior', 'activities', count(*), jsonb_build_object('type', activity_type)
        FROM did GROUP BY activity_type)
"""
KEEP = """
INSERT INTO analytics_data (category, metric_name, metric_value, dimensions, aggregation_level, period_start)
SELECT category, name, round(value, 8), dimensions, %(level)s, %(start)s FROM figures WHERE value IS NOT NULL
ON CONFLICT (category, metric_name, aggregation_level, period_start, dimensions) WHERE period_start IS NOT NULL
DO UPDATE SET metric_value = excluded.metric_value
WHERE analytics_data.metric_value IS DISTINCT FROM excluded.metric_value
"""


def summarise_usage(now: datetime) -> int:
    """Sum up the periods that contain the last hour, and those that contain the present. Repeatable.

    Returns:
        How many figures were new or changed.
    """
    chosen = [
        (level, start)
        for level, timeframe in LEVELS.items()
        for start in sorted({periods.start(moment, timeframe) for moment in (now - timedelta(hours=1), now)})
    ]
    return sum(_summarise(level, start, periods.end(start, LEVELS[level])) for level, start in chosen)


@transaction.atomic
def _summarise(level: AggregationLevel, start: datetime, end: datetime) -> int:
    given: dict[str, str | int | datetime] = {"level": level.value, "start": start, "end": end, "most": MOST_ENDPOINTS}
    written = 0
    with connection.cursor() as cursor:
        for figures in (REQUESTS, RUNS, PEOPLE):
            cursor.execute(figures + KEEP, given)
            written += cursor.rowcount
    return written
