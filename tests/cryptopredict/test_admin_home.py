"""The first page of the admin: what wants to be done, how old every figure is, and where it is acted on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.choices import DeliveryStatus
from accounts.models import User
from aimodels.choices import JobStatus
from aimodels.models import ModelJob
from cryptopredict.measuring import measure_health
from cryptopredict.pages.admin_home import cards, page
from system.choices import TaskStatus
from system.models import BackgroundTask, ExternalApiLog
from tests import factories as make
from tests.doors import client_of, queries
from tests.pages import market as making
from tests.pages.html import Element, read

pytestmark = pytest.mark.django_db
HOME = "/admin/"


@pytest.fixture
def admin() -> User:
    return make.AdminFactory()


@pytest.fixture
def browser(admin: User) -> Client:
    return client_of(admin)


def shown(browser: Client) -> Element:
    return read(browser.get(HOME))


def card(browser: Client, name: str) -> Element:
    return shown(browser).one("section", id=f"card-{name}")


def links(element: Element) -> set[str]:
    return {one.attributes["href"] for one in element.every("a")}


def failed_task(**more: Any) -> BackgroundTask:
    row: dict[str, Any] = {"task_name": "assets.collect", "task_type": "ingest", "status": TaskStatus.FAILED}
    return BackgroundTask.objects.create(**row | {"completed_at": timezone.now(), "error_message": "no answer"} | more)


def test_an_empty_installation_is_told_what_is_missing(browser: Client) -> None:
    home = shown(browser)
    needs = [one.text for one in home.one("ul", cls="home-needs").every("a")]
    assert needs == ["No round of checks came lately: workers or schedule do not run", "No backup is known"]
    assert home.one("h2", id="home-title").text == "2 things want you"
    assert "manage.py up" in home.one("section", id="card-lag").text
    assert "manage.py drill" in home.one("section", id="card-backup").text
    states = {one.attributes["id"]: one.attributes["data-state"] for one in home.every("section", cls="home-card")}
    assert states == {
        "card-suggestions": "well", "card-inbox": "well", "card-jobs": "well", "card-lag": "act",
        "card-providers": "well", "card-gaps": "well", "card-feedback": "well", "card-backup": "act",
    }  # fmt: skip


def test_suggestions_lead_to_their_review(browser: Client) -> None:
    first = make.SuggestionFactory(watchlist=make.DefaultListFactory())
    make.SuggestionFactory(watchlist=first.watchlist)
    make.SuggestionFactory()  # for a personal list: its owner decides
    suggestions = card(browser, "suggestions")
    assert suggestions.one("p", cls="home-number").one("span", cls="num").text == "2"
    assert {"/review", f"/review?at={first.pk}"} <= links(suggestions)
    assert "2 suggestions wait for a decision" in shown(browser).text


def test_a_running_job_shows_its_progress_and_is_cancelled_from_there(browser: Client) -> None:
    job = make.ModelJobFactory(job_name="nightly", progress_pct=40)
    make.ModelJobFactory(job_status=JobStatus.COMPLETED, job_name="old")
    jobs = card(browser, "jobs")
    assert jobs.one("progress").attributes["value"] == "40.00"
    assert "nightly" in jobs.text
    assert "old" not in jobs.text
    form = jobs.one("form")
    sent = {one.attributes["name"]: one.attributes["value"] for one in form.every("input")}
    assert browser.post(form.attributes["action"], sent)["Location"] == HOME
    assert ModelJob.objects.get(pk=job.pk).job_status == JobStatus.CANCELLED
    assert not card(browser, "jobs").every("form")


def test_what_failed_is_listed_with_its_kind_reason_and_page(browser: Client) -> None:
    now = timezone.now()
    task = failed_task()
    failed_task(completed_at=now - timedelta(days=8), error_message="long ago")
    fetch = make.IngestStateFactory(rejected=3, started_at=now - timedelta(hours=1))
    make.IngestStateFactory(started_at=now)
    delivery = make.DeliveryFactory(status=DeliveryStatus.DEAD, last_error="the mailbox is full")
    make.DeliveryFactory()
    inbox = card(browser, "inbox")
    rows = {row[1].split(" ")[0]: row for row in inbox.one("table").rows()}
    assert len(rows) == 3
    assert rows["assets.collect"][1:] == ["assets.collect background task", "no answer"]
    assert "3 rows refused" in rows[fetch.asset.symbol][2]
    assert "the mailbox is full" in inbox.text
    assert {
        f"/admin/system/backgroundtask/{task.pk}/change/",
        f"/admin/assets/ingeststate/{fetch.pk}/change/",
        f"/admin/accounts/notificationdelivery/{delivery.pk}/change/",
        "/admin/system/backgroundtask/?status__exact=failed",
        "/admin/assets/ingeststate/?refused=yes",
    } <= links(inbox)
    assert "3 failures in 7 days" in shown(browser).text


def test_every_list_that_the_inbox_names_opens_and_shows_what_it_counts(browser: Client) -> None:
    failed_task()
    make.IngestStateFactory(rejected=3, started_at=timezone.now())
    make.IngestStateFactory()
    make.WebhookDeliveryFactory(status=DeliveryStatus.DEAD)
    make.WebhookDeliveryFactory()
    kinds = card(browser, "inbox").one("ul", cls="home-kinds").every("li")
    assert len(kinds) == 3
    for kind in kinds:
        answer = browser.get(kind.one("a").attributes["href"])
        assert answer.status_code == 200
        assert answer.context["cl"].result_count == int(kind.one("span").text)


def test_providers_show_their_budget_and_what_helps(browser: Client) -> None:
    ExternalApiLog.objects.create(
        api_provider="binance", endpoint="/x", http_method="GET", response_status=401, response_time_ms=1
    )
    providers = card(browser, "providers")
    (first,) = providers.one("table").rows()
    assert first[0] == "binance"
    assert "of 6,000 in 60 s" in first[1]
    assert "PROVIDER_BINANCE_KEY" in first[3]
    assert "Never called: alternative_me, binanceusdm" in providers.text
    assert providers.attributes["data-state"] == "act"
    assert "/data-quality#providers" in links(providers)


def test_gaps_are_counted_by_timeframe(browser: Client) -> None:
    market = making.make_market()
    make.GapFactory(asset=market.asset, missing=5)
    gaps = card(browser, "gaps")
    assert gaps.one("table").rows() == [["1h", "1", "5", "0"]]
    assert "/data-quality?timeframe=1h" in links(gaps)
    assert gaps.attributes["data-state"] == "act"


def test_queues_and_workers_are_as_the_last_round_of_checks_found_them(browser: Client) -> None:
    health = measure_health(timezone.now())
    assert health.performance_metrics is not None
    health.performance_metrics["redis"]["queues"] = {"ingest": 7, "models": 1500}
    health.performance_metrics["worker_silence_seconds"] = {"one": 3, "two": 900}
    health.save()
    assert "No worker was heard of" not in shown(browser).text
    lag = card(browser, "lag")
    found = {one.one("dt").text: one.attributes["data-state"] for one in lag.one("dl").every("div")}
    assert found["queue ingest"] == "fresh"
    assert found["queue models"] == "late"
    assert (found["worker one"], found["worker two"]) == ("fresh", "late")
    assert "Behind: two, models and schedule" in shown(browser).text


def test_workers_that_nobody_hears_of_are_told(browser: Client) -> None:
    health = measure_health(timezone.now())
    health.performance_metrics = {"worker_silence_seconds": {}}
    health.save()
    assert "No worker was heard of in the last hour" in shown(browser).one("ul", cls="home-needs").text


def test_new_feedback_leads_to_its_answer(browser: Client) -> None:
    said = make.UserFeedbackFactory(message="Where are the candles of 2019?")
    make.UserFeedbackFactory(status="closed")
    feedback = card(browser, "feedback")
    assert feedback.one("p", cls="home-number").one("span", cls="num").text == "1"
    assert f"/admin/accounts/userfeedback/{said.pk}/change/" in links(feedback)


def test_a_card_that_fails_takes_no_other_with_it(
    browser: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: Any) -> None:
        raise RuntimeError("no such thing")

    kinds = [
        page.Kind(one.name, one.title, broken if one.name == "gaps" else one.read, one.needs) for one in page.KINDS
    ]
    monkeypatch.setattr(page, "KINDS", kinds)
    home = shown(browser)
    gaps = home.one("section", id="card-gaps")
    assert gaps.attributes["data-state"] == "failed"
    assert "This card could not be made" in gaps.text
    assert "no such thing" not in home.text
    assert "no such thing" in caplog.text
    assert home.one("section", id="card-suggestions").attributes["data-state"] == "well"
    assert "Gaps of candles: this card could not be made" in home.text


def test_the_queries_do_not_grow(browser: Client) -> None:
    market = making.make_market()
    measure_health(timezone.now())

    def one_more() -> None:
        make.SuggestionFactory(watchlist=tier)
        make.ModelJobFactory(job_status=JobStatus.PAUSED)
        make.UserFeedbackFactory()
        failed_task()
        ends = making.NOW - timedelta(hours=next(hours))
        make.GapFactory(asset=market.asset, starts_at=ends - timedelta(hours=1), ends_at=ends)
        make.IngestStateFactory(rejected=1, started_at=timezone.now())
        make.DeliveryFactory(status=DeliveryStatus.DEAD)
        make.WebhookDeliveryFactory(status=DeliveryStatus.DEAD)

    tier, hours = make.DefaultListFactory(), iter(range(1, 99))
    one_more()
    one = queries(browser, HOME)
    for _ in range(4):
        one_more()
    assert queries(browser, HOME) == one
    assert one <= 40


def test_a_provider_with_little_of_its_budget_left_is_told() -> None:
    state = cards.provider_states()[0]
    used = replace(state, limit=100.0, used=95.0, last_call=timezone.now())
    source = cards.Source(used, None)
    assert (source.is_nearly_used, source.standing) == (True, "late")
    assert page.of_providers(cards.Sources([source], []), timezone.now()) == [
        f"{used.name}: the request budget is nearly used"
    ]


def test_others_do_not_see_it() -> None:
    assert client_of(make.UserFactory()).get(HOME, follow=True).status_code == 403
