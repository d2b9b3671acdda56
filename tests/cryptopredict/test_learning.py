"""Training, judging and forecasting by commands and by jobs: one path for both."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from aimodels.choices import JobCategory, JobStatus, ModelType
from aimodels.compute.stability import LEAST_WINDOWS
from aimodels.models import AIModel, ModelActivation, ModelJob, ModelPerformance, Prediction
from aimodels.services import ensure_rules, jobs
from aimodels.services.artefacts import model_store
from aimodels.services.serving import Inputs, forget, stored_forecaster
from cryptopredict import inspection, learning, watching
from cryptopredict.cards import model_card
from cryptopredict.jobs import HANDLERS
from cryptopredict.rules import RULES
from macro.services import take_snapshot
from selection.rules import FORECAST_RULES
from system.exceptions import InvalidInput
from tests.aimodels.training_subjects import ready_version
from tests.selection.asset_market import END, MadeMarket, lifted, made_market

__all__ = ["made_market"]
pytestmark = pytest.mark.django_db
DAY_AHEAD = "asset_direction_1d_24h"


def told(command: str, *arguments: str, status: int | None = None) -> list[dict[str, Any]]:
    """JSON lines of a command that ends with a status; None: it returns."""
    output = StringIO()
    if status is None:
        call_command(command, *arguments, "--json", stdout=output)
    else:
        with pytest.raises(SystemExit) as ended:
            call_command(command, *arguments, "--json", stdout=output)
        assert ended.value.code == status
    return [json.loads(line) for line in output.getvalue().splitlines()]


@pytest.fixture
def quick(made_market: MadeMarket, monkeypatch: pytest.MonkeyPatch) -> MadeMarket:
    """The market, whose features are not proven anew for each test: that takes seconds and is tested elsewhere."""
    monkeypatch.setattr("selection.services.training.lift", lambda _timeframe, as_of: lifted(as_of))
    return made_market


class TestWhatCanBeTrained:
    def test_every_layer_has_its_models(self) -> None:
        found = learning.trainables(timeframes=["1d"])
        names = {one.name for one in found}
        assert {DAY_AHEAD, "asset_direction_1d_168h", "sector_direction_1d_72h", "timing_target_1d"} <= names
        assert len(names) == len(found)
        assert [one.name for one in learning.trainables(names=[DAY_AHEAD])] == [DAY_AHEAD]

    @pytest.mark.parametrize(
        ("chosen", "field"),
        [
            ({"types": ["macro"]}, "type"),
            ({"timeframes": ["2d"]}, "timeframe"),
            ({"names": ["nothing"]}, "model"),
            ({"types": ["sector"], "names": [DAY_AHEAD]}, "model"),
        ],
    )
    def test_what_there_is_none_of_is_named(self, chosen: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            learning.trainables(**chosen)
        assert refused.value.field == field


class TestTrainCommand:
    @pytest.mark.usefixtures("quick")
    def test_noise_is_registered_with_its_evidence_and_does_not_serve(self) -> None:
        as_of = ["--as-of", END.isoformat()]
        (one,) = told("train", "--model", DAY_AHEAD, "--activate", *as_of)
        model = AIModel.objects.get(pk=one["id"])
        assert (one["model"], one["version"], one["is_active"]) == (DAY_AHEAD, model.version, False)
        assert {failed["gate"] for failed in one["failed_gates"]} & {"skill_baseline", "skill_champion", "final_test"}
        assert one["refusal"]
        assert not ModelActivation.objects.filter(model=model).exists()
        assert ModelPerformance.objects.filter(model=model).count() == 2
        folds: Any = ModelPerformance.objects.get(model=model, evaluation_type="cross_validation").detailed_metrics
        assert folds["overfitting"]["variants"] == 2
        assert 0 <= folds["overfitting"]["probability"] <= 1
        (again,) = told("train", "--model", DAY_AHEAD, *as_of)
        assert again["id"] == model.pk
        card = model_card(model)
        for part in (
            model.version,
            "May it serve?",
            "\nNo.\n",
            "| naive |",
            "| rules |",
            "untouched block",
            "overfitting",
            "In use",
        ):
            assert part in card
        assert str(model.model_file_path) in card

    @pytest.mark.usefixtures("quick")
    def test_what_cannot_be_trained_is_told(self) -> None:
        found = told("train", "--type", "sector", "--type", "asset", "--as-of", "2023-06-01", status=2)
        assert all(one["fault"] for one in found)
        assert {one["model"] for one in found} >= {DAY_AHEAD, "sector_direction_1d_24h"}
        assert not AIModel.objects.filter(name=DAY_AHEAD).exists()

    @pytest.mark.parametrize("arguments", [["--as-of", "2999-01-01"], ["--optimise", "-1"], ["--model", "nothing"]])
    def test_nonsense_is_refused(self, arguments: list[str]) -> None:
        with pytest.raises(InvalidInput):
            call_command("train", *arguments)


@pytest.mark.usefixtures("quick")
def test_evaluate_prints_all_that_are_compared() -> None:
    (one,) = told("evaluate", "--model", DAY_AHEAD, "--as-of", END.isoformat())
    assert {"naive", "rules", "logistic"} <= set(one["lines"])
    assert one["rows"] > 0
    assert one["trials"] >= 2
    output = StringIO()
    call_command("evaluate", "--model", DAY_AHEAD, "--as-of", END.isoformat(), stdout=output)
    assert "logistic" in output.getvalue()
    assert not AIModel.objects.filter(name=DAY_AHEAD).exists()


def test_every_rule_has_a_card(tmp_path: Path) -> None:
    for rules in RULES:
        ensure_rules(rules)
    call_command("model_card", output=tmp_path, stdout=StringIO())
    assert len(list(tmp_path.iterdir())) == len(RULES)
    with pytest.raises(InvalidInput):
        call_command("model_card", "nothing")


@pytest.mark.usefixtures("made_market")
def test_predict_writes_once() -> None:
    for rules in RULES:
        ensure_rules(rules)
    take_snapshot("1d", END)
    (first,) = told("predict")
    assert first["new"] == first["forecasts"] == Prediction.objects.count() > 0
    (again,) = told("predict")
    assert (again["new"], again["forecasts"]) == (0, first["forecasts"])


@pytest.mark.usefixtures("quick")
def test_versions_in_force_are_watched() -> None:
    (one,) = told("train", "--model", DAY_AHEAD, "--as-of", END.isoformat())
    model = AIModel.objects.get(pk=one["id"])
    assert watching.watch_models(END) == []
    AIModel.objects.filter(pk=model.pk).update(is_active=True)  # no version of noise passes the gates
    ModelActivation.objects.create(model=model, valid_from=END)
    (seen,) = watching.watch_models(END)
    assert (seen.model, seen.skill, seen.was_demoted) == (model, None, False)
    assert seen.shift is not None
    assert seen.shift.indices.keys() == set(names_of(model))
    assert 0 < seen.shift.windows < LEAST_WINDOWS, "a year is too little to call anything shifted"
    model.refresh_from_db()
    assert model.health_status is not None
    assert model.health_status["last_health_check"] == END.isoformat()
    assert inspection.models().is_well
    path = model_store() / (model.model_file_path or "")
    path.write_bytes(path.read_bytes()[:-1])
    forget()
    watching.watch_models(END)
    assert model.name in inspection.models().text
    assert model.name in inspection.models().remedy
    told("train", "--model", DAY_AHEAD, "--as-of", END.isoformat())
    assert inspection.models().is_well, "the remedy helps"


@pytest.mark.usefixtures("quick")
def test_a_layer_that_fails_keeps_no_other_from_being_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = told("train", "--model", DAY_AHEAD, "--as-of", END.isoformat())
    sound, of_no_layer = AIModel.objects.get(pk=one["id"]), ready_version("a_name_of_old", END)
    failing = ready_version("sector_direction_1d_24h", END)
    for model in (sound, of_no_layer, failing):
        AIModel.objects.filter(pk=model.pk).update(is_active=True)
    monkeypatch.setitem(watching.GIVEN, ModelType.SECTOR, lambda _: Inputs("1"))

    def fails(*_: Any) -> None:
        raise LookupError("what nobody has foreseen")

    monkeypatch.setattr("sectors.services.training.lift", fails)
    with pytest.raises(ExceptionGroup) as told_of:
        watching.watch_models(END)
    (error,) = told_of.value.exceptions
    assert isinstance(error, LookupError)
    alerts = {}
    for model in (sound, of_no_layer, failing):
        model.refresh_from_db()
        alerts[model.name] = [(alert["kind"], alert["text"]) for alert in (model.health_status or {})["alerts"]]
    assert alerts == {
        sound.name: [],
        of_no_layer.name: [("artefact", "No layer has a model of this name any more.")],
        failing.name: [("watch", "what nobody has foreseen")],
    }
    assert (sound.health_status or {})["data_quality"]["shift"]["psi"]


def names_of(model: AIModel) -> tuple[str, ...]:
    return stored_forecaster(model.model_file_path or "").direction.names


class TestJobs:
    def run(self, kind: str, category: JobCategory, model: AIModel, **config: Any) -> Any:
        job = jobs.enqueue_job(model, category=category, job_type=kind, actor=None, config=config)
        done = jobs.run_next_job(HANDLERS)
        assert done is not None
        assert done.pk == job.pk
        return done

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("quick")
    def test_training_then_deploying_what_did_not_pass(self) -> None:
        rules = ensure_rules(FORECAST_RULES["1d"])
        done = self.run("full_training", JobCategory.TRAINING, rules, models=[DAY_AHEAD], as_of=END.isoformat())
        assert done.job_status == JobStatus.COMPLETED, done.error_message
        found = done.job_results["models"][DAY_AHEAD]
        assert found["failed_gates"]
        version = AIModel.objects.get(pk=found["model"])
        assert ModelPerformance.objects.filter(model=version, source_job=done).count() == 2
        deployed = self.run("deploy", JobCategory.DEPLOYMENT, version, as_of=(END + timedelta(days=1)).isoformat())
        assert deployed.job_status == JobStatus.FAILED
        assert str(version) in deployed.error_message
        assert not version.activations.exists()
        days = {"start_date": "2023-06-01", "end_date": "2023-07-01"}
        judged = self.run("evaluate", JobCategory.EVALUATION, version, **days)
        assert judged.job_status == JobStatus.FAILED
        assert "was trained on these days" in judged.error_message

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("quick")
    def test_what_had_ended_before_its_worker_was_lost_is_not_trained_anew(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names, asked, real = [DAY_AHEAD, "asset_direction_1d_72h"], [], learning.train

        def lost_after_one(chosen: Any, *args: Any, **options: Any) -> Any:
            asked.append([one.name for one in chosen])
            for one in real(chosen, *args, **options):
                yield one
                if len(asked) == 1:
                    raise OSError("the worker is gone")

        monkeypatch.setattr(learning, "train", lost_after_one)
        rules = ensure_rules(FORECAST_RULES["1d"])
        job = self.run("full_training", JobCategory.TRAINING, rules, models=names, as_of=END.isoformat())
        assert (job.job_status, job.checkpoint["models"].keys()) == (JobStatus.PENDING, {DAY_AHEAD})
        ModelJob.objects.filter(pk=job.pk).update(available_at=timezone.now())
        done = jobs.run_next_job(HANDLERS)
        assert done is not None
        assert done.job_status == JobStatus.COMPLETED, done.error_message
        assert asked == [names, names[1:]]
        results: Any = done.job_results
        assert results["models"].keys() == set(names)
        assert results["models"][DAY_AHEAD] == job.checkpoint["models"][DAY_AHEAD]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(
        "config",
        [
            {"models": ["nothing"]},
            {"models": 7},
            {"optimise": "many"},
            {"as_of": "yesterday"},
            {"as_of": "2999-01-01T00:00:00+00:00"},
            {"activate": "false"},
            {"kinds": ["oracle"]},
            {"share": 0.9},
            {"models": ["sector_direction_1d_24h"]},
        ],
    )
    def test_nonsense_ends_the_job_with_a_sentence(self, config: dict[str, Any]) -> None:
        done = self.run("full_training", JobCategory.TRAINING, ensure_rules(FORECAST_RULES["1d"]), **config)
        assert done.job_status == JobStatus.FAILED
        assert done.error_message

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("made_market")
    def test_forecasting(self) -> None:
        for rules in RULES:
            ensure_rules(rules)
        take_snapshot("1d", END)
        model = AIModel.objects.get(name=FORECAST_RULES["1d"].name)
        done = self.run("batch_prediction", JobCategory.PREDICTION, model, timeframe="1d")
        assert done.job_status == JobStatus.COMPLETED, done.error_message
        assert done.job_results["new"] == Prediction.objects.count() > 0
