"""Model versions that admins register, change, put into force, have trained and judged through the API."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aimodels.choices import EvaluationType, ModelType
from aimodels.compute.scores import SkillInterval
from aimodels.models import AIModel, ModelJob, ModelPerformance
from aimodels.services.judging import judge_version, recent
from aimodels.services.serving import forget
from aimodels.services.training_runs import train_version
from system.exceptions import InvalidInput
from system.models import AuditLog
from tests.aimodels.training_subjects import PROVEN, START, edge, ready_version
from tests.doors import API, client_of, refused
from tests.factories import (
    AdminFactory,
    AIModelFactory,
    ModelActivationFactory,
    ModelPerformanceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
MODELS = f"{API}models"
NEW = {
    "name": "outside",
    "version": "v1",
    "architecture": "lstm",
    "model_type": "asset",
    "training_data_timeframe": "1d",
    "target_variable": "return",
}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path
    forget()


@pytest.fixture
def admin() -> Client:
    return client_of(AdminFactory())


def send(client: Client, path: str = "", **body: Any) -> Any:
    return client.post(MODELS + path, body, content_type="application/json")


def changed(client: Client, path: str, **body: Any) -> Any:
    etag = client.get(f"{MODELS}/{path}").headers.get("ETag", "")
    return client.patch(f"{MODELS}/{path}", body, content_type="application/json", headers={"If-Match": etag})


def audited(table: str, record_id: int) -> list[Any]:
    return list(AuditLog.objects.filter(table_name=table, record_id=record_id).order_by("pk"))


def fields(response: Any, status: int = 400) -> list[str]:
    return [error["field"] for error in refused(response, status)["errors"]]


def test_only_admins_write() -> None:
    model, evaluation = AIModelFactory(), ModelPerformanceFactory()
    paths = ["", *(f"/{model.pk}/{deed}" for deed in ("retrain", "activate", "deactivate", "deprecate", "evaluations"))]
    for path in paths:
        refused(send(client_of(), path), 401)
        refused(send(client_of(UserFactory()), path), 403)
    for path in (f"/{model.pk}", f"/evaluations/{evaluation.pk}"):
        refused(client_of(UserFactory()).patch(MODELS + path, {}, content_type="application/json"), 403)
    admin = client_of(AdminFactory())
    for path in paths[1:]:
        refused(send(admin, path.replace(str(model.pk), "987654321"), evaluation_type="backtesting",
                     start_date="2024-01-01", end_date="2024-02-01")
                if "evaluations" in path else send(admin, path.replace(str(model.pk), "987654321")), 404)  # fmt: skip


def test_a_version_is_registered_and_does_not_serve(admin: Client) -> None:
    answer = send(admin, **NEW, configuration={"layers": 2}, min_confidence_threshold=0.6)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["status"], body["is_active"], body["min_confidence_threshold"]) == ("inactive", False, 0.6)
    (line,) = audited("ai_models", body["id"])
    assert (line.operation, line.new_values["name"]) == ("INSERT", "outside")
    assert refused(send(admin, **NEW), 409)["type"].endswith("version-exists")
    assert refused(send(admin, f"/{body['id']}/activate"), 409)["type"].endswith("threshold-not-met")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"is_active": True}, "is_active"),
        ({"performance_metrics": {}}, "performance_metrics"),
        ({"model_type": "weather"}, "model_type"),
        ({"name": ""}, "name"),
        ({"training_data_range": {"serves_from": "2020-01-01"}}, "training_data_range"),
        ({"training_data_range": {"end_date": "2020-01-01"}}, "training_data_range"),
        ({"model_file_path": "../../etc/passwd"}, "model_file_path"),
        ({"max_predictions_per_hour": 0}, "max_predictions_per_hour"),
        ({"min_confidence_threshold": 1.5}, "min_confidence_threshold"),
    ],
)
def test_what_is_wrong_with_a_version_is_named(admin: Client, body: dict[str, Any], field: str) -> None:
    assert fields(send(admin, **{**NEW, **body})) == [field]
    assert not AIModel.objects.exists()


def test_limits_change_and_what_a_version_is_does_not(admin: Client) -> None:
    model = AIModelFactory(name="m", architecture="ensemble")
    refused(admin.patch(f"{MODELS}/{model.pk}", {"framework": "x"}, content_type="application/json"), 428)
    answer = changed(admin, str(model.pk), max_predictions_per_hour=5, training_notes="kept", architecture="lstm")
    assert (answer.status_code, answer.json()["max_predictions_per_hour"]) == (200, 5), answer.content
    (line,) = audited("ai_models", model.pk)
    assert line.old_values == {"architecture": "ensemble", "max_predictions_per_hour": None, "training_notes": None}
    assert changed(admin, str(model.pk), training_notes="kept").status_code == 200
    assert len(audited("ai_models", model.pk)) == 1
    ModelPerformanceFactory(model=model)
    assert fields(changed(admin, str(model.pk), target_variable="rain"), 409) == ["target_variable"]
    assert changed(admin, str(model.pk), training_notes="more").status_code == 200
    AIModelFactory(name="other", version="v1")
    free = AIModelFactory(name="free", version="v1")
    assert refused(changed(admin, str(free.pk), name="other"), 409)["type"].endswith("version-exists")


def test_the_gates_are_told_one_by_one_with_their_figures(admin: Client) -> None:
    worse = replace(PROVEN, final_uses=2, baseline=SkillInterval(0.01, -0.001, 0.02))
    model = ready_version("made_direction_1d_24h", START + 300 * DAY, evidence=worse)
    problem = refused(send(admin, f"/{model.pk}/activate", reason="looks fine"), 409)
    assert problem["type"].endswith("threshold-not-met")
    told = {error["field"]: error["detail"] for error in problem["errors"]}
    assert list(told) == ["gates.final_test", "gates.skill_baseline"]
    assert "used 2 times" in told["gates.final_test"]
    assert "0.0100" in told["gates.skill_baseline"]
    assert "-0.0010" in told["gates.skill_baseline"]
    assert [line.details for line in audited("ai_models", model.pk)] == ["model: activation refused"]
    keyed = admin.post(f"{MODELS}/{model.pk}/activate", {}, "application/json", headers={"Idempotency-Key": "k"})
    refused(keyed, 409)
    assert len(audited("ai_models", model.pk)) == 2, "a refusal stays in the audit, with a key too"


def test_into_force_and_out_of_it(admin: Client) -> None:
    model = ready_version("made_direction_1d_24h", START + 300 * DAY)
    answer = send(admin, f"/{model.pk}/activate", reason="better skill in walk-forward")
    assert (answer.status_code, answer.json()["is_active"]) == (200, True), answer.content
    assert audited("ai_models", model.pk)[-1].details == "model: activated: better skill in walk-forward"
    assert refused(send(admin, f"/{model.pk}/activate"), 409)["type"].endswith("wrong-state")
    assert refused(send(admin, f"/{model.pk}/deprecate"), 409)["type"].endswith("active-model")
    answer = send(admin, f"/{model.pk}/deactivate", reason="drifts")
    assert (answer.status_code, answer.json()["is_active"], answer.json()["status"]) == (200, False, "deprecated")
    assert audited("ai_models", model.pk)[-1].details == "model: demoted: drifts"
    refused(send(admin, f"/{model.pk}/deactivate"), 409)
    refused(send(admin, f"/{model.pk}/deprecate"), 409)
    rules = AIModelFactory(architecture="rule_based", is_active=True)
    ModelActivationFactory(model=rules)
    refused(send(admin, f"/{rules.pk}/deactivate"), 409)


def test_a_version_is_deprecated(admin: Client) -> None:
    model = AIModelFactory(status="inactive")
    body = send(admin, f"/{model.pk}/deprecate").json()
    assert body["status"] == "deprecated"
    assert body["deprecated_at"] is not None
    assert audited("ai_models", model.pk)[0].details == "model: deprecated"


def test_a_training_is_ordered(admin: Client) -> None:
    model = AIModelFactory(name="asset_direction_1d_24h", architecture="ensemble")
    wanted = {"training_data_days": 900, "validation_split": 0.2, "hyperparameters": {"kinds": ["logistic"], "seed": 3}}
    answer = send(admin, f"/{model.pk}/retrain", **wanted)
    assert answer.status_code == 202, answer.content
    job = ModelJob.objects.get()
    assert answer.json() == {"job_id": job.pk, "model_id": model.pk, "job_status": "pending"}
    assert answer["Location"] == f"/api/v1/models/jobs/{job.pk}"
    assert admin.get(answer["Location"]).json()["id"] == job.pk
    assert (job.job_category, job.job_type) == ("training", "retrain")
    assert job.job_config == {
        "models": ["asset_direction_1d_24h"], "days": 900, "share": 0.2, "kinds": ["logistic"], "seed": 3,
    }  # fmt: skip
    assert audited("model_jobs", job.pk)[0].operation == "INSERT"
    assert refused(send(admin, f"/{model.pk}/retrain"), 409)["type"].endswith("already-training")
    assert send(admin.__class__(), f"/{model.pk}/retrain").status_code == 401
    other = AIModelFactory(name="asset_direction_1d_72h", architecture="ensemble")
    alias = admin.post(f"{API}admin/ai-models/{other.pk}/retrain", {}, content_type="application/json")
    assert (alias.status_code, alias["Deprecation"][0]) == (202, "@")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"training_data_days": 0}, "training_data_days"),
        ({"validation_split": 0.9}, "validation_split"),
        ({"hyperparameters": {"depth": 4}}, "hyperparameters.depth"),
        ({"hyperparameters": {"kinds": ["oracle"]}}, "hyperparameters.kinds"),
        ({"hyperparameters": {"optimise": "many"}}, "hyperparameters.optimise"),
    ],
)
def test_choices_that_a_training_does_not_have(admin: Client, body: dict[str, Any], field: str) -> None:
    model = AIModelFactory(architecture="ensemble")
    assert fields(send(admin, f"/{model.pk}/retrain", **body)) == [field]
    assert not ModelJob.objects.exists()


def test_rules_and_regimes_have_no_choices(admin: Client) -> None:
    rules = AIModelFactory(architecture="rule_based")
    assert refused(send(admin, f"/{rules.pk}/retrain"), 409)["type"].endswith("not-trained")
    regimes = AIModelFactory(model_type=ModelType.MACRO)
    assert fields(send(admin, f"/{regimes.pk}/retrain", training_data_days=90)) == ["training_data_days"]
    assert send(admin, f"/{regimes.pk}/retrain", hyperparameters={}).status_code == 202


def test_an_evaluation_is_ordered_or_recorded(admin: Client) -> None:
    model = AIModelFactory()
    wanted = {"evaluation_type": "backtesting", "start_date": "2024-01-01", "end_date": "2024-12-31"}
    answer = send(admin, f"/{model.pk}/evaluations", **wanted, results=None)
    assert answer.status_code == 202, answer.content
    job = ModelJob.objects.get(pk=answer.json()["job_id"])
    assert (job.job_category, job.job_type, job.job_config) == ("evaluation", "evaluate", wanted)
    made = send(admin, f"/{model.pk}/evaluations", **wanted, results={"accuracy": 0.61, "sample_count": 40})
    assert made.status_code == 201, made.content
    row = ModelPerformance.objects.get()
    assert (made.json()["accuracy"], made.json()["performance_grade"]) == (0.61, None)
    assert ((row.evaluation_metadata or {})["trigger"], row.meets_threshold) == ("api_request", None)
    assert audited("model_performance", row.pk)[0].operation == "INSERT"
    for body, field in (
        ({"start_date": None}, "start_date"),
        ({"end_date": "2023-01-01"}, "end_date"),
        ({"end_date": (timezone.now() + 9 * DAY).date().isoformat()}, "end_date"),
        ({"evaluation_type": "live_performance"}, "evaluation_type"),
        ({"evaluation_type": "job_triggered"}, "evaluation_type"),
        ({"results": {"accuracy": 1.2}}, "results.accuracy"),
        ({"results": {"performance_grade": "A"}}, "results.performance_grade"),
        ({"results": {}}, "results"),
    ):
        assert fields(send(admin, f"/{model.pk}/evaluations", **{**wanted, **body})) == [field]


def test_an_evaluation_is_noted_and_taken_back(admin: Client) -> None:
    row = ModelPerformanceFactory(evaluation_status="completed")
    answer = changed(admin, f"evaluations/{row.pk}", evaluation_status="invalidated", evaluation_notes="wrong candles")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["evaluation_status"], answer.json()["evaluation_notes"]) == ("invalidated", "wrong candles")
    (line,) = audited("model_performance", row.pk)
    assert line.old_values == {"evaluation_status": "completed", "evaluation_notes": None}
    assert changed(admin, f"evaluations/{row.pk}", evaluation_status="invalidated").status_code == 200
    assert fields(changed(admin, f"evaluations/{row.pk}", evaluation_status="completed")) == ["evaluation_status"]
    assert fields(changed(admin, f"evaluations/{row.pk}", accuracy=1)) == ["accuracy"]


def test_a_version_is_judged_on_days_that_it_had_not_seen() -> None:
    held = edge(with_values=True)
    model = ready_version(held.name, held.moment(19_000 + 100))
    AIModel.objects.filter(pk=model.pk).update(configuration={"generation": held.generation})
    model.refresh_from_db()
    start, end = (held.moment(19_000 + day).date() for day in (50, 200))
    kind, as_of = EvaluationType.FORWARD_TESTING, held.until
    job = ModelJob.objects.create(model=model, job_category="evaluation", job_type="evaluate")
    row = judge_version(model, held, start, end, kind=kind, as_of=as_of, job_id=job.pk)
    told = row.evaluation_metadata or {}
    assert (told["from"], told["to"]) == (held.moment(19_100).isoformat(), held.moment(19_200).isoformat())
    assert (row.evaluation_type, row.source_job_id, row.sample_count) == (kind, job.pk, 800)
    assert row.performance_grade
    with pytest.raises(InvalidInput, match="was trained on these days"):
        judge_version(model, held, start, held.moment(19_090).date(), kind=kind, as_of=as_of, job_id=job.pk)
    model.training_data_range = {}  # as of one that was registered by hand
    with pytest.raises(InvalidInput, match="until when"):
        judge_version(model, held, start, end, kind=kind, as_of=as_of, job_id=job.pk)


def test_a_training_learns_from_the_newest_days_alone() -> None:
    held = edge()
    newest = recent(held, 200)
    assert newest.material.samples.times.min() == held.number(held.until - 200 * DAY)
    run = train_version(newest, as_of=held.until, kinds=["logistic"], share=0.4)
    span = run.model.training_data_range or {}
    assert span["start_date"] == (held.until - 200 * DAY).isoformat()
    assert span["test_samples"] == pytest.approx(0.4 * span["total_samples"], rel=0.02)
    with pytest.raises(InvalidInput):
        recent(held, 0)
