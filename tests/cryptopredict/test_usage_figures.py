"""Requests, runs and what people do are summed up by period, and may be summed up again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import UserActivity
from cryptopredict.measuring import summarise_usage, usage
from system.models import AnalyticsData, ApiRequestLog, PipelineRun
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 18, 12, 5, tzinfo=UTC)
"""A Wednesday."""


def asked(at: datetime, endpoint: str = "/api/v1/assets", status: int = 200, ms: float = 10, user: Any = None) -> None:
    row = ApiRequestLog.objects.create(
        endpoint=endpoint, http_method="GET", response_status=status, response_time_ms=Decimal(str(ms)), user=user
    )
    ApiRequestLog.objects.filter(pk=row.pk).update(created_at=at)


def figure(level: str, start: datetime, name: str, **dimensions: str) -> float | None:
    found = AnalyticsData.objects.filter(
        aggregation_level=level, period_start=start, metric_name=name, dimensions=dimensions
    ).first()
    return None if found is None else float(found.metric_value)


def test_requests_by_hour_day_week_and_month() -> None:
    one, other = UserFactory(), UserFactory()
    eleven = NOON.replace(hour=11, minute=0)
    for ms, status, user in ((10, 200, one), (20, 200, one), (30, 404, other), (40, 500, None)):
        asked(eleven + timedelta(minutes=1), status=status, ms=ms, user=user)
    asked(eleven - timedelta(hours=5), "/api/v1/news", ms=100)
    asked(eleven - timedelta(days=1), ms=1)
    asked(eleven - timedelta(days=30), ms=1)
    asked(NOON, "/api/v1/news")
    summarise_usage(NOON)
    assert figure("hourly", eleven, "requests") == 4
    assert figure("hourly", eleven, "refusals") == 1
    assert figure("hourly", eleven, "faults") == 1
    assert figure("hourly", eleven, "callers") == 2
    assert figure("hourly", eleven, "response_ms_p50") == 25
    assert figure("hourly", eleven, "response_ms_p95") == pytest.approx(38.5)
    assert figure("hourly", NOON.replace(minute=0), "requests") == 1
    day = eleven.replace(hour=0)
    assert figure("daily", day, "requests") == 6
    assert figure("daily", day, "requests", endpoint="/api/v1/news") == 2
    assert figure("daily", day, "response_ms_p95", endpoint="/api/v1/assets") == pytest.approx(38.5)
    assert figure("weekly", day - timedelta(days=2), "requests") == 7
    assert figure("monthly", day.replace(day=1), "requests") == 7
    assert figure("hourly", eleven - timedelta(hours=1), "requests") is None, "nobody asked: there is no figure"


def test_the_same_again_changes_nothing_and_what_came_later_counts() -> None:
    asked(NOON - timedelta(minutes=20))
    assert summarise_usage(NOON) > 0
    assert summarise_usage(NOON) == 0
    rows = AnalyticsData.objects.count()
    asked(NOON - timedelta(minutes=20))
    summarise_usage(NOON)
    assert AnalyticsData.objects.count() == rows
    assert figure("hourly", NOON.replace(hour=11, minute=0), "requests") == 2


def test_only_the_busiest_addresses_have_figures_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MOST_ENDPOINTS", 1)
    for endpoint in ("/a", "/b", "/b"):
        asked(NOON, endpoint)
    summarise_usage(NOON)
    hour = NOON.replace(minute=0)
    assert figure("hourly", hour, "requests", endpoint="/b") == 2
    assert figure("hourly", hour, "requests", endpoint="/a") is None
    assert figure("hourly", hour, "requests") == 3


def test_what_people_do_and_how_long_runs_take() -> None:
    user = UserFactory()
    for kind in ("login", "login", "logout"):
        row = UserActivity.objects.create(user=user, activity_type=kind, action="x")
        UserActivity.objects.filter(pk=row.pk).update(created_at=NOON)
    PipelineRun.objects.create(
        series="live",
        timeframe="1d",
        as_of=NOON,
        status="done",
        started_at=NOON - timedelta(seconds=90),
        finished_at=NOON,
    )
    summarise_usage(NOON)
    day = NOON.replace(hour=0, minute=0)
    assert figure("daily", day, "active_people") == 1
    assert figure("daily", day, "activities", type="login") == 2
    assert figure("daily", day, "pipeline_seconds", timeframe="1d") == 90
