"""Training and evaluation of the regimes on a small made market, from the tables to the registry."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from aimodels.compute.boosting import Stopped
from aimodels.compute.stability import LEAST_WINDOWS
from aimodels.models import AIModel, ModelActivation, ModelPerformance
from aimodels.services import ensure_rules
from assets.choices import AssetType
from cryptopredict.watching import watch_models
from macro.compute.regime.learned import Trees
from macro.compute.regime.phase import PARTS, Panel
from macro.rules import REGIME_RULES
from macro.selectors.daily import DAY, History, daily_market
from macro.services import evaluation, training, versions
from macro.services.regime_calls import champion_calls, naive_calls
from macro.services.versions import LEARNED, stored_parameters
from system.exceptions import InvalidInput, NoData
from tests.factories.assets import AssetFactory
from tests.macro.regime_market import store_candles

pytestmark = pytest.mark.long

FIRST, DAYS, COINS = (date(2019, 9, 1) - date(1970, 1, 1)).days, 1280, 5
END = datetime(2019, 9, 1, tzinfo=UTC) + timedelta(days=DAYS)
FAR_BACK = END - timedelta(days=9000)
"""Nothing was in force then."""
SPAN = ("--start", "2022-01-01", "--end", "2023-03-01")


@pytest.fixture(scope="module")
def trees() -> Trees:
    with pytest.MonkeyPatch.context() as small:
        small.setattr(training, "TREES", {"max_depth": 3, "max_iter": 10, "min_samples_leaf": 50})
        small.setattr(training, "LENGTH", 700)
        return training.train_trees(histories=8)


@pytest.fixture(autouse=True)
def quick(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trees: Trees) -> None:
    """Few and small trees, grown once; files in a directory of the test."""
    settings.CRYPTOPREDICT_HOME = tmp_path
    for module in (training, evaluation):
        monkeypatch.setattr(module, "train_trees", lambda **_: trees)


@pytest.fixture(scope="module")
def history() -> History:
    generator = np.random.default_rng(2)
    drift = np.repeat(np.tile([0.006, -0.006], 5), DAYS // 10)[:, None]
    market = drift + 0.02 * generator.standard_normal((DAYS, 1))
    close = 100 * np.exp(np.cumsum(market + 0.015 * generator.standard_normal((DAYS, COINS)), axis=0))
    symbols = ("BTC", *(f"C{place}" for place in range(1, COINS)))
    panel = Panel(*(np.round(values, 6) for values in (close * 1.01, close * 0.99, close)))
    return History(FIRST + np.arange(DAYS), symbols, panel)


@pytest.fixture(scope="module")
def folds(history: History, trees: Trees) -> list[training.Fold]:
    return list(training.walk(history, training.yearly_edges(history), trees))


@pytest.fixture(scope="module")
def tables(module_rows: Any, history: History) -> None:
    """The history in the tables, beside what must not be lifted: a young coin, a perpetual, a pegged coin, an
    index."""
    with module_rows():
        ensure_rules(REGIME_RULES)
        for column, symbol in enumerate(history.symbols):
            store(AssetFactory(symbol=symbol), history, column, 0)
        store(AssetFactory(symbol="YOUNG"), history, 1, DAYS - 399)
        store(AssetFactory(symbol="C1-PERP"), history, 1, 0)
        store(AssetFactory(symbol="PEGGED", metrics_details={"pegged_to": "USD"}), history, 1, 0)
        store(AssetFactory(symbol="DXY", asset_type=AssetType.INDEX), history, 1, 0)


@pytest.fixture
def stored(db: None, tables: None, history: History) -> History:
    """What is in the tables."""
    return history


def store(asset: Any, history: History, column: int, first: int) -> None:
    panel = history.panel
    high, low, close = (values[first:, column].tolist() for values in (panel.high, panel.low, panel.close))
    count = len(close)
    store_candles(
        asset,
        "1d",
        (history.days[first:] * DAY).tolist(),
        {"open": close, "high": high, "low": low, "close": close, "volume": [1e6] * count, "trades": [1000] * count},
    )


def same(ours: History, theirs: History) -> bool:
    lines = (
        np.array_equal(getattr(ours.panel, name), getattr(theirs.panel, name)) for name in ("high", "low", "close")
    )
    return ours.symbols == theirs.symbols and np.array_equal(ours.days, theirs.days) and all(lines)


def test_a_fold_knows_nothing_of_its_own_days(history: History, folds: list[training.Fold], trees: Trees) -> None:
    assert [str(evaluation._day(history.days[fold.start])) for fold in folds] == ["2022-01-01", "2023-01-01"]
    cut = history.until(folds[0].start + 40)
    edges = training.yearly_edges(history)
    part = next(training.walk(cut, [*edges[:3], int(cut.days[-1]) + 1], trees))
    assert part.start == folds[0].start
    for name in PARTS:
        ours = folds[0].parts[name][: len(part.parts[name])]
        assert np.isfinite(ours).any()
        assert np.array_equal(ours, part.parts[name], equal_nan=True)


def test_weights_come_from_the_folds_before(folds: list[training.Fold]) -> None:
    assert [dict(fold.parameters.weights) for fold in folds] == [
        training.UNPROVEN,
        {"scorecard": 0.0, "hmm": 0.5, "learned": 0.5},
    ]


def test_labels_are_those_that_were_fixed_then(history: History) -> None:
    for length in (600, 900):
        labels = training.labels_until(history.panel.close, length)
        assert (labels[-60:] == -1).all()
        assert {0, 1} <= set(labels[:-60].ravel())
        assert np.array_equal(labels, training.labels_until(history.until(length).panel.close, length))


def test_the_market_is_lifted_as_it_was_known(stored: History) -> None:
    assert same(daily_market(END), stored)
    assert same(daily_market(END - timedelta(days=300)), stored.until(DAYS - 300))
    with pytest.raises(NoData, match="400 daily candles"):
        daily_market(END - timedelta(days=DAYS - 399))


def test_training_from_the_tables(stored: History, folds: list[training.Fold]) -> None:
    """The gates' figures are those of the folds; nothing is put into force that was not asked for."""
    done = training.train_regimes(END)
    assert done.evidence == training._evidence(stored, folds, END)
    assert done.evidence["champion"] == training.RULES
    for name in ("skill", "champion"):
        low, high = done.evidence[f"{name}_low"], done.evidence[f"{name}_high"]
        assert low <= done.evidence["skill" if name == "skill" else "champion_skill"] <= high
    passed = done.evidence["skill_low"] >= 0 and done.evidence["champion_low"] >= 0
    assert (done.failed == []) == passed
    assert not done.model.is_active
    assert done.model.version.startswith(f"{END:%Y%m%d}-")
    seen = done.model.training_data_range or {}
    assert (seen["end_date"], seen["total_samples"]) == (END.isoformat(), DAYS * COINS)
    assert stored_parameters(done.model.model_file_path or "").weights.keys() == set(PARTS)


