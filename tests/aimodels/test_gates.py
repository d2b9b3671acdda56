"""The way into force: gates asked again, refused with the list, audited either way, one version at a time."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connections
from django.utils import translation

from aimodels.choices import DeploymentEnvironment, ModelStatus
from aimodels.compute.bootstrap import Interval
from aimodels.compute.calibration import CalibrationError
from aimodels.compute.gates import Evidence, Failed, Gate, failed_gates
from aimodels.compute.scores import SkillInterval
from aimodels.models import AIModel, ModelActivation
from aimodels.selectors.gate_words import SENTENCES, gate_sentence
from aimodels.services.activation import GatesFailed, activate, demote
from aimodels.services.artefacts import model_store
from aimodels.services.evidence import kept_failures
from aimodels.services.registry import version_in_force
from system.exceptions import ConflictError
from system.models import AuditLog
from tests.aimodels.training_subjects import PROVEN, START, ready_version
from tests.factories.people import UserFactory

NAME = "made_direction_1d_24h"
UNTIL = START + timedelta(days=300)
DAY = timedelta(days=1)
LEAK = Failed(Gate.LEAKAGE, "a leak", "tomorrow", {"rank_correlation": 0.9, "limit": 0.3})
WORSE: dict[Gate, Evidence] = {
    Gate.FINAL_TEST: replace(PROVEN, final_uses=2),
    Gate.SKILL_BASELINE: replace(PROVEN, baseline=SkillInterval(0.01, -0.001, 0.02)),
    Gate.SKILL_CHAMPION: replace(PROVEN, champion=None),
    Gate.CALIBRATION: replace(PROVEN, calibration=CalibrationError(5000, 0.08, 0.06, 0.05, 0.07)),
    Gate.COVERAGE: replace(PROVEN, coverage=Interval(0.8, 0.78, 0.82)),
}


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path


def audit(model: AIModel) -> list[Any]:
    return list(AuditLog.objects.filter(table_name="ai_models", record_id=model.pk).order_by("pk"))


@pytest.mark.django_db
def test_a_version_that_passed_serves_from_then_on_and_both_decisions_are_written_down() -> None:
    person = UserFactory()
    first, second = ready_version(NAME, UNTIL), ready_version(NAME, UNTIL + DAY, seed=1)
    activate(first.pk, at=UNTIL + DAY, actor=person)
    interval = activate(second.pk, at=UNTIL + 3 * DAY, actor=person)
    assert interval.evidence["gates"]["baseline"] == {"skill": 0.03, "low": 0.01, "high": 0.05}
    assert interval.activated_by == person
    assert version_in_force(NAME, UNTIL + 2 * DAY) == first
    assert version_in_force(NAME, UNTIL + 3 * DAY) == second
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_active, first.status) == (False, ModelStatus.DEPRECATED)
    assert (second.is_active, second.deployment_environment) == (True, DeploymentEnvironment.PRODUCTION)
    lines = [*audit(first), *audit(second)]
    assert [line.details for line in lines] == [
        "model: activated", f"model: replaced by {second}", "model: activated",
    ]  # fmt: skip
    assert lines[1].old_values["is_active"] is True
    assert lines[1].new_values["is_active"] is False
    assert {line.changed_by for line in lines} == {person}


@pytest.mark.django_db
@pytest.mark.parametrize("gate", [*WORSE, Gate.LEAKAGE])
def test_each_gate_is_asked_again_and_a_refusal_is_written_down(gate: Gate) -> None:
    before = [LEAK] if gate == Gate.LEAKAGE else []
    model = ready_version(NAME, UNTIL, evidence=WORSE.get(gate, PROVEN), found_before=before)
    with pytest.raises(GatesFailed) as caught:
        activate(model.pk, at=UNTIL, actor=None)
    assert [one.gate for one in caught.value.failed] == [gate]
    assert gate_sentence(caught.value.failed[0]) in str(caught.value)
    assert not ModelActivation.objects.exists()
    (line,) = audit(model)
    assert line.details == "model: activation refused"
    assert [one["gate"] for one in line.new_values["failed_gates"]] == [gate]


@pytest.mark.django_db
def test_what_was_kept_is_what_was_found() -> None:
    """Through the registry and back every gate says the same, also of figures that could not be said."""
    unknown = replace(PROVEN, calibration=CalibrationError(100, 0.02, 0.01, np.nan, np.nan))
    for number, evidence in enumerate([PROVEN, unknown, *WORSE.values()]):
        model = ready_version(f"name {number}", UNTIL, evidence=evidence)
        model.refresh_from_db()
        assert kept_failures(model) == failed_gates(evidence)


def test_every_gate_has_its_sentence() -> None:
    assert SENTENCES.keys() == set(Gate)
    found = [
        *(one for evidence in WORSE.values() for one in failed_gates(evidence)),
        *failed_gates(replace(PROVEN, blocks=3, baseline=None)),
        *failed_gates(replace(PROVEN, calibration=CalibrationError(100, 0.02, 0.01, np.nan, np.nan))),
        LEAK,
        Failed(Gate.LIVE_SKILL, "", figures={"skill": -0.02, "low": -0.03, "high": -0.01}),
        Failed(Gate.LOOK_AHEAD, "", "tomorrow", {"cut": 3, "cuts": 200}),
        Failed(Gate.WARM_UP, "", "tomorrow", {"length": 3}),
        Failed(Gate.FINAL_TEST, ""),
    ]
    with translation.override("en"):
        sentences = [gate_sentence(one) for one in found]
    assert len(set(sentences)) == len(sentences)
    assert "The final block was used 2 times by this generation: once is what counts." in sentences
    assert "The 90 % interval held 80.0 % of outcomes: not between 87 and 93 %." in sentences
    assert not any("%(" in sentence for sentence in sentences)


@pytest.mark.django_db
def test_a_version_without_evidence_is_refused() -> None:
    model = ready_version(NAME, UNTIL)
    AIModel.objects.filter(pk=model.pk).update(performance_metrics={})
    with pytest.raises(GatesFailed, match="never tested"):
        activate(model.pk, at=UNTIL, actor=None)


@pytest.mark.django_db
def test_a_missing_or_changed_file_is_refused() -> None:
    model = ready_version(NAME, UNTIL)
    path = model_store() / (model.model_file_path or "")
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(ConflictError, match="checksum"):
        activate(model.pk, at=UNTIL, actor=None)
    path.unlink()
    with pytest.raises(ConflictError, match="is not in"):
        activate(model.pk, at=UNTIL, actor=None)
    path.write_bytes(content)
    activate(model.pk, at=UNTIL, actor=None)
    with pytest.raises(ConflictError, match="serves already"):
        activate(model.pk, at=UNTIL + DAY, actor=None)


@pytest.mark.django_db
def test_nothing_is_put_into_force_in_the_past_of_another() -> None:
    first, second = ready_version(NAME, UNTIL), ready_version(NAME, UNTIL, seed=1)
    activate(first.pk, at=UNTIL + DAY, actor=None)
    for at in (UNTIL, UNTIL + DAY):
        with pytest.raises(ConflictError, match="at that moment or later"):
            activate(second.pk, at=at, actor=None)
    with pytest.raises(ConflictError, match="trained on data after"):
        activate(second.pk, at=UNTIL - DAY, actor=None)


@pytest.mark.django_db
def test_a_demoted_version_serves_no_more_and_the_rules_do() -> None:
    model = ready_version(NAME, UNTIL)
    activate(model.pk, at=UNTIL, actor=None)
    lost = Failed(Gate.LIVE_SKILL, "worse in use", figures={"skill": -0.02, "low": -0.03, "high": -0.01})
    interval = demote(model.pk, at=UNTIL + DAY, actor=None, reason="worse in use", failed=[lost])
    assert interval.valid_to == UNTIL + DAY
    assert version_in_force(NAME, UNTIL) == model
    assert version_in_force(NAME, UNTIL + DAY) is None
    assert audit(model)[-1].details == "model: demoted: worse in use"
    with pytest.raises(GatesFailed, match="In use it was worse") as caught:
        activate(model.pk, at=UNTIL + 2 * DAY, actor=None)
    assert caught.value.failed == [lost]
    with pytest.raises(ConflictError, match="not in force"):
        demote(model.pk, at=UNTIL + 2 * DAY, actor=None, reason="again")


@pytest.mark.django_db
def test_a_version_that_a_person_took_out_may_come_back() -> None:
    model = ready_version(NAME, UNTIL)
    activate(model.pk, at=UNTIL, actor=None)
    demote(model.pk, at=UNTIL + DAY, actor=UserFactory(), reason="maintenance")
    activate(model.pk, at=UNTIL + 2 * DAY, actor=None)
    assert [version_in_force(NAME, UNTIL + days * DAY) for days in range(3)] == [model, None, model]


@pytest.mark.django_db(transaction=True)
def test_of_versions_activated_at_once_one_serves() -> None:
    models = [ready_version(NAME, UNTIL, seed=seed) for seed in range(4)]
    refused: list[Exception] = []
    gate = threading.Barrier(len(models))

    def run(model: AIModel) -> None:
        try:
            gate.wait()
            activate(model.pk, at=UNTIL, actor=None)
        except Exception as error:  # noqa: BLE001 - looked at below
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(model,)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in refused] == [ConflictError] * 3
    assert AIModel.objects.filter(name=NAME, is_active=True).count() == 1
    assert ModelActivation.objects.filter(model__name=NAME).count() == 1
    assert AuditLog.objects.filter(details="model: activation refused").count() == 3
