"""From the material of a layer to a registered version: what is chosen, tested once, kept, counted, and refused."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aimodels.choices import EvaluationType, ModelStatus
from aimodels.compute import development
from aimodels.compute.boosting import Boosting, Stopped
from aimodels.compute.gates import Gate
from aimodels.compute.learners import Kind
from aimodels.compute.samples import Samples
from aimodels.models import AIModel, ModelActivation, ModelPerformance, ModelTrial
from aimodels.services import training_steps
from aimodels.services.activation import GatesFailed, activate
from aimodels.services.serving import Inputs, forecaster_in_force, forget, stored_forecaster
from aimodels.services.training_runs import Subject, train_version, walk_forward_report
from system.exceptions import ConflictError, InvalidInput
from tests.aimodels.compute.worlds import world
from tests.aimodels.training_subjects import FIRST, edge, subject, with_feature

pytestmark = pytest.mark.django_db
QUICK = Boosting(rounds=15, learning_rate=0.2, least_in_leaf=60)


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of their own, and small trees."""
    settings.CRYPTOPREDICT_HOME = tmp_path
    monkeypatch.setattr(training_steps, "DEFAULT", QUICK)
    monkeypatch.setattr(development, "QUANTILE_TREES", QUICK)
    forget()
    return tmp_path / "models"


def test_an_edge_is_found_tested_once_and_kept() -> None:
    held = edge(with_values=True)
    run: Any = train_version(held, as_of=held.until)
    assert run.failed == []
    assert run.folds is not None
    assert run.final is not None
    assert {line.who for line in run.folds.lines} == {"naive", "rules", "logistic", "lightgbm"}
    assert run.final.line("naive").figures.brier_skill.skill == 0
    ours = run.final.lines[-1]
    assert ours.figures.brier_skill.low > 0
    assert 0.85 < ours.values.coverage.value < 0.95
    assert ours.values.pinball_skill.low > 0.03
    model = run.model
    assert (model.is_active, model.status, model.training_notes) == (
        False, ModelStatus.INACTIVE, "It passed every gate.",
    )  # fmt: skip
    assert next(iter(model.training_features["feature_importance"])) in ("momentum", "funding")
    assert model.training_features["feature_count"] == 4
    span = model.training_data_range
    assert span["end_date"] == held.until.isoformat()
    assert span["total_samples"] == 2400
    assert span["train_samples"] + span["test_samples"] <= 2400
    empty = {
        column.name for column in AIModel._meta.concrete_fields if getattr(model, column.attname) in (None, "", {})
    }
    assert empty == model.configuration["missing"].keys()
    groups = model.performance_metrics
    assert groups["classification_metrics"]["brier_skill"]["skill"] == ours.figures.brier_skill.skill
    assert groups["trading_metrics"]["trades"] == ours.trading.trades
    assert groups["regression_metrics"]["coverage"]["value"] == ours.values.coverage.value
    forecaster = stored_forecaster(model.model_file_path or "")
    assert forecaster.direction.names == held.material.samples.names
    assert forecaster.levels == (0.05, 0.25, 0.5, 0.75, 0.95)


def test_every_evaluation_has_every_column_or_its_reason() -> None:
    held = edge(with_values=True)
    run: Any = train_version(held, as_of=held.until)
    rows: dict[str, Any] = {row.evaluation_type: row for row in ModelPerformance.objects.filter(model=run.model)}
    assert rows.keys() == {EvaluationType.CROSS_VALIDATION, EvaluationType.BACKTESTING}
    for row in rows.values():
        missing = row.evaluation_metadata["missing"]
        empty = {field.name for field in row._meta.concrete_fields if getattr(row, field.attname) is None}
        assert empty == missing.keys()
        assert all(reason != "not computed yet" for reason in missing.values())
    final: Any = rows[EvaluationType.BACKTESTING]
    assert final.meets_threshold
    assert final.performance_grade in ("A", "B")
    assert final.sample_count == len(final_places(held))
    assert final.total_return > 0
    assert final.detailed_metrics["trials"] == 2
    assert final.detailed_metrics["deflated_sharpe"] > 0.95
    assert final.recommendations == "It may be put into force."


