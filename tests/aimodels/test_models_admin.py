"""Versions in the admin: its gates decide what serves; taking one out of force needs a reason."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from aimodels.compute.gates import Gate
from aimodels.models import AIModel
from system.models import AuditLog
from tests.factories import AdminFactory, AIModelFactory, ModelActivationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return AdminFactory()


@pytest.fixture
def browser(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


def post(browser: Client, deed: str, model: AIModel, **form: str) -> str:
    address = reverse(f"admin:aimodels_aimodel_{deed}", args=[model.pk])
    assert browser.get(address).status_code == 200
    return browser.post(address, form, follow=True).content.decode()


def test_what_was_never_tested_is_refused_and_the_refusal_is_audited(browser: Client, admin: User) -> None:
    model = AIModelFactory(architecture="ensemble")
    shown = post(browser, "put_into_force", model)
    assert "never tested" in shown
    assert not model.activations.exists()
    entry = AuditLog.objects.get(details="model: activation refused")
    assert (entry.changed_by, entry.record_id) == (admin, model.pk)


def test_every_gate_is_listed_before_the_button(browser: Client) -> None:
    model = AIModelFactory(architecture="ensemble")
    answer = browser.get(reverse("admin:aimodels_aimodel_put_into_force", args=[model.pk]))
    rows = [[str(cell) for cell in row] for row in answer.context["rows"]]
    assert len(rows) == len(Gate)
    by_gate = {row[0]: row for row in rows}
    assert by_gate["The untouched block was looked at once"][1] == "not passed"
    assert "never tested" in by_gate["The untouched block was looked at once"][2]
    assert by_gate["Features have the history they need"][1:] == ["not asked", "–"]
    assert "It would be refused" in answer.content.decode()


def test_a_version_is_taken_out_of_force_with_a_reason(browser: Client, admin: User) -> None:
    model = AIModelFactory(architecture="ensemble", is_active=True, status="active")
    ModelActivationFactory(model=model, valid_from=datetime(2024, 1, 1, tzinfo=UTC), valid_to=None)
    post(browser, "take_out_of_force", model, reason="")
    assert AIModel.objects.get(pk=model.pk).is_active, "a reason is asked for"
    assert "no longer in force" in post(browser, "take_out_of_force", model, reason="drifts")
    model.refresh_from_db()
    assert (model.is_active, model.status) == (False, "deprecated")
    assert model.activations.get().evidence["ended"]["reason"] == "drifts"
    assert AuditLog.objects.filter(details="model: demoted: drifts", changed_by=admin).exists()


def test_rules_are_never_taken_out_of_force(browser: Client) -> None:
    model = AIModelFactory(architecture="rule_based", is_active=True, status="active")
    ModelActivationFactory(model=model, valid_from=None, valid_to=None)
    assert "nothing is below them" in post(browser, "take_out_of_force", model, reason="why not")
    assert AIModel.objects.get(pk=model.pk).is_active
