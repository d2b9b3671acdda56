"""What a backtest looks at: candles without shorter ones, and the coins of its window."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.factories import AssetFactory, add_candles
from tests.trading.backtesting import DAY, START, run
from tests.trading.test_signals import END
from trading.services.backtests.assumptions import assumptions_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
MINUTE = timedelta(minutes=1)


def test_minutes_have_no_shorter_candles() -> None:
    coin, first = AssetFactory(symbol="BTC"), datetime(2024, 1, 3, tzinfo=UTC)
    closes = 100 + np.cumsum(np.random.default_rng(3).standard_normal(240))
    add_candles(coin, closes.round(4), timeframe="1m", first=first)
    start, end = first + 30 * MINUTE, first + 240 * MINUTE
    done = run(timeframe="1m", start=start.isoformat(), end=end.isoformat())
    assert "stop_first" in {one["code"] for one in assumptions_of(done)}
    assert done.result.trades.order.size


def test_rules_run_on_what_traded_at_the_start_of_the_window() -> None:
    first = START - 40 * DAY
    lines = {"BTC": (0, 140), "DEAD": (0, 90), "LATE": (80, 140)}
    for symbol, (since, until) in lines.items():
        closes = 100 * np.exp(np.cumsum(0.02 * np.random.default_rng(len(symbol)).standard_normal(140)))[since:until]
        add_candles(AssetFactory(symbol=symbol), closes.round(6), timeframe="1d", first=first + since * DAY)
    assert run().result.bars.keys == ("BTC", "DEAD"), "what died counts, and nobody knew of what came later"
    early = run(start=(first - 9 * DAY).isoformat(), end=END.isoformat())
    assert early.result.bars.keys == ("BTC", "DEAD"), "before there was a market, its first moment counts"
    told = next(one for one in assumptions_of(early) if one["code"].startswith("traded_at"))
    assert told == {"code": "traded_at_first", "moment": (first + DAY).isoformat()}, "it does not say: at the start"
    assert f"{first + DAY:%Y-%m-%d %H:%M} UTC" in words_of(told)
