"""Every moment decides once: what a generation has looked at or learned from judges nothing any more. And what serves
is what must be beaten."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aimodels.compute import development
from aimodels.compute.boosting import Boosting
from aimodels.compute.gates import Gate
from aimodels.models import AIModel, ModelTrial
from aimodels.services import training_steps, trials
from aimodels.services.activation import GatesFailed, activate
from aimodels.services.artefacts import model_store
from aimodels.services.champions import hear
from aimodels.services.registry import trained_until
from aimodels.services.serving import forget, stored_forecaster
from aimodels.services.subjects import Subject
from aimodels.services.training_runs import train_version, walk_forward_report
from system.exceptions import ConflictError
from tests.aimodels.compute.worlds import world
from tests.aimodels.training_subjects import FIRST, edge, first_days, ready_version, subject, with_feature

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LOGISTIC: Any = {"kinds": ("logistic",)}


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of their own, and small trees."""
    settings.CRYPTOPREDICT_HOME = tmp_path
    monkeypatch.setattr(training_steps, "DEFAULT", Boosting(rounds=15, learning_rate=0.2, least_in_leaf=60))
    forget()


@pytest.fixture
def long() -> Subject:
    """A market with an edge, of 400 days; a stretch is two of them, so thirty are sixty days."""
    return subject(world(5, edge=0.8, moments=400))


def trained(held: Subject, **changes: Any) -> Any:
    return train_version(held, as_of=held.until, **(LOGISTIC | changes))


def looks() -> list[ModelTrial]:
    return list(ModelTrial.objects.filter(final_read_at__isnull=False).order_by("number"))


def never_looked() -> None:
    """As if no block had been looked at, so that one can be judged beside something else."""
    ModelTrial.objects.update(final_read_at=None, data_hash="")


def test_training_anew_every_week_never_looks_twice_at_a_moment(long: Subject) -> None:
    """Luck cannot be waited for: between two looks thirty new stretches must have passed."""
    runs = {days: trained(first_days(long, days)) for days in (300, 307, 356, 363, 370, 384)}
    judged = [(row.final_from, row.final_to) for row in looks()]
    assert judged == [
        (long.moment(FIRST + 225), long.moment(FIRST + 300)),
        (long.moment(FIRST + 300), long.moment(FIRST + 363)),
    ]
    assert [days for days, run in runs.items() if run.final is not None] == [300, 363]
    waits = {days: run.failed for days, run in runs.items() if run.final is None}
    assert {one.gate for failed in waits.values() for one in failed} == {Gate.FINAL_TEST}
    assert [failed[0].figures["untouched"] for failed in waits.values()] == [3, 28, 3, 10]
    until = {long.moment(FIRST + 361).timestamp(), long.moment(FIRST + 424).timestamp()}
    assert {failed[0].figures["until"] for failed in waits.values()} == until
    assert all(trials.final_uses(row) == 1 for row in looks())


def test_what_waits_is_registered_and_may_not_serve(long: Subject) -> None:
    trained(first_days(long, 300))
    later = trained(first_days(long, 320))
    assert later.final is None
    assert later.model.training_data_range["test_samples"] == 0
    with pytest.raises(GatesFailed, match="Wait until") as caught:
        activate(later.model.pk, at=long.until, actor=None)
    assert [one.gate for one in caught.value.failed] == [Gate.FINAL_TEST]
    again = trained(first_days(long, 330))
    assert again.model != later.model
    assert again.failed[0].figures["untouched"] == 15


def test_outcomes_of_two_looks_never_overlap() -> None:
    """With a horizon of three days the last row of a block has an outcome two days after it."""
    held = subject(world(5, edge=0.8, moments=900))
    held = replace(held, material=replace(held.material, samples=replace(held.material.samples, horizon=3)))
    first, second = (trained(first_days(held, days)) for days in (600, 790))
    assert (first.final.last + 3, second.final.first) == (FIRST + 600, FIRST + 600)


