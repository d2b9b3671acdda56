"""Other markets, liquidity, timeframes, guidance and sectors: values by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macro.compute.regime import appetite, guidance, participation
from macro.compute.regime.alignment import alignment
from macro.compute.regime.appetite import Tide, tide
from macro.compute.regime.guidance import Impact, SectorReturns, sector_impact
from macro.compute.regime.widening import widened


class TestAppetite:
    RISING = 100 * np.exp(np.cumsum(np.tile([0.012, -0.008], 150)))

    def test_pull_by_hand(self) -> None:
        """20 steps of 0.2 % on average, each 1 % away from it: z = 0.04 / (0.01 · √20)."""
        assert appetite.pull("SP500", self.RISING) == pytest.approx(np.tanh(0.04 / (0.01 * np.sqrt(20))), rel=1e-3)
        assert appetite.pull("SP500", np.full(100, 7.0)) == 0
        assert np.isnan(appetite.pull("SP500", self.RISING[: appetite.LEAST_VALUES - 1]))

    def test_fear_counts_by_its_level(self) -> None:
        assert appetite.pull("VIX", np.arange(1.0, 200)) == 1
        assert appetite.pull("VIX", np.append(np.arange(1.0, 200), 0.5)) == -1

    def test_yields_may_be_negative(self) -> None:
        assert appetite.pull("US10Y", np.linspace(-1, 1, 200)) > 0.9

    def test_a_rise_of_stocks_speaks_for_risk_and_of_the_dollar_against_it(self) -> None:
        found = tide({"SP500": self.RISING, "DXY": self.RISING}, appetite.RISK)
        assert found is not None
        assert found.score == 0
        assert found.parts["SP500"] == -found.parts["DXY"] > 0
        assert tide({"SP500": self.RISING}, appetite.RISK) is None
        assert tide({"SP500": self.RISING, "OIL": self.RISING}, appetite.RISK) is None

    @pytest.mark.parametrize(
        ("now", "before", "word"),
        [(0.3, None, "risk_on"), (-0.3, 0.1, "risk_off"), (0.2, -0.9, "mixed"), (0.3, -0.3, "transitioning")],
    )
    def test_words(self, now: float, before: float | None, word: str) -> None:
        assert appetite.appetite(Tide(now, {}), None if before is None else Tide(before, {})) == word

    def test_clear_needs_the_parts_to_agree(self) -> None:
        assert Tide(0.5, {"a": 0.9, "b": 0.9, "c": 0.9, "d": -0.7}).is_clear
        assert not Tide(0.4, {"a": 0.9, "b": -0.1}).is_clear
        assert not Tide(0.2, {"a": 0.2, "b": 0.2}).is_clear

    def test_stability(self) -> None:
        steps = 0.01 * np.random.default_rng(1).standard_normal((2, 260))
        coin = np.exp(np.cumsum(steps[0]))
        assert appetite.stability(coin, coin**2) == pytest.approx(1)
        assert appetite.stability(coin, np.exp(np.cumsum(steps[1]))) < 0.9
        assert np.isnan(appetite.stability(coin[:80], coin[:80]))
        assert np.isnan(appetite.stability(coin, np.ones(260)))


class TestParticipation:
    def test_illiquidity_is_a_move_per_dollar(self) -> None:
        found = participation.illiquidity(np.array([1.0, np.e, np.e]), np.array([5.0, 2.0, 0.0]))
        assert found[1] == pytest.approx(0.5)
        assert np.isnan(found[[0, 2]]).all()

    def test_much_volume_and_small_moves_are_liquid(self) -> None:
        steps = 0.01 * np.random.default_rng(2).standard_normal(300)
        volume = np.full(300, 1e6)
        loud, dead = volume.copy(), volume.copy()
        loud[-7:] *= 50
        dead[-7:] = 0
        close = np.exp(np.cumsum(steps))
        assert participation.liquidity(close, loud) == 1
        assert participation.liquidity(close, dead) == 0
        assert np.isnan(participation.liquidity(close[:50], volume[:50]))

    @pytest.mark.parametrize(
        ("score", "word"), [(0, "stressed"), (0.1, "tight"), (0.3, "normal"), (0.7, "abundant"), (1, "abundant")]
    )
    def test_words(self, score: float, word: str) -> None:
        assert participation.liquidity_word(score) == word

    def test_many_small_trades_are_retail(self) -> None:
        volume, trades = np.full(300, 1e6), np.linspace(1000, 1010, 300)
        crowd, few = trades.copy(), trades.copy()
        crowd[-7:] *= 10
        few[-7:] /= 10
        assert participation.retail_participation(volume, crowd) == 1
        assert participation.retail_participation(volume, few) == 0
        assert np.isnan(participation.retail_participation(volume, np.full(300, np.nan)))

    def test_whales_need_large_trades_and_a_large_move(self) -> None:
        steps = 0.01 * np.random.default_rng(3).standard_normal(300)
        steps[-1] = 0.05
        close, volume, trades = np.exp(np.cumsum(steps)), np.full(300, 1e6), np.linspace(1000, 1010, 300)
        volume[-1] = 5e6
        assert participation.whales_moved(close, volume, trades) is True
        assert participation.whales_moved(close, volume, trades * np.linspace(1, 9, 300)) is False
        steps[-1] = 0.0001
        assert participation.whales_moved(np.exp(np.cumsum(steps)), volume, trades) is False
        assert participation.whales_moved(close, volume, np.zeros(300)) is None

    def test_inflow(self) -> None:
        held = np.exp(np.cumsum(np.append(np.tile([0.01, -0.01], 50), [0.1] * 7)))
        assert participation.inflow(held) == 1
        assert np.isnan(participation.inflow(held[:20]))
        assert np.isnan(participation.inflow(np.zeros(100)))


class TestAlignment:
    def test_by_hand(self) -> None:
        found = alignment({"1h": 0.6, "1d": -0.2}, {"1h": 0.8, "1d": 0.4})
        assert found is not None
        assert found.consensus == pytest.approx(0.5)
        assert found.direction == pytest.approx(0.2)
        assert not found.agree

    def test_one_alone_agrees_with_nobody(self) -> None:
        assert alignment({"1h": 0.6}, {"1h": 0.8}) is None
        assert alignment({"1h": 0.0, "1d": 0.0}, {"1h": 0.5, "1d": 0.5}) is None
        with pytest.raises(ValueError, match="its phase"):
            alignment({"1h": 0.1}, {})

    @given(st.dictionaries(st.sampled_from(["1h", "4h", "1d", "1w"]), st.floats(0.01, 1), min_size=2))
    def test_all_one_way_is_full_consensus(self, pulls: dict[str, float]) -> None:
        for sign in (1, -1):
            found = alignment(
                {name: sign * pull for name, pull in pulls.items()}, dict.fromkeys(pulls, 0.5 + sign * 0.4)
            )
            assert found is not None
            assert found.consensus == pytest.approx(1)
            assert found.agree


class TestGuidance:
    def test_exposure_is_the_mean_over_the_probabilities(self) -> None:
        assert guidance.exposure({"Bull": 0.5, "Sideways": 0.5, "Bear": 0.0}) == pytest.approx(0.7)

    def test_clarity(self) -> None:
        assert guidance.clarity({"a": 1.0, "b": 0.0}) == 1
        assert guidance.clarity({"a": 0.5, "b": 0.5}) == 0

    @pytest.mark.parametrize(
        ("now", "typical", "clear", "factor"),
        [(0.4, 0.4, 1, 1), (0.8, 0.4, 1, 0.5), (0.4, 0.4, 0, 0.5), (0.01, 0.4, 1, 2), (9, 0.4, 0, 0.125)],
    )
    def test_risk_falls_with_volatility_and_doubt(
        self, now: float, typical: float, clear: float, factor: float
    ) -> None:
        assert guidance.risk_factor(now, typical, clear) == pytest.approx(factor)

    def test_without_volatility_there_is_no_factor(self) -> None:
        assert np.isnan(guidance.risk_factor(0, 0.4, 1))
        assert np.isnan(guidance.risk_factor(0.4, float("nan"), 1))

    @pytest.mark.parametrize(
        ("exposed", "factor", "word"),
        [
            (0.2, 1, "conservative"),
            (0.5, 1, "normal"),
            (0.8, 2, "aggressive"),
            (0.9, 1, "maximum"),
            (0.9, 0.5, "normal"),
        ],
    )
    def test_sizes(self, exposed: float, factor: float, word: str) -> None:
        assert guidance.sizing(exposed, factor) == word

    def test_a_breakout_is_traded_in_a_bull_market_only(self) -> None:
        assert guidance.strategy("Bull", has_breakout=True) == "breakout"
        assert guidance.strategy("Bull", has_breakout=False) == "trend_following"
        assert guidance.strategy("Bear", has_breakout=True) == "defensive"


class TestSectorImpact:
    TIMES = 3600 * np.arange(1, 101)

    def test_a_return_belongs_to_the_state_before_it(self) -> None:
        """State 1 in every second candle; the sector rises by 1 % ± 0.1 % after it, and falls otherwise."""
        states = np.tile([0, 1], 50)
        wobble = np.tile([0.001, 0.001, -0.001, -0.001], 25)
        returns = np.where(np.roll(states, 1) == 1, 0.01, -0.02) + wobble
        returns[0] = 5.0  # follows no candle that was judged
        one = sector_impact(SectorReturns(("DeFi",), self.TIMES, returns[:, None]), self.TIMES, states, 1)["DeFi"]
        assert isinstance(one, Impact)
        assert (one.count, one.word) == (49, "positive")
        assert one.mean == pytest.approx(0.01, abs=1e-4)
        spread = returns[2::2].std(ddof=1)
        assert one.t_value == pytest.approx(returns[2::2].mean() / (spread / 7))

    def test_too_few_are_counted_only(self) -> None:
        states = np.zeros(100, np.int64)
        states[:29] = 1
        sectors = SectorReturns(("DeFi", "Dead"), self.TIMES, np.column_stack([np.arange(100.0), np.ones(100)]))
        assert sector_impact(sectors, self.TIMES, states, 1) == {"DeFi": 29, "Dead": 29}
        assert sector_impact(sectors, self.TIMES, states, 0)["Dead"] == 70
        assert sector_impact(sectors, self.TIMES[:0], states[:0], 0) == {"DeFi": 0, "Dead": 0}

    def test_noise_is_neutral(self) -> None:
        returns = np.random.default_rng(6).standard_normal((100, 1))
        found = sector_impact(SectorReturns(("X",), self.TIMES, returns), self.TIMES, np.zeros(100, np.int64), 0)["X"]
        assert isinstance(found, Impact)
        assert found.word == "neutral"
        assert 0 <= found.strength < 0.9


class TestWidening:
    @given(st.lists(st.floats(0.01, 1), min_size=6, max_size=6), st.floats(0, 1))
    def test_the_order_stays_and_the_sum_too(self, weights: list[float], complete: float) -> None:
        chances = np.array(weights) / sum(weights)
        wide = widened(chances, complete)
        assert wide.sum() == pytest.approx(1)
        assert wide.max() <= chances.max() + 1e-12
        assert wide[chances.argmax()] == wide.max()

    def test_by_hand(self) -> None:
        assert widened(np.array([1.0, 0]), 0.8).tolist() == pytest.approx([0.9, 0.1])
        assert widened(np.array([1.0, 0]), 1).tolist() == [1, 0]
        with pytest.raises(ValueError, match="completeness"):
            widened(np.array([1.0, 0]), 1.1)
