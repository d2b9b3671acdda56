"""The judgement of a market: by the rules, or by a trained version that may serve; the same live and in a replay."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from aimodels.choices import ModelType
from aimodels.services import ensure_rules, serving
from aimodels.services.activation import activate
from aimodels.services.model_health import broken_versions
from aimodels.services.registry import TrainedModel, register_trained
from assets.choices import Market
from assets.selectors import CandlePanel, MarketView
from assets.selectors.universe import Member, Universe
from cryptopredict.watching import require_usable
from macro.compute.regime import combine, hmm, learned, scorecard
from macro.compute.regime.combine import Judgement
from macro.compute.regime.features import NAMES, phase_features
from macro.compute.regime.phase import Parameters
from macro.rules import REGIME_RULES
from macro.services import versions
from macro.services.judging import bitcoin_evidence, judge_market
from macro.services.versions import LEARNED, keep_parameters, learned_in_force, stored_parameters
from system.exceptions import NoData

pytestmark = pytest.mark.django_db
END = datetime(2024, 6, 30, tzinfo=UTC)
DAY = 86400
BARS, LENGTH, COINS = 800, 830, 6
PROVEN = {"skill": 0.03, "skill_low": 0.01, "skill_high": 0.06}


@pytest.fixture(autouse=True)
def rules(settings: Any, tmp_path: Path) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path
    ensure_rules(REGIME_RULES)


@pytest.fixture(scope="module")
def closes() -> np.ndarray:
    generator = np.random.default_rng(12)
    market = np.repeat([0.004, -0.005, 0.003], [300, 300, 230])[:, None] + 0.02 * generator.standard_normal((LENGTH, 1))
    return 100 * np.exp(np.cumsum(market + 0.02 * generator.standard_normal((LENGTH, COINS)), axis=0))


def view_of(closes: np.ndarray, end: int, *, real: bool = True) -> MarketView:
    """What a run sees after ``end`` days: the last ``BARS`` candles."""
    as_of = END - timedelta(days=LENGTH - end)
    close = closes[max(0, end - BARS) : end]
    times = int(as_of.timestamp()) - DAY * np.arange(len(close), 0, -1)
    ids = np.arange(1, COINS + 1)
    volume = np.broadcast_to(np.arange(COINS, 0, -1) * 1e6, close.shape)
    panel = CandlePanel("1d", ids, times, close, close * 1.01, close * 0.99, close, volume)
    members = tuple(Member(int(pk), f"C{pk}", is_pegged=False) for pk in ids)
    return MarketView("1d", as_of, Universe(Market.REAL if real else Market.DEMO, members, 1, 2), panel)


@pytest.fixture(scope="module")
def trained() -> Parameters:
    generator = np.random.default_rng(5)
    features = np.concatenate([phase_features(learned.made_history(generator, 400))[80:] for _ in range(4)])
    labels = (np.nan_to_num(features[:, NAMES.index("average_50")]) > 0).astype(int)
    trees = learned.fit_trees(features, labels, {"max_depth": 3, "max_iter": 15, "min_samples_leaf": 20})
    hidden = hmm.HiddenMarkov(
        means=np.array([[0.6, 0.0, 0.5], [-0.6, 0.1, -0.5]]),
        variances=np.ones((2, 3)),
        transitions=np.array([[0.97, 0.03], [0.04, 0.96]]),
        bull=np.array([0.85, 0.15]),
    )
    return Parameters(trees, hidden, {"scorecard": 0.0, "hmm": 0.4, "learned": 0.6}, 0.5)


def put_into_force(parameters: Parameters, at: datetime) -> str:
    path = keep_parameters(parameters, {"trained_until": at.isoformat()})
    model = register_trained(
        TrainedModel(
            name=LEARNED, version="test", model_type=ModelType.MACRO, target="bull_phase", path=path,
            trained_from=at - timedelta(days=900), trained_until=at, samples=1, configuration={},
            metrics={"validation_scores": PROVEN},
        )
    )  # fmt: skip
    activate(model.pk, at=at, actor=None)
    return path


def check(found: Judgement) -> None:
    """What holds for every judgement."""
    assert sum(found.contributions.values()) == pytest.approx(found.direction)
    assert found.direction == pytest.approx(2 * found.phase[-1] - 1)
    assert found.probabilities[-1].sum() == pytest.approx(1)
    assert all(part.shape == found.probabilities.shape for part in found.components.values())
    lengths = {len(found.times), len(found.states), len(found.phase), len(found.probabilities)}
    assert len(lengths) == 1


def test_without_a_trained_version_the_rules_judge(closes: np.ndarray) -> None:
    found = judge_market(view_of(closes, LENGTH))
    check(found)
    assert found.model.name == REGIME_RULES.name
    assert found.components.keys() == {"scorecard"}
    names = np.array(scorecard.REGIMES)[found.states]
    assert (found.phase[250:270] > 0.5).all()
    assert (names[500:550] == "Bear").mean() > 0.8


def test_a_trained_version_judges_from_its_activation_on(closes: np.ndarray, trained: Parameters) -> None:
    at = END - timedelta(days=20)
    put_into_force(trained, at)
    found = judge_market(view_of(closes, LENGTH))
    check(found)
    assert found.model.name == LEARNED
    assert found.components.keys() == {"scorecard", "hmm", "learned"}
    assert {"hmm", "learned", "persistence"} == found.contributions.keys()
    assert judge_market(view_of(closes, LENGTH - 21)).model.name == REGIME_RULES.name
    assert judge_market(view_of(closes, LENGTH, real=False)).model.name == REGIME_RULES.name


def test_where_its_file_was_touched_the_rules_judge_and_it_is_said_once(
    closes: np.ndarray, trained: Parameters, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    serving.forget()
    path = tmp_path / "models" / put_into_force(trained, END - timedelta(days=20))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    for _ in range(2):
        assert judge_market(view_of(closes, LENGTH)).model.name == REGIME_RULES.name
    (told,) = [record for record in caplog.records if record.name == serving.__name__]
    assert "checksum" in told.message
    (broken,) = broken_versions(require_usable)
    assert broken.name == LEARNED


def test_a_version_comes_back_as_it_was(trained: Parameters, closes: np.ndarray) -> None:
    again = stored_parameters(keep_parameters(trained, {}))
    assert again.weights == trained.weights
    features = phase_features(closes[:, 0])
    assert trained.trees is not None
    assert again.trees is not None
    assert np.array_equal(
        learned.bull_probability(again.trees, features), learned.bull_probability(trained.trees, features)
    )
    assert learned_in_force(Market.REAL, END) is None


def test_a_version_that_saw_other_figures_is_not_used(trained: Parameters, monkeypatch: pytest.MonkeyPatch) -> None:
    path = keep_parameters(trained, {})
    monkeypatch.setattr(versions, "INPUTS", [*versions.INPUTS, "another"])
    with pytest.raises(NoData, match="other features"):
        stored_parameters(path)


@pytest.mark.parametrize("is_trained", [False, True])
def test_replay_is_live(closes: np.ndarray, trained: Parameters, is_trained: bool) -> None:
    """What a run says of its own moment is what the runs after it say of that moment, as long as their memory reaches
    before it; and the same run again says the same."""
    if is_trained:
        put_into_force(trained, END - timedelta(days=60))
    last = judge_market(view_of(closes, LENGTH))
    for end in (LENGTH - 25, LENGTH - 7, LENGTH):
        then, again = (judge_market(view_of(closes, end)) for _ in range(2))
        back = LENGTH - end + 1
        assert then.phase[-1] == last.phase[-back]
        assert np.array_equal(then.states, again.states)
        if is_trained:
            phases = combine.phases(then.phase), combine.phases(last.phase)
            assert phases[0][-1] == phases[1][-back]


def noisy(closes: np.ndarray, end: int) -> np.ndarray:
    shocks = np.exp(np.random.default_rng(1).standard_normal(closes[end:].shape))
    return np.concatenate([closes[:end], closes[end:] * shocks])


@pytest.mark.parametrize("change", [lambda closes, end: closes[:end], noisy])
def test_a_moment_knows_nothing_of_what_comes(
    closes: np.ndarray, trained: Parameters, change: Callable[[np.ndarray, int], np.ndarray]
) -> None:
    put_into_force(trained, END - timedelta(days=400))
    for end in (500, 777):
        ours, theirs = (judge_market(view_of(source, end)) for source in (closes, change(closes, end)))
        assert np.array_equal(ours.probabilities, theirs.probabilities, equal_nan=True)
        assert ours.contributions == theirs.contributions


@pytest.mark.parametrize(
    ("count", "moves", "words"),
    [(40, True, "needs 75 1d candles of Bitcoin before .*; there are 40"), (400, False, "did not move in the last 60")],
)
def test_no_regime_says_why(closes: np.ndarray, count: int, moves: bool, words: str) -> None:
    alone = np.column_stack([np.full(LENGTH, 7.0), np.full((LENGTH, COINS - 1), np.nan)])  # no breadth beside it
    view = view_of(closes if moves else alone, count)
    with pytest.raises(NoData, match=words):
        judge_market(view)


def test_evidence_is_computed_once_per_asset(closes: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bitcoin's own evidence serves both its regimes and its phase, and gives the same as one computed apart."""
    view, counted = view_of(closes, LENGTH), Mock(wraps=scorecard.evidence)
    monkeypatch.setattr(scorecard, "evidence", counted)
    found = judge_market(view)
    assert counted.call_count == COINS
    assert found.phase[-1] == judge_market(view_of(closes, LENGTH)).phase[-1]
    assert bitcoin_evidence(view) is view.figures["bitcoin_evidence"]
