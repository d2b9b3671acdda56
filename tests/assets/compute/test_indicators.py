"""Indicators: equal to TA-Lib and to their definitions, causal, many assets at once, in the shape that is stored."""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.compute.indicators import Slices, indicators, nested, on_slices, rolling_vwap, window_sum, with_indicators
from assets.compute.outputs import OUTPUTS
from tests.assets.compute.walks import Walk, still, walk

CUTS = 200


def by_talib(high: np.ndarray, low: np.ndarray, close: np.ndarray, volume: np.ndarray) -> dict[str, np.ndarray]:
    """Every output by TA-Lib alone."""
    found: dict[str, np.ndarray] = {}
    for n in (7, 14, 21):
        found[f"RSI_{n}"] = talib.RSI(close, n)
    for n in (20, 50, 100, 200):
        found[f"SMA_{n}"] = talib.SMA(close, n)
    for n in (12, 20, 26, 50, 100, 200):
        found[f"EMA_{n}"] = talib.EMA(close, n)
    found["MACD"], found["MACD_signal"], found["MACD_histogram"] = talib.MACD(close, 12, 26, 9)
    upper, middle, lower = talib.BBANDS(close, 20, 2.0, 2.0)
    found |= {"BB_upper": upper, "BB_middle": middle, "BB_lower": lower, "BB_bandwidth": (upper - lower) / middle}
    found["ATR_14"], found["ADX_14"] = talib.ATR(high, low, close, 14), talib.ADX(high, low, close, 14)
    found["PLUS_DI_14"], found["MINUS_DI_14"] = talib.PLUS_DI(high, low, close), talib.MINUS_DI(high, low, close)
    found["STOCH_k"], found["STOCH_d"] = talib.STOCH(high, low, close, 14, 3, talib.MA_Type.SMA, 3, talib.MA_Type.SMA)
    found["OBV"], found["volume_sma_20"] = talib.OBV(close, volume), talib.SMA(volume, 20)
    found["VWAP_20"] = talib.VWMA((high + low + close) / 3, volume, 20)
    return found


def side_by_side(walks: list[Walk]) -> Slices:
    offsets = np.cumsum([0, *(len(one.close) for one in walks)])
    return Slices(offsets, *(np.concatenate(lines) for lines in zip(*walks, strict=True)))


@pytest.fixture(scope="module")
def candles() -> Walk:
    return walk(600)


def test_equal_to_talib_for_every_output_and_many_assets() -> None:
    walks = [walk(n, seed=n).scaled(10.0 ** (n % 9 - 6)) for n in (1, 2, 5, 30, 199, 200, 201, 600, 1500)]
    walks[3:3] = [walk(0)]
    together = on_slices(side_by_side(walks))
    offsets = side_by_side(walks).offsets
    assert list(together) == list(OUTPUTS)
    for i, one in enumerate(walks):
        expected = by_talib(*one)
        for name, values in together.items():
            part = values[offsets[i] : offsets[i + 1]]
            np.testing.assert_allclose(part, expected[name], rtol=1e-9, atol=0, err_msg=f"{name} of {len(part)}")


def test_some_outputs_and_the_newest_candles_only() -> None:
    walks = [walk(n, seed=n) for n in (3, 300, 50)]
    whole, offsets = on_slices(side_by_side(walks)), side_by_side(walks).offsets
    some = on_slices(side_by_side(walks), ["OBV", "BB_bandwidth", "RSI_14"], bars=10)
    assert list(some) == ["OBV", "BB_bandwidth", "RSI_14"]
    assert side_by_side(walks).newest(10).tolist() == [0, 3, 13, 23]
    for name, values in some.items():
        newest = np.concatenate([whole[name][max(a, b - 10) : b] for a, b in pairwise(offsets)])
        assert np.array_equal(values, newest, equal_nan=True), name


