"""Indicators: against their definitions, causal, and in the shape that is stored."""

import numpy as np
import pytest

from assets.compute.indicators import indicators, nested, rolling_vwap


@pytest.fixture(scope="module")
def candles() -> tuple[np.ndarray, ...]:
    generator = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(0.02 * generator.standard_normal(600)))
    spread = 1 + 0.01 * np.abs(generator.standard_normal(600))
    return close * spread, close / spread, close, 1e6 * generator.random(600)


def test_against_their_definitions(candles: tuple[np.ndarray, ...]) -> None:
    high, low, close, volume = candles
    found = indicators(*candles)
    assert found["SMA_50"][-1] == pytest.approx(close[-50:].mean(), rel=1e-12)
    middle, spread = close[-20:].mean(), close[-20:].std()
    assert found["BB_upper"][-1] == pytest.approx(middle + 2 * spread, rel=1e-9)
    assert found["BB_bandwidth"][-1] == pytest.approx(4 * spread / middle, rel=1e-9)
    lowest, highest = low[-14:].min(), high[-14:].max()
    raw = [
        100 * (close[i] - low[i - 13 : i + 1].min()) / (high[i - 13 : i + 1].max() - low[i - 13 : i + 1].min())
        for i in (597, 598, 599)
    ]
    assert lowest < highest
    assert found["STOCH_k"][-1] == pytest.approx(np.mean(raw), rel=1e-9)
    steps = np.sign(np.diff(close)) * volume[1:]
    assert found["OBV"][-1] == pytest.approx(volume[0] + steps.sum(), rel=1e-9)
    assert found["MACD_histogram"][-1] == pytest.approx(found["MACD"][-1] - found["MACD_signal"][-1], rel=1e-9)


def test_wilder_averages_by_recursion(candles: tuple[np.ndarray, ...]) -> None:
    high, low, close, _volume = candles
    ranges = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    average = ranges[:14].mean()
    for value in ranges[14:]:
        average = (13 * average + value) / 14
    moves = np.diff(close)
    gain, loss = np.maximum(moves, 0)[:14].mean(), np.maximum(-moves, 0)[:14].mean()
    for move in moves[14:]:
        gain, loss = (13 * gain + max(move, 0)) / 14, (13 * loss + max(-move, 0)) / 14
    found = indicators(*candles)
    assert found["ATR_14"][-1] == pytest.approx(average, rel=1e-9)
    assert found["RSI_14"][-1] == pytest.approx(100 * gain / (gain + loss), rel=1e-9)


@pytest.mark.parametrize("cut", [30, 201, 333, 598])
def test_no_indicator_sees_the_future(candles: tuple[np.ndarray, ...], cut: int) -> None:
    whole, part = indicators(*candles), indicators(*(line[: cut + 1] for line in candles))
    for name, values in part.items():
        assert np.array_equal(whole[name][: cut + 1], values, equal_nan=True), name


def test_refuses_holes_and_ragged_input(candles: tuple[np.ndarray, ...]) -> None:
    high, low, close, volume = candles
    broken = close.copy()
    broken[7] = np.nan
    with pytest.raises(ValueError, match="finite"):
        indicators(high, low, broken, volume)
    with pytest.raises(ValueError, match="differ in length"):
        indicators(high[1:], low, close, volume)


def test_vwap_by_hand() -> None:
    price, volume = np.array([10.0, 20.0, 40.0]), np.array([1.0, 3.0, 0.0])
    found = rolling_vwap(price, price, price, volume, 2)
    assert found == pytest.approx([np.nan, 17.5, 20.0], nan_ok=True)
    assert np.isnan(rolling_vwap(price, price, price, np.zeros(3), 2)).all()


def test_nested_leaves_out_what_is_not_known() -> None:
    values = {"RSI_14": 50.0, "SMA_200": np.nan, "MACD": 1.0, "MACD_signal": 0.5, "PLUS_DI_14": 20.0, "OBV": 7.0}
    assert nested(values) == {
        "RSI": {"14": 50.0},
        "MACD": {"value": 1.0, "signal": 0.5},
        "PLUS_DI": {"14": 20.0},
    }
