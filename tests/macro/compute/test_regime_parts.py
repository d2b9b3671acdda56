"""The parts of the judgement: blind to the future, of finite memory, and right by hand."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macro.compute.regime import combine, hmm, learned, phase
from macro.compute.regime.features import MEMORY, NAMES, phase_features

DAYS = 700
CUT_DAYS = 360
LONGEST = 260 + combine.HOLD
"""Candles after which nothing depends on how the series began."""
TREES = {"max_depth": 3, "max_iter": 12, "min_samples_leaf": 20}
HIDDEN = hmm.HiddenMarkov(
    means=np.array([[0.6, 0.1, 0.5], [-0.6, 0.2, -0.5], [0.0, -0.2, 0.0]]),
    variances=np.full((3, 3), 0.8),
    transitions=np.array([[0.95, 0.02, 0.03], [0.03, 0.94, 0.03], [0.05, 0.05, 0.9]]),
    bull=np.array([0.9, 0.1, 0.5]),
)


def market(seed: int, days: int = DAYS, coins: int = 5) -> phase.Panel:
    """Coins that share a market; the last one is listed late."""
    generator = np.random.default_rng(seed)
    common = 0.03 * generator.standard_normal((days, 1))
    close = 50 * np.exp(np.cumsum(common + 0.02 * generator.standard_normal((days, coins)), axis=0))
    close[: days // 3, -1] = np.nan
    return phase.Panel(close * 1.01, close * 0.99, close)


@pytest.fixture(scope="module")
def trees() -> learned.Trees:
    generator = np.random.default_rng(5)
    rows = [phase_features(learned.made_history(generator, 500))[100:] for _ in range(4)]
    features = np.concatenate(rows)
    labels = (features[:, 12] + generator.standard_normal(len(features)) > 0).astype(int)
    return learned.fit_trees(features, labels, TREES)


@pytest.fixture(scope="module")
def version(trees: learned.Trees) -> phase.Parameters:
    return phase.Parameters(trees, HIDDEN, {"scorecard": 0.2, "hmm": 0.3, "learned": 0.5}, 0.5)


def everything(version: phase.Parameters, panel: phase.Panel) -> dict[str, np.ndarray]:
    """Every figure of a judgement that has an element by candle."""
    breadth = phase.market_breadth(panel.close)
    parts = phase.part_phases(version, panel, breadth)
    together = phase.combined(version, parts)
    rules = np.full((len(breadth), 6), 1 / 6)
    chances = combine.refined(together[:, 0], rules)
    found = parts | {"together": together, "phases": combine.phases(together[:, 0]), "breadth": breadth}
    return found | {"refined": chances, "states": combine.states(chances)}


def cut(panel: phase.Panel, end: int, start: int = 0) -> phase.Panel:
    return phase.Panel(*(values[start:end] for values in (panel.high, panel.low, panel.close)))


def noisy(panel: phase.Panel, end: int) -> phase.Panel:
    """The same market up to ``end``, another one after it."""
    other = market(999, len(panel.close), panel.close.shape[1])
    return phase.Panel(
        *(
            np.concatenate([ours[:end], theirs[end:]])
            for ours, theirs in (
                (panel.high, other.high),
                (panel.low, other.low),
                (panel.close, other.close),
            )
        )
    )


def differing(version: phase.Parameters, cuts: list[int]) -> int:
    """Elements that change when the future is deleted or replaced by noise, over all cuts and figures."""
    panel = market(3, CUT_DAYS)
    whole = everything(version, panel)
    count = 0
    for end in cuts:
        for other in (cut(panel, end), noisy(panel, end)):
            for name, values in everything(version, other).items():
                same = (values[:end] == whole[name][:end]) | (np.isnan(values[:end]) & np.isnan(whole[name][:end]))
                count += int((~same).sum())
    return count


class TestNoLookAhead:
    def test_ten_cuts(self, version: phase.Parameters) -> None:
        cuts = np.random.default_rng(1).choice(np.arange(90, CUT_DAYS), 10, replace=False)
        assert differing(version, cuts.tolist()) == 0

    @pytest.mark.full
    def test_two_hundred_cuts(self, version: phase.Parameters) -> None:
        cuts = np.random.default_rng(2).choice(np.arange(90, CUT_DAYS), 200, replace=False)
        assert differing(version, cuts.tolist()) == 0

    def test_the_test_sees_a_look_ahead(self, version: phase.Parameters, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(phase, "market_breadth", lambda close: np.full(len(close), np.nanmean(close > close[-1])))
        assert differing(version, [300]) > 0


class TestFiniteMemory:
    """A run lifts a fixed number of candles: what it says at its end must not depend on what lies before."""

    @pytest.mark.parametrize("end", [560, DAYS])
    def test_the_last_candle_of_a_window_is_that_of_the_whole(self, version: phase.Parameters, end: int) -> None:
        panel = market(8)
        trained = phase.Parameters(version.trees, version.hidden, {"hmm": 0.4, "learned": 0.6}, 0.5)
        whole, part = (everything(trained, cut(panel, end, start)) for start in (0, end - LONGEST))
        for name in part:
            assert np.array_equal(part[name][-1], whole[name][end - 1], equal_nan=True), name

    def test_features_look_back_no_further_than_they_say(self) -> None:
        close = market(4).close[:, 0]
        whole = phase_features(close)
        assert whole.shape == (DAYS, len(NAMES))
        assert np.isfinite(whole[MEMORY:]).all()
        for end in (300, 512, DAYS):
            assert np.array_equal(phase_features(close[end - MEMORY : end])[-1], whole[end - 1])


class TestFeatures:
    def test_a_straight_rise_by_hand(self) -> None:
        """Every log return is 1 %, so the volatility is 1 % too, and 20 of them are √20 units."""
        close = np.exp(0.01 * np.arange(300))
        last = dict(zip(NAMES, phase_features(close)[-1], strict=True))
        assert last["return_5"] == pytest.approx(np.sqrt(5))
        assert last["return_20"] == 4.0  # cut
        assert last["below_high_60"] == 0
        assert last["since_high_60"] == 0
        assert last["since_low_60"] == pytest.approx(59 / 60)
        assert last["volatility_ratio"] == pytest.approx(0)
        assert last["reversal_3"] == 1

    def test_a_turn_needs_its_size(self) -> None:
        steps = np.concatenate([np.tile([0.03, -0.01], 100), np.full(2, -0.03)])
        last = dict(zip(NAMES, phase_features(np.exp(np.cumsum(steps)))[-1], strict=True))
        assert last["reversal_3"] == -1  # a fall of 0.07 against a volatility of 0.023
        assert last["reversal_8"] == 1

    def test_a_price_that_stands_still_has_none(self) -> None:
        features = phase_features(np.full(300, 7.0))
        ages = [place for place, name in enumerate(NAMES) if name.startswith("since")]
        assert np.isnan(np.delete(features, ages, axis=1)).all()


class TestTrees:
    def test_tables_answer_as_scikit_learn_does(self) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier

        generator = np.random.default_rng(0)
        features = generator.standard_normal((3000, 5))
        features[generator.random(features.shape) < 0.1] = np.nan
        labels = (np.nan_to_num(features[:, 0] * features[:, 1]) + 0.3 * features[:, 2] > 0).astype(int)
        model = HistGradientBoostingClassifier(random_state=0, early_stopping=False, max_iter=20)
        theirs = model.fit(features, labels).predict_proba(features)[:, 1]
        ours = learned.bull_probability(learned.fit_trees(features, labels, {"max_iter": 20}), features)
        assert np.abs(ours - theirs).max() < 1e-12
        assert ours.std() > 0.1

    def test_one_phase_teaches_nothing(self) -> None:
        with pytest.raises(ValueError, match="both phases"):
            learned.fit_trees(np.ones((10, 2)), np.ones(10, dtype=np.int64), {})

    def test_made_histories_are_repeatable_and_have_no_side(self) -> None:
        one, same = (learned.made_history(np.random.default_rng(3), 400) for _ in range(2))
        assert np.array_equal(one, same)
        generator = np.random.default_rng(4)
        ends = np.log([learned.made_history(generator, 400)[-1] for _ in range(300)])
        assert abs(ends.mean()) < 3 * ends.std() / np.sqrt(300)


class TestHiddenMarkov:
    def test_filtered_by_counting_every_path(self) -> None:
        """Over four candles: the chance of the last state is that of all paths that end in it."""
        seen = np.array([[0.5, 0.1, 0.4], [0.2, np.nan, -0.1], [-0.9, 0.3, -0.6], [-0.3, 0.0, -0.2]])
        likelihood = np.ones((4, 3))
        for row, state, column in product(range(4), range(3), range(3)):
            if np.isfinite(seen[row, column]):
                gap = seen[row, column] - HIDDEN.means[state, column]
                likelihood[row, state] *= np.exp(-0.5 * gap**2 / 0.8)
        start = hmm.long_run(HIDDEN.transitions)
        assert start @ HIDDEN.transitions == pytest.approx(start)
        chances = np.zeros(3)
        for path in product(range(3), repeat=4):
            weight = start[path[0]] * likelihood[0, path[0]]
            for step in range(1, 4):
                weight *= HIDDEN.transitions[path[step - 1], path[step]] * likelihood[step, path[step]]
            chances[path[-1]] += weight
        assert hmm.filtered(HIDDEN, seen)[-1] == pytest.approx(chances / chances.sum())

    def test_states_of_a_made_market_are_found(self) -> None:
        generator = np.random.default_rng(2)
        state = (np.arange(1500) // 100) % 2
        seen = np.where(state == 1, 0.8, -0.8)[:, None] + 0.5 * generator.standard_normal((1500, 3))
        fitted = hmm.fit_hmm([seen], [state.astype(np.int64)], states=2)
        assert ((hmm.bull_probability(fitted, seen) > 0.5) == state).mean() > 0.97

    def test_one_candle_less_gives_the_same_states(self) -> None:
        """The fit starts from the candles themselves, in order: no chance decides which states are found."""
        close = np.exp(np.cumsum(0.03 * np.random.default_rng(6).standard_t(4, 1200)))
        seen, labels = hmm.observations(close), np.arange(1200) // 90 % 2
        whole, less = (hmm.fit_hmm([seen[start:]], [labels[start:]]) for start in (79, 80))
        assert np.abs(whole.means - less.means).max() < 0.05
        assert (np.diff(whole.means.mean(axis=1)) > 0).all()

    def test_more_bear_days_do_not_colour_every_state(self) -> None:
        """Three days of four are bear days; a state that says nothing is even all the same."""
        generator = np.random.default_rng(3)
        labels = (np.arange(2000) % 4 == 0).astype(np.int64)
        fitted = hmm.fit_hmm([generator.standard_normal((2000, 3))], [labels])
        assert fitted.bull == pytest.approx(0.5, abs=0.1)

    def test_observations_by_hand(self) -> None:
        """Of returns +2 % and -1 % in turn the volatility is 1.58 %: the last five sum to 4 % or 1 %."""
        close = np.exp(np.cumsum(np.tile([0.02, -0.01], 100)))
        seen = hmm.observations(close)
        unit = np.sqrt((0.02**2 + 0.01**2) / 2)
        assert seen[-1] == pytest.approx(
            [0.01 / unit / np.sqrt(5), 0.05 / unit / np.sqrt(10), 0.10 / unit / np.sqrt(20)]
        )
        assert np.isfinite(seen[79:]).all()
        assert np.isnan(seen[:59]).all()
        assert np.isnan(hmm.observations(np.full(200, 7.0))).all()

    def test_too_few_candles_are_refused(self) -> None:
        with pytest.raises(ValueError, match="candles"):
            hmm.fit_hmm([np.ones((50, 3))], [np.ones(50, dtype=np.int64)])


class TestCombining:
    def test_smoothing_by_hand(self) -> None:
        chances = np.array([0.0, 1.0, np.nan, 1.0])
        found = combine.smoothed(chances, span=3)  # each day weighs half of the next
        assert found[:2] == pytest.approx([0, 2 / 3])
        assert np.isnan(found[2])
        assert found[3] == pytest.approx((1 + 0.25) / (1 + 0.25 + 0.125))

    def test_a_phase_holds_in_the_middle(self) -> None:
        chances = np.array([np.nan, 0.52, 0.6, 0.52, 0.46, 0.44, 0.5, 0.54, 0.56])
        assert combine.phases(chances, 0.05).tolist() == [-1, 1, 1, 1, 1, 0, 0, 0, 1]

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 10_000))
    def test_states_are_the_path_step_by_step(self, seed: int) -> None:
        generator = np.random.default_rng(seed)
        chances = generator.dirichlet(np.full(6, 0.7), 120)
        chances[generator.random(120) < 0.05] = np.nan
        present, expected = -1, []
        for row in chances:
            if not np.isfinite(row).all():
                present = -1
            elif present < 0 or row.max() > row[present] + combine.STAY:
                present = int(row.argmax())
            expected.append(present)
        assert combine.states(chances).tolist() == expected

    def test_a_phase_moves_the_regimes_its_way(self) -> None:
        rules = np.full((2, 6), 1 / 6)
        up, down = combine.refined(np.array([0.9, 0.1]), rules)
        assert up.sum() == pytest.approx(1)
        assert up[0] > up[2] > up[1]
        assert down[1] > down[2] > down[0]

    def test_a_part_that_knows_nothing_leaves_its_weight(self) -> None:
        parts = {"a": np.array([0.2, np.nan, np.nan]), "b": np.array([0.8, 0.8, np.nan])}
        assert combine.weighed(parts, {"a": 1, "b": 3})[:2] == pytest.approx([0.65, 0.8])
        assert np.isnan(combine.weighed(parts, {"a": 1, "b": 3})[2])

    def test_parts_that_beat_a_coin_weigh_alike(self) -> None:
        labels = np.tile([1, 0, 0], 50)
        right, wrong = np.where(labels == 1, 0.6, 0.4), np.where(labels == 1, 0.4, 0.6)
        bear, none = np.full(150, 0.1), np.full(150, np.nan)

        def weights(hidden: np.ndarray, trees: np.ndarray) -> tuple[float, ...]:
            found = phase.validated_weights({"scorecard": right, "hmm": hidden, "learned": trees}, labels)
            assert list(found) == ["scorecard", "hmm", "learned"]
            return tuple(found.values())

        assert weights(right, right) == (0, 0.5, 0.5)
        assert weights(wrong, right) == (0, 0, 1)
        assert weights(bear, right) == (0, 0, 1)  # right on two days of three, but on no bull day: a coin
        assert weights(none, right) == (0, 0, 1)
        assert weights(wrong, bear) == (1, 0, 0)
        with pytest.raises(ValueError, match="both phases"):
            phase.validated_weights({"hmm": right, "learned": right}, np.ones(150, dtype=np.int64))

    def test_breadth_needs_five(self) -> None:
        close = market(1, 120, 7).close
        assert np.isfinite(phase.market_breadth(close)[49:]).all()
        assert np.isnan(phase.market_breadth(close[:, :4])).all()