def test_another_choice_of_the_same_moment_is_a_second_look_and_refused() -> None:
    held = edge()
    first, second = trained(held), trained(held, kinds=("lightgbm",))
    assert first.failed == []
    assert [one.gate for one in second.failed] == [Gate.FINAL_TEST]
    assert second.failed[0].figures["untouched"] == 0
    assert second.final is None
    assert [row.kind for row in looks()] == ["logistic"]
    with pytest.raises(GatesFailed, match="Wait until"):
        activate(second.model.pk, at=held.until, actor=None)
    fresh = trained(replace(held, generation="2"), kinds=("lightgbm",))
    assert fresh.failed == []
    assert ModelTrial.objects.filter(name=held.name).count() == 3


def test_other_data_of_the_same_moment_are_a_second_look() -> None:
    held = edge()
    assert trained(held).failed == []
    assert trained(held).failed == []
    other = replace(held.material, naive=held.material.naive + 0.01)
    assert [one.gate for one in trained(replace(held, material=other)).failed] == [Gate.FINAL_TEST]


def test_a_block_that_was_learned_from_judges_nothing(long: Subject) -> None:
    """Trained as of later days, even without a look, the generation knows what an earlier block says."""
    walk_forward_report(long, **LOGISTIC)
    early = trained(first_days(long, 330))
    assert [one.gate for one in early.failed] == [Gate.FINAL_TEST]
    assert early.failed[0].figures["untouched"] == 15  # its block is cut to what comes after
    assert looks() == []
    assert trained(replace(first_days(long, 330), name="another")).final is not None


def test_settings_of_a_later_block_are_not_taken_for_an_earlier_one(long: Subject) -> None:
    trained(long, kinds=("base_rate",))
    held = first_days(long, 330)
    early: Any = train_version(held, as_of=held.until)
    assert [one.gate for one in early.failed] == [Gate.FINAL_TEST]
    assert {row.kind for row in ModelTrial.objects.filter(as_of=held.until)} == {"logistic", "lightgbm"}


def test_settings_and_features_that_were_tested_stand(long: Subject) -> None:
    """A feature that comes or goes makes no other variant of them."""
    trained(first_days(long, 300))
    chance = np.random.default_rng(1).standard_normal(400 * 8)
    wider = first_days(with_feature(long, "news", chance), 370)
    run: Any = train_version(wider, as_of=wider.until)
    assert run.failed == []
    assert [row.kind for row in looks()] == ["logistic", "logistic"]
    assert {tuple(row.features) for row in looks()} == {long.material.samples.names}
    assert len({row.settings_hash for row in looks()}) == 1
    fewer = replace(long, material=long.material.columns(["momentum", "funding", "breadth"]))
    last: Any = train_version(fewer, as_of=long.until)
    assert stored_forecaster(last.model.model_file_path).direction.names == ("momentum", "funding", "breadth")
    asked = trained(wider)
    assert "news" in asked.model.input_schema["optional_fields"]


def in_force(held: Subject, days: int, **changes: Any) -> AIModel:
    """The version of a training of the first days, put into force at their end."""
    part = first_days(held, days)
    model = trained(part, **changes).model
    activate(model.pk, at=part.until, actor=None)
    return model


def test_what_serves_must_be_beaten(long: Subject) -> None:
    """It has learned anew from all rows of its time; the rows after them it has not seen."""
    champion = in_force(long, 300)
    run = trained(first_days(long, 370))
    assert [one.gate for one in run.failed] == [Gate.SKILL_CHAMPION]  # the same market, the same kind: no better
    scores = run.model.performance_metrics["validation_scores"]
    assert scores["champion"] == {"id": champion.pk, "name": str(champion)}
    assert scores["gates"]["champion_blocks"] == 35
    assert run.final.lines[-1].figures.champion_skill != run.final.lines[-1].figures.brier_skill


def test_a_better_one_takes_the_place_of_what_serves() -> None:
    long = subject(world(13, edge=0.8, moments=400))
    blind = replace(long, material=long.material.columns(["momentum", "volume"]))
    champion = in_force(blind, 300)
    run = trained(first_days(long, 370))
    assert run.failed == []
    assert run.model.performance_metrics["validation_scores"]["champion"]["id"] == champion.pk
    activate(run.model.pk, at=long.until, actor=None)
    rival: Any = train_version(first_days(long, 390), as_of=long.until, kinds=("base_rate",))
    assert rival.model.performance_metrics["validation_scores"]["champion"]["id"] == run.model.pk


