"""Admins say what they make of a regime; the figures of the run stay."""

from typing import Any

import pytest
from django.test import Client

from macro.models import AIRegimeAnalysis
from system.models import AuditLog
from tests.doors import API, client_of, client_with_token, refused
from tests.factories import AdminFactory, RegimeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return client_of(AdminFactory())


@pytest.fixture
def analysis() -> AIRegimeAnalysis:
    made: AIRegimeAnalysis = RegimeFactory()
    return made


def change(client: Client, pk: int, given: Any, **headers: str) -> Any:
    return client.patch(f"{API}macro/regimes/{pk}", given, "application/json", headers={"If-Match": "*"} | headers)


def test_only_admins_say_something(analysis: AIRegimeAnalysis) -> None:
    refused(change(client_of(), analysis.pk, {"analyst_notes": "x"}), 401)
    for client in (client_of(UserFactory()), client_with_token(AdminFactory(), "read", "write")):
        refused(change(client, analysis.pk, {"analyst_notes": "x"}), 403)
    refused(change(client_of(AdminFactory()), 987654321, {}), 404)
    refused(change(client_of(AdminFactory()), RegimeFactory(series="replay-1").pk, {"analyst_notes": "x"}), 404)


def test_remarks_and_the_verdict(admin: Client, analysis: AIRegimeAnalysis) -> None:
    path = f"{API}macro/regimes/{analysis.pk}"
    refused(admin.patch(path, {"analyst_notes": "x"}, "application/json"), 428)
    etag = admin.get(path)["ETag"]
    wanted = not analysis.analysis_validated
    done = change(admin, analysis.pk, {"analyst_notes": "Wait.", "analysis_validated": wanted}, **{"If-Match": etag})
    assert done.status_code == 200, done.content
    assert (done.json()["analyst_notes"], done.json()["analysis_validated"]) == ("Wait.", wanted)
    assert done.json()["validation_flags"]["reviewed"]["validated"] is wanted
    refused(change(admin, analysis.pk, {"analyst_notes": "y"}, **{"If-Match": etag}), 412)
    row = AuditLog.objects.get(table_name="ai_regime_analysis")
    assert (row.operation, (row.old_values or {})["analyst_notes"]) == ("UPDATE", None)
    assert (row.new_values or {})["analyst_notes"] == "Wait."
    assert change(admin, analysis.pk, {"analyst_notes": ""}).json()["analyst_notes"] is None


def test_equal_values_change_nothing(admin: Client, analysis: AIRegimeAnalysis) -> None:
    before = AIRegimeAnalysis.objects.values().get()
    assert change(admin, analysis.pk, {"analysis_validated": analysis.analysis_validated}).status_code == 200
    assert change(admin, analysis.pk, {}).status_code == 200
    assert AIRegimeAnalysis.objects.values().get() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("current_regime", "Bear"), ("regime_confidence", 1), ("analysis_validated", "perhaps"), ("analyst_notes", [1]),
     ("analyst_notes", "x" * 10_001), ("validation_flags", {})],
)  # fmt: skip
def test_the_figures_are_the_runs(admin: Client, analysis: AIRegimeAnalysis, field: str, value: Any) -> None:
    problem = refused(change(admin, analysis.pk, {field: value}), 400)
    assert [error["field"] for error in problem["errors"]] == [field]
