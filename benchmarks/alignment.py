"""Do daily series of other sources land on the right day? Their closes against the exchange's; figures that mislead.

No speed is measured and there is no peer: the limit is the data. Run it with the folder of market data (default: the
one beside the checkout). Prints ``name: figure`` lines; medians are over all coins and days that both sources have.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from assets.compute.checks import LINE
from macro.compute.funding import annualised, intervals
from macro.compute.values import DAY, ValueRule, check_values

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
COINS = {
    "bitcoin": "BTCUSDT",
    "bitcoin-cash": "BCHUSDT",
    "binancecoin": "BNBUSDT",
    "ethereum": "ETHUSDT",
    "chainlink": "LINKUSDT",
    "litecoin": "LTCUSDT",
    "solana": "SOLUSDT",
    "tron": "TRXUSDT",
    "ripple": "XRPUSDT",
}
"""CoinGecko's id and the exchange's pair, of all coins with daily candles of the exchange."""
CHAINS = {"btc": "BTCUSDT", "bch": "BCHUSDT", "eth": "ETHUSDT", "link": "LINKUSDT",
          "ltc": "LTCUSDT", "trx": "TRXUSDT", "xrp": "XRPUSDT"}  # fmt: skip
"""Coin Metrics' name and the exchange's pair."""
COINGECKO_PRICE = ValueRule("date", "price_usd", dated_next_day=True)
COINGECKO_CAP = ValueRule("date", "market_cap_usd", zero_is_unknown=True, dated_next_day=True)
COINMETRICS_PRICE = ValueRule("time", "PriceUSD")
FUNDING = ValueRule("funding_time", "funding_rate", known_after=timedelta(0), is_jittery=True)


def values(path: Path, rule: ValueRule) -> pl.DataFrame:
    """The values of a column of a file, on the days that the product puts them on."""
    raw = pl.read_csv(path, infer_schema=False, row_index_name=LINE, row_index_offset=2)
    return check_values(raw.select(LINE, time=rule.time, value=rule.value), rule, NOW).sound


def differences(data: Path, coins: dict[str, str], folder: str, rule: ValueRule, shift: timedelta) -> np.ndarray:
    """How far a source's daily prices are from the exchange's closes, percent, with all its days moved by ``shift``."""
    return np.concatenate(list(_by_coin(data, coins, folder, rule, shift)))


def _by_coin(data: Path, coins: dict[str, str], folder: str, rule: ValueRule, shift: timedelta) -> Iterator[np.ndarray]:
    for name, pair in coins.items():
        theirs, candles = data / folder / f"{name}.csv.gz", data / "candles/binance-spot-daily" / f"{pair}-1d.csv.gz"
        if theirs.exists() and candles.exists():
            days = values(theirs, rule).with_columns(pl.col("observed_at") + shift)
            closes = values(candles, ValueRule("candle_time", "close"))
            both = days.join(closes, on="observed_at")
            price, close = (both[column].cast(pl.Float64).to_numpy() for column in ("value", "value_right"))
            yield 100 * np.abs(price / close - 1)


def zero_caps(data: Path, coin: str) -> tuple[int, int, int]:
    """Of a coin's days: all, those sent with a market cap of 0, and those that keep a market cap."""
    path = data / "daily/coingecko-2021" / f"{coin}.csv.gz"
    sent = pl.read_csv(path, infer_schema=False)["market_cap_usd"].cast(pl.Float64)
    return len(sent), int((sent == 0).sum()), values(path, COINGECKO_CAP).height


def funding(data: Path, pair: str) -> tuple[np.ndarray, np.ndarray]:
    """Moments (seconds since 1970) and rates of a perpetual's charges."""
    found = values(data / "derivatives/funding" / f"{pair}.csv.gz", FUNDING)
    return found["observed_at"].dt.epoch("s").to_numpy(), found["value"].cast(pl.Float64).to_numpy()


def main(data: Path) -> None:
    sources = {
        "coingecko": (COINS, "daily/coingecko-2021", COINGECKO_PRICE),
        "coinmetrics": (CHAINS, "noncommercial/daily-coinmetrics", COINMETRICS_PRICE),
    }
    for name, (coins, folder, rule) in sources.items():
        bitcoin = {coin: pair for coin, pair in coins.items() if pair == "BTCUSDT"}
        for moved, shift in (("on_our_day", timedelta(0)), ("one_day_later", DAY), ("one_day_earlier", -DAY)):
            one, found = (differences(data, wanted, folder, rule, shift) for wanted in (bitcoin, coins))
            print(f"{name}_bitcoin_{moved}: {np.median(one):.2f} % ({len(one)} days)")
            print(f"{name}_all_{moved}: {np.median(found):.2f} % ({len(found)} days of {len(coins)} coins)")
    days, zeros, kept = zero_caps(data, "shiba-inu")
    print(f"shib_zero_caps: {zeros} of {days} days sent, {zeros - (days - 1 - kept)} stored")
    times, rates = funding(data, "SOLUSDT")
    hours = intervals(times)
    hot = np.flatnonzero(hours == 2)
    for label, place in (("first", hot[0]), ("last", hot[-1])):
        print(f"sol_{label}_2_hourly_charge: {datetime.fromtimestamp(int(times[place]), UTC):%Y-%m-%d %H:%M}")
    real, fixed = annualised(rates, times)[hot], 100 * rates[hot] * 3 * 365
    print(f"sol_funding_by_its_interval: {real.mean():.1f} % a year ({len(hot)} charges every 2 hours)")
    print(f"sol_funding_by_8_hours: {fixed.mean():.1f} % a year (the same charges, were they 8-hourly)")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