def final_places(held: Subject) -> np.ndarray:
    return training_steps.split_final(held.material.samples, training_steps.plan_for(held.material.samples)).test


def test_the_same_again_changes_nothing(own_store: Path) -> None:
    held = edge(with_values=True)
    first = train_version(held, as_of=held.until)  # trees, and their quantiles
    before = (set(own_store.iterdir()), AIModel.objects.count(), ModelPerformance.objects.count())
    trials = list(ModelTrial.objects.order_by("number").values_list("settings_hash", "final_read_at"))
    again = train_version(held, as_of=held.until)
    assert again.model == first.model
    assert again.failed == []
    assert (set(own_store.iterdir()), AIModel.objects.count(), ModelPerformance.objects.count()) == before
    assert list(ModelTrial.objects.order_by("number").values_list("settings_hash", "final_read_at")) == trials
    assert len([row for row in trials if row[1]]) == 1


def test_settings_are_searched_for_inside_the_training_part() -> None:
    held = edge()
    run: Any = train_version(held, as_of=held.until, optimise=2)
    rows = ModelTrial.objects.order_by("number")
    assert [row.kind for row in rows] == ["logistic", "lightgbm", "lightgbm", "lightgbm"]
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert sum(row.final_read_at is not None for row in rows) == 1
    chosen = rows.get(final_read_at__isnull=False)
    assert chosen.model == run.model
    assert chosen.fold_figures["log_skill"] == max(row.fold_figures["log_skill"] for row in rows)
    other = train_version(replace(held, name="another"), as_of=held.until, optimise=2)
    assert [row.settings for row in ModelTrial.objects.filter(name="another").order_by("number")] == [
        row.settings for row in rows.filter(name=held.name)
    ]
    assert other.failed == run.failed


def test_a_leak_is_refused_by_name_and_the_block_stays_untouched() -> None:
    held: Any = edge(with_values=True)
    noise = 0.3 * np.random.default_rng(0).standard_normal(2400) * held.material.values.change.std()
    leaky = with_feature(held, "tomorrow", held.material.values.change + noise)
    run: Any = train_version(leaky, as_of=held.until)
    assert [(one.gate, one.subject) for one in run.failed] == [(Gate.LEAKAGE, "tomorrow")]
    assert run.final is None
    assert run.model.performance_metrics["classification_metrics"] == {}
    assert run.model.training_data_range["test_samples"] == 0
    assert run.model.training_notes.startswith("It may not serve:")
    assert not ModelTrial.objects.filter(final_read_at__isnull=False).exists()
    with pytest.raises(GatesFailed, match="tomorrow") as caught:
        activate(run.model.pk, at=held.until, actor=None)
    assert "tomorrow" in {one.subject for one in caught.value.failed}
    assert not ModelActivation.objects.exists()


def test_before_the_first_activation_the_tested_versions_serve_their_own_time() -> None:
    held = edge(with_values=True)
    run: Any = train_version(held, as_of=held.until, kinds=("logistic",))
    folds: Any = AIModel.objects.filter(name=held.name, training_data_range__has_key="serves_from")
    assert folds.count() == 4
    with pytest.raises(ConflictError, match="replays of its own time"):
        activate(folds.first().pk, at=held.until, actor=None)
    activate(run.model.pk, at=held.until, actor=None)
    starts = sorted(fold.training_data_range["serves_from"] for fold in folds)
    block = held.moment(int(held.material.samples.times[final_places(held)].min()))
    assert starts[-1] == block.isoformat()
    for day in range(FIRST + 100, FIRST + 300, 25):
        moment = held.moment(day)
        serving: Any = forecaster_in_force(held.name, moment, Inputs(held.generation))
        model = serving[0]
        assert model.training_data_range["end_date"] <= moment.isoformat() < model.training_data_range["serves_to"]
    assert forecaster_in_force(held.name, held.moment(FIRST + 50), Inputs("1")) is None
    serving = forecaster_in_force(held.name, held.until, Inputs("1"))
    assert serving[0] == run.model


