"""The first page of the admin in a browser: languages, themes, a telephone; and a job cancelled by keyboard."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from aimodels.choices import JobStatus
from aimodels.models import ModelJob
from cryptopredict.measuring import measure_health
from system.choices import TaskStatus
from system.models import BackgroundTask, ExternalApiLog
from tests import factories as make

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def job(address: str) -> ModelJob:
    """A running job, and something on every card."""
    now = timezone.now()
    measure_health(now)
    make.SuggestionFactory(watchlist=make.DefaultListFactory())
    make.UserFeedbackFactory(message="Where are the candles of 2019?")
    make.GapFactory(missing=5)
    make.IngestStateFactory(rejected=3, started_at=now - timedelta(hours=1))
    BackgroundTask.objects.create(
        task_name="assets.services.collect", task_type="ingest", status=TaskStatus.FAILED, completed_at=now,
        error_message="ConnectTimeout: no answer of https://api.binance.com/api/v3/klines within 10 seconds",
    )  # fmt: skip
    ExternalApiLog.objects.create(
        api_provider="binance", endpoint="/x", http_method="GET", response_status=401, response_time_ms=1
    )
    running: ModelJob = make.ModelJobFactory(job_name="nightly", progress_pct=40, current_phase="fold 3 of 8")
    return running


def test_a_job_is_cancelled_by_keyboard(job: ModelJob, visit: Any) -> None:
    page = visit(user=make.AdminFactory()).go("/admin/")
    page.locator(".home-ask summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("The job is cancelled").wait_for()
    assert ModelJob.objects.get(pk=job.pk).job_status == JobStatus.CANCELLED


@pytest.mark.parametrize(
    ("language", "theme", "width"), [("en", "light", 1280), ("fa", "dark", 1280), ("fa", "light", 360)]
)
def test_it_is_whole_in_every_language_theme_and_width(
    job: ModelJob, visit: Any, language: str, theme: str, width: int
) -> None:
    visitor = visit(user=make.AdminFactory(), language=language, theme=theme, width=width)
    page = visitor.go("/admin/")
    assert visitor.width_of_content() <= width
    found = Axe().run(page, context="#content").response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []


def test_it_keeps_itself_fresh_and_leaves_what_is_in_use(job: ModelJob, visit: Any) -> None:
    visitor = visit(user=make.AdminFactory())
    visitor.page.clock.install()
    page = visitor.go("/admin/")
    ModelJob.objects.filter(pk=job.pk).update(current_phase="fold 4 of 8")
    page.clock.fast_forward(31_000)
    page.get_by_text("fold 4 of 8").wait_for()
    page.locator(".home-ask summary").click()
    ModelJob.objects.filter(pk=job.pk).update(current_phase="fold 5 of 8")
    with page.expect_request("**/admin/", timeout=10_000) as asked:
        page.clock.fast_forward(31_000)
        page.get_by_text("fold 4 of 8").wait_for()
        page.locator(".home-ask summary").click()  # closed again, and still with the focus
        page.clock.fast_forward(31_000)
        page.get_by_text("fold 4 of 8").wait_for()
        page.locator(".home-ask summary").blur()
        page.clock.fast_forward(31_000)
    assert asked.value.headers["hx-request"] == "true"
    page.get_by_text("fold 5 of 8").wait_for()