class TestTable:
    def table(self, *lengths: int) -> pl.DataFrame:
        parts = []
        for asset_id, length in enumerate(lengths, 1):
            lines = dict(zip(("high", "low", "close", "volume"), walk(length, seed=asset_id), strict=True))
            parts.append(pl.DataFrame({"asset_id": [asset_id] * length, "number": range(length), **lines}))
        return pl.concat(parts)

    def test_indicators_stand_beside_their_candles(self) -> None:
        table = self.table(40, 7, 300)
        found = with_indicators(table)
        assert found.columns == [*table.columns, *OUTPUTS]
        assert found.select(table.columns).equals(table)
        for asset_id, length in ((1, 40), (2, 7), (3, 300)):
            alone = indicators(*walk(length, seed=asset_id))
            rows = found.filter(asset_id=asset_id)
            for name in OUTPUTS:
                np.testing.assert_array_equal(rows[name].to_numpy(), alone[name], err_msg=name)

    def test_the_newest_rows(self) -> None:
        table = self.table(40, 7, 300)
        found = with_indicators(table, ["ATR_14"], bars=10)
        assert found.equals(with_indicators(table, ["ATR_14"]).group_by("asset_id", maintain_order=True).tail(10))

    def test_an_empty_one(self) -> None:
        assert with_indicators(self.table(3).clear(), bars=5).columns[-1] == "BB_bandwidth"

    def test_holes_and_mixed_rows_are_refused(self) -> None:
        table = self.table(5, 5)
        with pytest.raises(ValueError, match="must stand together"):
            with_indicators(pl.concat([table, table.head(1)]))
        with pytest.raises(ValueError, match="volume 3 is not finite"):
            with_indicators(table.with_columns(volume=pl.when(pl.col("number") != 3).then("volume")))


def test_no_asset_and_assets_without_candles() -> None:
    nothing = on_slices(side_by_side([walk(0), walk(0)]))
    assert {len(values) for values in nothing.values()} == {0}


def test_no_indicator_sees_the_future(candles: Walk) -> None:
    whole, generator = indicators(*candles), np.random.default_rng(1)
    for cut in generator.choice(np.arange(1, 600), CUTS, replace=False):
        noise = walk(600 - cut, seed=int(cut)).scaled(float(generator.uniform(0.01, 100)))
        for part in (candles.cut(cut), candles.cut(cut).then(noise)):
            found = indicators(*part)
            different = [n for n in OUTPUTS if not np.array_equal(whole[n][:cut], found[n][:cut], equal_nan=True)]
            assert not different, cut


def test_the_unit_of_the_price_changes_nothing(candles: Walk) -> None:
    """Tokens trade at 8e-11 USD; a library that takes small numbers for zero would go wrong there."""
    plain = indicators(*candles)
    for factor in (2.0**-40, 1e-9, 8e-13, 1e6):
        found = indicators(*candles.scaled(factor))
        for name, values in plain.items():
            in_usd = name.startswith(("SMA", "EMA", "MACD", "BB", "ATR", "VWAP")) and name != "BB_bandwidth"
            expected = values * factor if in_usd else values
            scale = np.nanmax(np.abs(expected))
            np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-12 * scale, err_msg=name)


def test_against_their_definitions(candles: Walk) -> None:
    high, low, close, volume = candles
    found = indicators(*candles)
    assert found["SMA_50"][-1] == pytest.approx(close[-50:].mean(), rel=1e-12)
    middle, spread = close[-20:].mean(), close[-20:].std()
    assert found["BB_upper"][-1] == pytest.approx(middle + 2 * spread, rel=1e-9)
    assert found["BB_bandwidth"][-1] == pytest.approx(4 * spread / middle, rel=1e-9)
    raw = [
        100 * (close[i] - low[i - 13 : i + 1].min()) / (high[i - 13 : i + 1].max() - low[i - 13 : i + 1].min())
        for i in (597, 598, 599)
    ]
    assert found["STOCH_k"][-1] == pytest.approx(np.mean(raw), rel=1e-9)
    steps = np.sign(np.diff(close)) * volume[1:]
    assert found["OBV"][-1] == pytest.approx(volume[0] + steps.sum(), rel=1e-9)
    assert found["MACD_histogram"][-1] == pytest.approx(found["MACD"][-1] - found["MACD_signal"][-1], rel=1e-9)


def test_wilder_averages_by_recursion(candles: Walk) -> None:
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