def test_a_version_in_force_is_watched(stored: History, folds: list[training.Fold], monkeypatch: Any) -> None:
    """By the features of its coins, whose last month is held against the months that it has learned from."""
    at = END - timedelta(days=90)
    model = training._register(stored, folds[0].parameters, DAYS - 90, {})
    AIModel.objects.filter(pk=model.pk).update(is_active=True)
    ModelActivation.objects.create(model=model, valid_from=at)
    (found,) = watch_models(END)
    assert (found.model, found.skill, found.was_demoted) == (model, None, False)
    assert found.shift is not None
    assert found.shift.indices.keys() == set(versions.INPUTS)
    assert found.shift.windows >= LEAST_WINDOWS
    assert found.shift.shifted == ()
    monkeypatch.setattr(versions, "GENERATION", "another")
    assert watch_models(END)[0].shift is None
    model.refresh_from_db()
    (alert,) = (model.health_status or {})["alerts"]
    assert "other features" in alert["text"]


def test_the_gain_is_measured_against_the_baseline(history: History, folds: list[training.Fold]) -> None:
    """A judge that is always wrong loses, and by how much is known within its interval."""
    wrong = [replace(fold, parts={name: 1 - values for name, values in fold.parts.items()}) for fold in folds]
    naive = naive_calls(history.panel.close, training.BASELINE)
    start = folds[0].start
    skill, low, high = training._gain(history, start, training._called(history, folds, training.TRAINED), naive)
    lost, _low, worst = training._gain(history, start, training._called(history, wrong, training.TRAINED), naive)
    assert low <= skill <= high
    assert worst < 0
    assert lost < skill - 0.3


