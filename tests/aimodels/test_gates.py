"""The way into force: gates asked again, refused with the list, audited either way, one version at a time."""

import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone, translation

from aimodels.choices import DeploymentEnvironment, ModelStatus
from aimodels.compute.bootstrap import Interval
from aimodels.compute.calibration import CalibrationError
from aimodels.compute.gates import Evidence, Failed, Gate, failed_gates, touched_gate
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
from tests.cryptopredict.installation import ROOT
from tests.factories.people import AdminFactory, UserFactory

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
    first = ready_version(NAME, UNTIL)
    second = ready_version(NAME, UNTIL + DAY, seed=1, beside=first)
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
    lacking = [replace(PROVEN, champion_blocks=29), replace(PROVEN, champion_blocks=30, champion_lacks=2)]
    for number, evidence in enumerate([PROVEN, unknown, *lacking, *WORSE.values()]):
        model = ready_version(f"name {number}", UNTIL, evidence=evidence)
        model.refresh_from_db()
        assert kept_failures(model) == failed_gates(evidence)


def test_every_gate_has_its_sentence() -> None:
    assert SENTENCES.keys() == set(Gate)
    found = [
        *(one for evidence in WORSE.values() for one in failed_gates(evidence)),
        *failed_gates(replace(PROVEN, blocks=3, baseline=None)),
        *failed_gates(replace(PROVEN, champion_blocks=29)),
        *failed_gates(replace(PROVEN, champion_lacks=2)),
        touched_gate(7, UNTIL.timestamp()),
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
    assert "What serves now had not seen 29 separate stretches of the block, fewer than 30." in sentences
    assert "What serves now needs 2 features that these rows do not have: it could not be asked." in sentences
    waits = "7 separate stretches of time are untouched so far, fewer than 30. Wait until 4 Nov 2022, and train again."
    assert f"The final block was looked at or learned from before: {waits}" in sentences
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
    first = ready_version(NAME, UNTIL)
    second, third = (ready_version(NAME, UNTIL, seed=seed, beside=one) for seed, one in ((1, first), (2, None)))
    activate(first.pk, at=UNTIL + DAY, actor=None)
    for at in (UNTIL, UNTIL + DAY):
        with pytest.raises(ConflictError, match="at that moment or later"):
            activate(second.pk, at=at, actor=None)
    with pytest.raises(ConflictError, match="trained on data after"):
        activate(second.pk, at=UNTIL - DAY, actor=None)
    demote(first.pk, at=UNTIL + 5 * DAY, actor=None, reason="maintenance")
    for days in (0, 1, 3, 4.99):
        with pytest.raises(ConflictError, match="at that moment or later"):
            activate(third.pk, at=UNTIL + days * DAY, actor=None)
    activate(third.pk, at=UNTIL + 5 * DAY, actor=None)
    assert ModelActivation.objects.filter(model__name=NAME).count() == 2


@pytest.mark.django_db
def test_what_is_to_come_is_not_decided() -> None:
    model = ready_version(NAME, UNTIL)
    soon = timezone.now() + timedelta(minutes=1)
    with pytest.raises(ConflictError, match="not for a moment to come"):
        activate(model.pk, at=soon, actor=None)
    activate(model.pk, at=UNTIL, actor=None)
    with pytest.raises(ConflictError, match="not for a moment to come"):
        demote(model.pk, at=soon, actor=None, reason="tomorrow")
    assert version_in_force(NAME, timezone.now()) == model


@pytest.mark.django_db
def test_what_was_compared_with_something_else_than_serves_is_refused() -> None:
    """Of two that were trained beside the rules the second one has not met the first."""
    first, rival = ready_version(NAME, UNTIL), ready_version(NAME, UNTIL, seed=1)
    activate(first.pk, at=UNTIL, actor=None)
    with pytest.raises(ConflictError, match=f"with rules, but {first} serves by now: train it again") as caught:
        activate(rival.pk, at=UNTIL + DAY, actor=None)
    assert caught.value.code == "other_champion"
    assert audit(rival)[-1].details == "model: activation refused"
    challenger = ready_version(NAME, UNTIL, seed=2, beside=first)
    demote(first.pk, at=UNTIL + DAY, actor=None, reason="maintenance")
    with pytest.raises(ConflictError, match=f"compared with {first}, but rules serves by now"):
        activate(challenger.pk, at=UNTIL + 2 * DAY, actor=None)
    activate(rival.pk, at=UNTIL + 2 * DAY, actor=None)


@pytest.mark.django_db
@pytest.mark.parametrize(("start", "end"), [(1, None), (1, 2), (-1, 1), (-1, None), (9, None), (None, 1), (None, None)])
def test_the_database_refuses_intervals_that_overlap(start: int | None, end: int | None) -> None:
    """Whoever writes: of the versions of a name and type one serves at a time."""
    first, second = ready_version(NAME, UNTIL), ready_version(NAME, UNTIL, seed=1)
    other = ready_version("another", UNTIL)
    held = ModelActivation.objects.create(model=first, valid_from=UNTIL, valid_to=UNTIL + 10 * DAY)
    span = {
        "valid_from": None if start is None else UNTIL + start * DAY,
        "valid_to": None if end is None else UNTIL + end * DAY,
    }
    with pytest.raises(IntegrityError, match="is active in that time"), transaction.atomic():
        ModelActivation.objects.create(model=second, **span)
    ModelActivation.objects.create(model=other, **span)
    after = ModelActivation.objects.create(model=second, valid_from=UNTIL + 10 * DAY)
    with pytest.raises(IntegrityError, match="is active in that time"), transaction.atomic():
        ModelActivation.objects.filter(pk=held.pk).update(valid_to=UNTIL + 11 * DAY)
    with pytest.raises(IntegrityError, match="is active in that time"), transaction.atomic():
        ModelActivation.objects.filter(pk=after.pk).update(valid_from=UNTIL)


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


@pytest.mark.django_db
def test_where_a_person_has_to_decide_nothing_goes_into_force_by_itself() -> None:
    first = ready_version(NAME, UNTIL)
    AIModel.objects.filter(pk=first.pk).update(requires_manual_approval=True)
    with pytest.raises(ConflictError, match="waits for an admin") as refusal:
        activate(first.pk, at=UNTIL, actor=None)
    assert refusal.value.code == "needs_approval"
    assert not ModelActivation.objects.exists()
    activate(first.pk, at=UNTIL, actor=AdminFactory())
    second = ready_version(NAME, UNTIL + DAY, seed=1, beside=first)
    assert second.requires_manual_approval, "the next one is no freer"
    with pytest.raises(ConflictError) as refusal:
        activate(second.pk, at=UNTIL + 2 * DAY, actor=None)
    assert refusal.value.code == "needs_approval"
    assert not ready_version("another", UNTIL).requires_manual_approval


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


@pytest.mark.django_db(transaction=True)
def test_of_versions_activated_at_once_by_two_processes_one_serves(tmp_path: Path) -> None:
    models = [ready_version(NAME, UNTIL, seed=seed) for seed in range(2)]
    found = connections["default"].settings_dict
    place = f"{quote(found['PASSWORD'])}@/{quote(found['NAME'])}?host={found['OPTIONS'].get('host') or found['HOST']}"
    variables = dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL"), f"postgresql://{found['USER']}:{place}")
    variables |= {"CRYPTOPREDICT_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tests/aimodels/activator.py")]
    with ExitStack() as stack:
        begun = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, str(model.pk)], env=os.environ | variables, stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, text=True,
                )
            )
            for model in models
        ]  # fmt: skip
        for process in begun:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in begun:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = sorted(process.communicate(timeout=300)[0].strip() for process in begun)
    assert said[0] == "in force"
    assert said[1].startswith("refused:")
    assert ModelActivation.objects.filter(model__name=NAME, valid_to__isnull=True).count() == 1
    assert ModelActivation.objects.filter(model__name=NAME).count() == 1
    assert AIModel.objects.filter(name=NAME, is_active=True).count() == 1