class TestFlatPrices:
    def test_oscillators_have_no_value_and_bands_close(self) -> None:
        flat = np.full(300, 0.3)
        found = indicators(flat, flat, flat, np.zeros(300))
        without = {name for name, values in found.items() if np.isnan(values).all()}
        oscillators = {"RSI_7", "RSI_14", "RSI_21", "ADX_14", "PLUS_DI_14", "MINUS_DI_14", "STOCH_k", "STOCH_d"}
        assert without == oscillators | {"VWAP_20"}
        assert found["BB_upper"][-1] == pytest.approx(0.3, rel=1e-12)
        assert found["BB_bandwidth"][-1] == pytest.approx(0, abs=1e-12)
        assert found["ATR_14"][-1] == 0

    def test_they_begin_with_the_first_movement(self, candles: Walk) -> None:
        flat = still(candles.cut(1).then(candles.cut(59)).scaled(candles.close[0] / candles.close[58]))
        found = indicators(*flat.then(candles))
        expected = by_talib(*flat.then(candles))
        moved = 60 + int((candles.close != candles.close[0]).argmax())
        assert np.isnan(found["RSI_14"][:moved]).all()
        np.testing.assert_array_equal(found["RSI_14"][moved:], expected["RSI_14"][moved:])
        assert np.isnan(found["ADX_14"][:60]).all()
        np.testing.assert_array_equal(found["ADX_14"][60:], expected["ADX_14"][60:])

    def test_a_flat_stretch_silences_the_stochastic_only_while_it_fills_a_window(self, candles: Walk) -> None:
        lines = [line.copy() for line in candles]
        for line in lines[:3]:
            line[100:120] = candles.close[100]
        found, expected = indicators(*lines), by_talib(*lines)
        # Full windows end at candles 113 to 119; %K averages three of them, %D three of %K.
        assert np.flatnonzero(np.isnan(found["STOCH_k"][20:])).tolist() == list(range(93, 102))
        assert np.flatnonzero(np.isnan(found["STOCH_d"][20:])).tolist() == list(range(93, 104))
        known = np.isfinite(found["STOCH_k"])
        np.testing.assert_array_equal(found["STOCH_k"][known], expected["STOCH_k"][known])
        np.testing.assert_array_equal(found["RSI_14"], expected["RSI_14"])

    def test_a_line_that_rises_by_its_close_is_not_flat(self) -> None:
        rising = np.arange(100, 140, dtype=float)
        found = indicators(rising, rising, rising, np.ones(40))
        assert found["RSI_14"][-1] == 100
        assert found["STOCH_k"][-1] == pytest.approx(100)


class TestRefused:
    @pytest.mark.parametrize("place", range(4))
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_holes(self, candles: Walk, place: int, value: float) -> None:
        lines = [line.copy() for line in candles]
        lines[place][7] = value
        name = ("high", "low", "close", "volume")[place]
        with pytest.raises(ValueError, match=f"{name} 7 is not finite; leave out the missing candles"):
            indicators(*lines)

    def test_ragged(self, candles: Walk) -> None:
        high, low, close, volume = candles
        with pytest.raises(ValueError, match="differ in length"):
            indicators(high[1:], low, close, volume)

    @pytest.mark.parametrize("offsets", [[0, 599], [1, 600], [0, 400, 300, 600]])
    def test_slices_that_do_not_cover(self, candles: Walk, offsets: list[int]) -> None:
        with pytest.raises(ValueError, match="offsets must rise"):
            Slices(np.array(offsets), *candles)


def test_vwap_by_hand() -> None:
    price, volume = np.array([10.0, 20.0, 40.0]), np.array([1.0, 3.0, 0.0])
    found = rolling_vwap(price, price, price, volume, 2)
    assert found == pytest.approx([np.nan, 17.5, 20.0], nan_ok=True)
    assert np.isnan(rolling_vwap(price, price, price, np.zeros(3), 2)).all()


def test_vwap_keeps_nothing_of_what_has_left_its_window(candles: Walk) -> None:
    volume = np.concatenate([np.full(300, 1e25), np.zeros(30), np.full(270, 1e-3)])
    found = rolling_vwap(candles.high, candles.low, candles.close, volume, 20)
    alone = rolling_vwap(candles.high[330:], candles.low[330:], candles.close[330:], volume[330:], 20)
    assert np.isnan(found[319:330]).all()
    np.testing.assert_array_equal(found[349:], alone[19:])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=80), st.data())
def test_window_sum_sums_windows(numbers: list[int], data: Any) -> None:
    period = data.draw(st.integers(1, len(numbers)))
    found = window_sum(np.array(numbers, dtype=float), period)
    assert found.tolist() == [sum(numbers[i : i + period]) for i in range(len(numbers) - period + 1)]


def test_nested_leaves_out_what_is_not_known() -> None:
    values = {"RSI_14": 50.0, "SMA_200": np.nan, "MACD": 1.0, "MACD_signal": 0.5, "PLUS_DI_14": 20.0, "OBV": 7.0}
    assert nested(values) == {
        "RSI": {"14": 50.0},
        "MACD": {"value": 1.0, "signal": 0.5},
        "PLUS_DI": {"14": 20.0},
    }
