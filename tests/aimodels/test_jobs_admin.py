"""Jobs in the admin: ordered from a model, stopped and tried again from the list."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from accounts.models import User
from aimodels.models import ModelJob
from system.models import AuditLog
from tests.factories import AdminFactory, AIModelFactory, ModelJobFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "admin:aimodels_modeljob_changelist"


@pytest.fixture
def admin() -> User:
    return AdminFactory()


@pytest.fixture
def browser(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


def give(browser: Client, order: str, *rows: ModelJob) -> str:
    form = {"action": order, ACTION_CHECKBOX_NAME: [row.pk for row in rows]}
    return browser.post(reverse(LIST), form, follow=True).content.decode()


def order(browser: Client, **more: str) -> str:
    address = reverse("admin:aimodels_aimodel_order_job", args=[AIModelFactory().pk])
    assert browser.get(address).status_code == 200
    form = {"category": "training", "job_type": "retrain", "priority": "high", "config": '{"as_of": null}'} | more
    return browser.post(address, form, follow=True).content.decode()


def test_a_job_is_ordered_from_the_page_of_a_model(browser: Client, admin: User) -> None:
    assert "The job waits for a worker." in order(browser)
    job = ModelJob.objects.get()
    assert (job.job_type, job.priority, job.job_config, job.initiated_by) == ("retrain", "high", {"as_of": None}, admin)
    assert (job.job_name, job.is_recurring) == (None, False)


def test_a_schedule_is_made_or_refused_with_the_reason(browser: Client) -> None:
    order(browser, cron="0 2 * * *", name="nightly")
    made = ModelJob.objects.get().next_run_time
    assert made is not None
    assert made.hour == 2
    assert "is no schedule" in order(browser, cron="0 25 * * *")
    assert ModelJob.objects.count() == 1


def test_orders_are_given_to_each_and_audited(browser: Client, admin: User) -> None:
    waiting, done = ModelJobFactory(), ModelJobFactory(job_status="completed")
    shown = give(browser, "cancel", waiting, done)
    assert f"Job {waiting.pk}: cancelled." in shown
    assert f"#{done.pk}: A job that is completed cannot be cancelled." in shown
    states = dict(ModelJob.objects.values_list("pk", "job_status"))
    assert states == {waiting.pk: "cancelled", done.pk: "completed"}
    for name, state in (("retry", "pending"), ("pause", "paused"), ("resume", "pending")):
        give(browser, name, waiting)
        assert ModelJob.objects.get(pk=waiting.pk).job_status == state
    assert AuditLog.objects.filter(table_name="model_jobs", changed_by=admin, operation="ACTION").count() == 4


def test_others_than_admins_give_no_orders(client: Client) -> None:
    client.force_login(UserFactory())
    job = ModelJobFactory()
    give(client, "cancel", job)
    assert ModelJob.objects.get(pk=job.pk).job_status == "pending"