@pytest.mark.django_db
def test_it_is_held_against_the_version_in_force_on_days_that_that_has_not_seen(
    history: History, folds: list[training.Fold]
) -> None:
    """The same parts judge alike: nothing is gained on oneself. One that has seen all but a year is not asked."""
    start = folds[0].start
    model = training._register(history, folds[0].parameters, start, {})
    ModelActivation.objects.create(model=model, valid_from=END - timedelta(days=500))
    found = champion_calls(history, start, END)
    assert found is not None
    assert (found.who, found.first) == (str(model), start)
    fold = folds[0]
    alone = training._called(history, [fold], training.TRAINED)[start : fold.end]
    assert np.array_equal(found.phases[start : fold.end], alone)
    assert (found.phases[:start] == -1).all()
    evidence = training._evidence(history, folds, END)
    assert evidence["champion"] == str(model)
    assert abs(evidence["champion_skill"]) < abs(training._evidence(history, folds, FAR_BACK)["champion_skill"])
    late = training._register(history, folds[0].parameters, DAYS - 300, {})
    ModelActivation.objects.filter(model=model).update(model=late)
    assert champion_calls(history, start, END) is None


@pytest.mark.parametrize(
    ("gain", "over", "asked"), [(0.0, 0.0, True), (0.0, 0.0, False), (-0.001, 0.0, True), (0.0, -0.001, True)]
)
def test_only_a_better_version_is_put_into_force_and_only_if_asked(
    stored: History, folds: list[training.Fold], monkeypatch: pytest.MonkeyPatch, gain: float, over: float, asked: bool
) -> None:
    evidence = {"baseline": "sma_50", "skill": 0.02, "skill_low": gain, "skill_high": 0.05, "champion": "scorecard"}
    evidence |= {"champion_skill": 0.02, "champion_low": over, "champion_high": 0.05}
    monkeypatch.setattr(training, "walk", lambda *_, **__: iter(folds))
    monkeypatch.setattr(training, "_evidence", lambda *_: evidence)
    done = training.train_regimes(END, put_into_force=asked)
    again = training.train_regimes(END, put_into_force=asked)
    passes, serves = gain >= 0 and over >= 0, gain >= 0 and over >= 0 and asked
    assert (done.failed == [], done.model.is_active, again.model) == (passes, serves, done.model)
    assert bool(done.refusal) == (asked and not passes)
    assert {one.gate for one in done.failed} == (
        {"skill_baseline"} if gain < 0 else {"skill_champion"} if over < 0 else set()
    )
    assert ModelActivation.objects.filter(model__name=LEARNED).count() == int(serves)
    assert AIModel.objects.filter(name=LEARNED).count() == (3 if passes else 1)


def test_it_stops_when_asked_and_registers_nothing(stored: History) -> None:
    asked: list[str] = []
    with pytest.raises(Stopped):
        training.train_regimes(END, progress=lambda phase, _: asked.append(phase), stop=lambda: "folds" in asked)
    assert asked.count("folds") == 1
    assert not AIModel.objects.filter(name=LEARNED).exists()


def test_the_command_scores_and_keeps(stored: History, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("evaluate_regimes", *SPAN, "--json")
    printed = json.loads(capsys.readouterr().out)
    row = ModelPerformance.objects.get()
    assert row.detailed_metrics == printed
    assert row.model.name == REGIME_RULES.name
    assert row.sample_count == printed["bitcoin"]["scorecard"]["days"]
    assert printed["symbols"] == list(stored.symbols)
    figures = printed["bitcoin"]["learned"]
    assert figures["balanced_accuracy"] > 0.6
    assert figures["mean_length_days"] >= 20
    assert printed["gain"]["combined"][1] <= printed["gain"]["combined"][0] <= printed["gain"]["combined"][2]


@pytest.mark.full
def test_the_command_prints_a_table_and_says_the_same_again(
    stored: History, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        call_command("evaluate_regimes", *SPAN)
        assert "sma_50" in capsys.readouterr().out
    first, second = ModelPerformance.objects.order_by("id")
    assert first.detailed_metrics == second.detailed_metrics


@pytest.mark.django_db
def test_days_to_come_cannot_be_evaluated() -> None:
    with pytest.raises(InvalidInput, match="future"):
        call_command("evaluate_regimes", "--start", "2022-01-01", "--end", "2999-01-01")