def test_without_edge_hardly_any_passes() -> None:
    assert promotions(range(8), moments=300, kinds=("logistic",)) <= 2


@pytest.mark.full
def test_without_edge_at_most_9_of_100_pass() -> None:
    found = promotions(range(100), moments=400)
    print(f"{found} of 100 markets without edge gave a version that passed")  # noqa: T201
    assert found <= 9


def promotions(seeds: range, *, moments: int, kinds: tuple[Kind, ...] | None = None) -> int:
    """Versions of markets without edge that may serve."""
    found = 0
    for seed in seeds:
        held = subject(world(seed, edge=0.0, moments=moments), f"none_{seed}")
        run: Any = train_version(held, as_of=held.until, kinds=kinds)
        found += not run.failed
        if run.failed:
            with pytest.raises(GatesFailed):
                activate(run.model.pk, at=held.until, actor=None)
        else:
            activate(run.model.pk, at=held.until, actor=None)
    return found


def changed(held: Subject, **changes: Any) -> Subject:
    samples: Samples = replace(held.material.samples, **changes)
    return replace(held, material=replace(held.material, samples=samples))


def bad(what: str) -> Subject:
    held = edge()
    samples = held.material.samples
    unknown = samples.features.copy()
    unknown[:, 1] = np.nan
    few = held.material.rows(np.arange(150))
    return {
        "150 rows are too few": replace(held, material=few),
        "all outcomes are 1": changed(held, outcomes=np.ones_like(samples.outcomes)),
        "volume is known in no row": changed(held, features=unknown),
        "the outcome itself": with_feature(held, "label", samples.outcomes.astype(float)),
        "at least 1": changed(held, horizon=0),
        "begin before the data": changed(held, times=samples.times - FIRST),
        "knowledge up to": replace(held, until=held.until - timedelta(days=1)),
        "naive must be chances": replace(held, material=replace(held.material, naive=2 * held.material.naive + 1)),
    }[what]


@pytest.mark.parametrize(
    "reason",
    [
        "150 rows are too few", "all outcomes are 1", "volume is known in no row", "the outcome itself", "at least 1",
        "begin before the data", "knowledge up to", "naive must be chances",
    ],
)  # fmt: skip
def test_what_nothing_can_be_learned_from_is_refused_with_the_reason(reason: str) -> None:
    held = bad(reason)
    with pytest.raises(InvalidInput, match=reason):
        train_version(held, as_of=edge().until)
    assert not AIModel.objects.exists()
    assert not ModelTrial.objects.exists()


@pytest.mark.parametrize("calls", [1, 40, 200])
def test_a_training_that_is_stopped_leaves_no_version(calls: int, own_store: Path) -> None:
    asked = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) >= calls

    with pytest.raises(Stopped):
        train_version(edge(with_values=True), as_of=edge().until, stop=stop)
    assert len(asked) <= calls + 1
    assert not AIModel.objects.exists()
    assert not own_store.exists()


def test_progress_rises_to_the_end() -> None:
    told: list[tuple[str, float]] = []
    held = edge()
    train_version(held, as_of=held.until, progress=lambda phase, share: told.append((phase, share)))
    shares = [share for _phase, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert all(len(phase) <= 20 for phase, _share in told)


def test_the_report_never_looks_at_the_block() -> None:
    held = edge()
    report = walk_forward_report(held)
    assert [line.who for line in report.lines] == ["naive", "rules", *sorted_kinds(report.lines[2:])]
    assert report.trials == 2
    assert report.last < held.material.samples.times[final_places(held)].min()
    other = held.material.samples.outcomes.copy()
    other[final_places(held)] = 1 - other[final_places(held)]
    assert walk_forward_report(changed(held, outcomes=other)).lines == report.lines


def sorted_kinds(lines: Any) -> list[str]:
    names = [line.who for line in lines]
    assert sorted(names) == ["lightgbm", "logistic"]
    return names
