"""Declared warm-ups: where a value begins, and from where on it forgets what came before the first candle given."""

import numpy as np
import pytest

from assets.compute.indicators import indicators
from assets.compute.outputs import OUTPUTS, WARM_UP, known, warm_up
from tests.assets.compute.walks import Walk, still, walk

TOLERANCE = 1e-9
PERCENTAGES = ("RSI", "ADX", "PLUS", "MINUS", "STOCH")
PASTS = {
    "a thousand times higher": lambda past: past.scaled(1e3),
    "a thousand times lower": lambda past: past.scaled(1e-3),
    "a thousand times the volume": lambda past: Walk(past.high, past.low, past.close, 1e3 * past.volume),
    "one price": still,
    "like now": lambda past: past,
}


def deviation(name: str, values: np.ndarray, others: np.ndarray, close: np.ndarray) -> np.ndarray:
    """Difference in the unit that the tolerance is meant in; see ``outputs``."""
    if name.startswith(PERCENTAGES):
        unit = np.full(len(values), 100.0)
    else:
        unit = np.abs(values) if name in ("BB_bandwidth", "ATR_14", "volume_sma_20") else close
    return np.asarray(np.abs(values - others) / unit)


@pytest.mark.parametrize("name", OUTPUTS)
def test_first_value(name: str) -> None:
    found = indicators(*walk(300))[name]
    assert int(np.isfinite(found).argmax()) + 1 == OUTPUTS[name].defined
    assert np.isfinite(found[OUTPUTS[name].defined :]).all()


@pytest.mark.parametrize("past", PASTS)
@pytest.mark.parametrize("seed", range(4))
def test_settled_whatever_came_before(past: str, seed: int) -> None:
    common = walk(WARM_UP + 40, seed=seed)
    alone = indicators(*common)
    before = PASTS[past](walk(800, seed=100 + seed, last=common.close[0]))
    together = indicators(*before.then(common))
    for name, output in OUTPUTS.items():
        if output.settled is None:
            continue
        since = output.settled - 1
        found = deviation(name, alone[name], together[name][800:], common.close)[since:]
        assert found.max() <= TOLERANCE, name


def test_what_settles_late_does_not_settle_early() -> None:
    """The declared lengths are needed: half of them would not do."""
    common = walk(WARM_UP + 40)
    alone = indicators(*common)
    together = indicators(*walk(800, seed=9).scaled(1e3).then(common))
    for name in ("RSI_7", "RSI_14", "RSI_21", "EMA_12", "EMA_50", "EMA_200", "MACD", "MACD_signal", "ATR_14", "ADX_14"):
        half = (OUTPUTS[name].settled or 0) // 2
        assert deviation(name, alone[name], together[name][800:], common.close)[half] > TOLERANCE, name


def test_on_balance_volume_never_settles() -> None:
    common = walk(WARM_UP + 40)
    alone, together = indicators(*common)["OBV"], indicators(*walk(800, seed=9).then(common))["OBV"][800:]
    assert OUTPUTS["OBV"].settled is None
    assert not np.isclose(alone[-1], together[-1])
    assert np.diff(alone) == pytest.approx(np.diff(together), rel=1e-9)


def test_the_slowest_decides() -> None:
    assert warm_up(["SMA_20"]) == 20
    assert warm_up(["SMA_20", "EMA_200"]) == warm_up() == WARM_UP == 3194
    assert warm_up(["OBV"]) == 1


def test_unknown_names() -> None:
    assert known(["RSI_7", "OBV", "RSI_7"]) == ["RSI_7", "OBV"]
    with pytest.raises(ValueError, match="no such indicator: RSI_8; there are RSI_7, RSI_14"):
        known(["OBV", "RSI_8"])
    with pytest.raises(ValueError, match="none was named"):
        known([])
