"""Training and evaluation of the regimes on a small made market."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from aimodels.models import AIModel, ModelActivation, ModelPerformance
from aimodels.services import ensure_rules
from cryptopredict.management.commands import evaluate_regimes
from macro.compute.regime.phase import PARTS, Panel
from macro.rules import REGIME_RULES
from macro.selectors.daily import History
from macro.services import evaluation, training
from macro.services.versions import LEARNED, stored_parameters

FIRST, DAYS, COINS = (date(2019, 7, 1) - date(1970, 1, 1)).days, 1400, 6
END = datetime(2023, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path
    monkeypatch.setattr(training, "TREES", {"max_depth": 3, "max_iter": 15, "min_samples_leaf": 50})
    monkeypatch.setattr(evaluation, "train_trees", lambda: training.train_trees(histories=5))


@pytest.fixture(scope="module")
def history() -> History:
    generator = np.random.default_rng(2)
    drift = np.repeat(np.tile([0.006, -0.006], 5), DAYS // 10)[:, None]
    market = drift + 0.02 * generator.standard_normal((DAYS, 1))
    close = 100 * np.exp(np.cumsum(market + 0.015 * generator.standard_normal((DAYS, COINS)), axis=0))
    symbols = ("BTC", *(f"C{place}" for place in range(1, COINS)))
    return History(FIRST + np.arange(DAYS), symbols, Panel(close * 1.01, close * 0.99, close))


def test_a_fold_knows_nothing_of_its_own_days(history: History) -> None:
    trees = training.train_trees(histories=5)
    edges = training.yearly_edges(history)
    whole = list(training.walk(history, edges, trees))
    assert [str(evaluation._day(history.days[fold.start])) for fold in whole] == ["2022-01-01", "2023-01-01"]
    cut = history.until(whole[0].start + 40)
    part = next(training.walk(cut, [*edges[:3], int(cut.days[-1]) + 1], trees))
    assert part.start == whole[0].start
    for name in PARTS:
        ours = whole[0].parts[name][: len(part.parts[name])]
        assert np.array_equal(ours, part.parts[name], equal_nan=True)


def test_labels_are_those_that_were_fixed_then(history: History) -> None:
    for length in (600, 900):
        labels = training.labels_until(history.panel.close, length)
        assert (labels[-60:] == -1).all()
        assert {0, 1} <= set(labels[:-60].ravel())
        assert np.array_equal(labels, training.labels_until(history.until(length).panel.close, length))


@pytest.mark.django_db
@pytest.mark.parametrize("is_better", [True, False])
def test_only_a_better_version_is_put_into_force(
    history: History, monkeypatch: pytest.MonkeyPatch, is_better: bool
) -> None:
    monkeypatch.setattr(training, "daily_market", lambda _as_of: history)
    monkeypatch.setattr(training, "_gain", lambda *_: (0.02, 0.0 if is_better else -0.001, 0.05))
    done = training.train_regimes(END, histories=5)
    again = training.train_regimes(END, histories=5)
    assert (done.is_better, again.model) == (is_better, done.model)
    assert ModelActivation.objects.filter(model__name=LEARNED).count() == int(is_better)
    assert AIModel.objects.filter(name=LEARNED).count() == (3 if is_better else 1)
    assert stored_parameters(done.model.model_file_path or "").weights.keys() == set(PARTS)


@pytest.mark.django_db
def test_the_command_scores_and_keeps(
    history: History, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ensure_rules(REGIME_RULES)
    monkeypatch.setattr(evaluate_regimes, "daily_market", lambda _as_of: history)
    call_command("evaluate_regimes", "--start", "2022-01-01", "--end", "2023-04-01")
    assert "sma_50" in capsys.readouterr().out
    call_command("evaluate_regimes", "--start", "2022-01-01", "--end", "2023-04-01", "--json")
    printed = json.loads(capsys.readouterr().out)
    first, second = ModelPerformance.objects.order_by("id")
    assert first.detailed_metrics == second.detailed_metrics == printed
    assert first.model.name == REGIME_RULES.name
    figures = printed["bitcoin"]["learned"]
    assert figures["balanced_accuracy"] > 0.6
    assert figures["mean_length_days"] >= 20
    assert printed["gain"]["combined"][1] <= printed["gain"]["combined"][0] <= printed["gain"]["combined"][2]