def test_each_row_is_answered_by_the_newest_version_that_had_not_seen_it(long: Subject) -> None:
    """The version in force has seen rows that only the folds of its training had not."""
    champion = in_force(long, 300)
    folds = sorted(AIModel.objects.filter(training_data_range__has_key="serves_from"), key=trained_until)
    rows = long.material
    said = hear(long, rows, long.until)
    days = rows.samples.times - FIRST
    starts = [int((trained_until(one) - long.moment(FIRST)).days) for one in folds]
    assert np.isnan(said.chances[days < starts[0]]).all()
    for version, start, end in zip([*folds, champion], [*starts, 300], [*starts[1:], 300, 400], strict=True):
        here = np.flatnonzero((days >= start) & (days < end))
        forecaster = stored_forecaster(version.model_file_path or "")
        np.testing.assert_allclose(said.chances[here], development.answered(forecaster, rows.rows(here)).chances)
    never_looked()
    same: Any = train_version(first_days(long, 300), as_of=long.until, **LOGISTIC)
    assert [one.gate for one in same.failed] == [Gate.SKILL_CHAMPION]
    assert same.final.lines[-1].figures.champion_skill.skill == pytest.approx(0, abs=1e-12)


def test_a_champion_that_has_seen_the_block_is_not_left_out(long: Subject) -> None:
    """Without versions of its folds nobody can say whether it is beaten: the gate fails."""
    held = first_days(long, 300)
    activate(ready_version(held.name, held.until).pk, at=held.until, actor=None)
    run = trained(held)
    assert [(one.gate, one.figures) for one in run.failed] == [(Gate.SKILL_CHAMPION, {"blocks": 0, "least": 30})]
    with pytest.raises(GatesFailed, match="had not seen 0 separate stretches"):
        activate(run.model.pk, at=long.until, actor=None)


def test_a_champion_that_needs_other_features_cannot_be_left_out_either(long: Subject) -> None:
    champion = in_force(long, 300)
    fewer = replace(long, material=long.material.columns(["momentum", "funding", "breadth"]))
    failed = {one.gate: one.figures for one in trained(first_days(fewer, 370)).failed}
    assert failed[Gate.SKILL_CHAMPION] == {"lacks": 1}
    wider = with_feature(long, "news", np.random.default_rng(1).standard_normal(400 * 8))
    never_looked()
    run = trained(first_days(wider, 380))
    gates = run.model.performance_metrics["validation_scores"]["gates"]
    assert (gates["champion_lacks"], gates["champion_blocks"]) == (0, 40)
    (model_store() / (champion.model_file_path or "")).unlink()
    forget()
    broken = trained(first_days(long, 390))
    assert broken.model.performance_metrics["validation_scores"]["champion"]["name"] == "rules"


def test_two_that_beat_the_rules_do_not_follow_each_other(long: Subject) -> None:
    held = first_days(long, 300)
    first = trained(held)
    never_looked()
    second: Any = train_version(held, as_of=held.until + DAY, **LOGISTIC)
    assert (first.failed, second.failed) == ([], [])
    activate(first.model.pk, at=held.until + DAY, actor=None)
    with pytest.raises(ConflictError, match="train it again"):
        activate(second.model.pk, at=held.until + 2 * DAY, actor=None)


def test_one_of_other_features_does_not_serve_and_is_no_champion(long: Subject) -> None:
    """What it would say of features that mean something else is nothing; the rules serve in its place."""
    in_force(long, 300)
    run = trained(replace(first_days(long, 370), generation="2"))
    assert run.model.performance_metrics["validation_scores"]["champion"] == {"id": None, "name": "rules"}


def test_a_claim_that_another_process_made_meanwhile_counts(long: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two trainings that began side by side have both found the block untouched; one of them looks."""
    held = first_days(long, 300)
    found = trials.touched_before(held.name, held.generation, held.until)
    assert trained(held).failed == []
    monkeypatch.setattr(training_steps.trials, "touched_before", lambda *_: found)
    later = train_version(held, as_of=held.until + DAY, **LOGISTIC)
    assert [one.gate for one in later.failed] == [Gate.FINAL_TEST]
    assert len(looks()) == 1
