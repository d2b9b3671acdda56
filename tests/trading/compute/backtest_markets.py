"""Made markets and orders for the backtest: a walk of shorter candles, put together to the candles that are traded."""

from typing import Any

import numpy as np

from trading.compute.backtest.account import Account
from trading.compute.backtest.bars import Bars, Finer
from trading.compute.backtest.costs import Costs, FeeTier, Slippage
from trading.compute.backtest.orders import FAR, Orders, orders

PARTS = 4
"""Shorter candles in one."""


def market(seed: int, *, length: int = 240, assets: int = 4, holes: float = 0.0) -> tuple[Bars, Finer]:
    """Candles of a walk that jumps now and then, and the shorter ones inside, of which a few are missing."""
    generator = np.random.default_rng(seed)
    shape = (length * PARTS, assets)
    steps = 0.01 * generator.standard_normal(shape) + 0.05 * generator.standard_t(3, shape) * (
        generator.random(shape) < 0.02
    )
    close = 100 * np.exp(np.cumsum(steps, axis=0))
    opens = np.vstack([np.full(assets, 100.0), close[:-1]]) * np.exp(0.003 * generator.standard_normal(shape))
    high = np.maximum(opens, close) * np.exp(0.004 * np.abs(generator.standard_normal(shape)))
    low = np.minimum(opens, close) * np.exp(-0.004 * np.abs(generator.standard_normal(shape)))
    opens, high, low, close = (np.round(line, 1) for line in (opens, high, low, close))
    whole = [line.reshape(length, PARTS, assets) for line in (opens, high, low, close)]
    lines = [whole[0][:, 0], whole[1].max(axis=1), whole[2].min(axis=1), whole[3][:, -1]]
    volume = 1e5 * np.exp(generator.standard_normal((length, assets)))
    gone = generator.random((length, assets)) < holes
    for line in (*lines, volume):
        line[gone] = np.nan
    inside_open, inside_high, inside_low = whole[0].copy(), whole[1].copy(), whole[2].copy()
    lost = generator.random((length, PARTS, assets)) < 0.05
    inside_open[lost] = inside_high[lost] = inside_low[lost] = np.nan

    def finer(columns: Any, rows: Any) -> tuple[Any, Any, Any]:
        return inside_open[rows, :, columns], inside_high[rows, :, columns], inside_low[rows, :, columns]

    keys = tuple(generator.permutation([f"A{number}" for number in range(assets)]).tolist())
    opens, high, low, close = lines
    return Bars(keys, 1_700_000_000 // 3600 * 3600, 3600, opens, high, low, close, volume), finer


def some_orders(bars: Bars, seed: int, *, count: int = 60) -> Orders:
    """Orders of every kind: at the market and limits, levels and distances, several targets, trailing, leaving."""
    generator = np.random.default_rng(seed)

    def maybe(share: float, values: Any) -> Any:
        return np.where(generator.random(count) < share, values, np.nan)

    column = generator.integers(0, len(bars.keys), count)
    row = np.sort(generator.integers(0, bars.length - 1, count))
    side = generator.choice([1, -1], count)
    price = np.nan_to_num(bars.known_close[row, column], nan=100.0)
    levels = int(generator.integers(0, 4))
    zone = np.round(price * (1 - side * generator.uniform(-0.01, 0.03, count)), 1)
    zone = maybe(0.4, zone)
    reference = np.where(np.isnan(zone), price, zone)
    way = np.maximum(reference * generator.uniform(0.01, 0.06, count), 0.4)
    stop = maybe(0.6, np.round(reference - side * way, 1))
    kind = generator.integers(0, 3, count)
    steps = np.cumsum(generator.uniform(0.5, 1.5, (count, levels)), axis=1)
    has_levels = (generator.random(count) < 0.5)[:, None]
    away = np.where(kind == 0, way, 0.0)
    fraction = np.where(kind == 1, generator.uniform(0.01, 0.06, count), 0.0)
    trails = generator.choice([0, 0, 0, 1, 2], count)
    has_stop = ~np.isnan(stop) | (kind < 2)
    return orders(
        column,
        row,
        side,
        last=np.where(generator.random(count) < 0.5, row + generator.integers(1, 60, count), FAR),
        leave=np.where(generator.random(count) < 0.5, row + generator.integers(1, 80, count), FAR),
        to_entry=generator.random(count) < 0.3,
        zone=zone,
        stop=stop,
        stop_away=away,
        stop_fraction=fraction,
        targets=np.where(has_levels, np.round(reference[:, None] + side[:, None] * steps * way[:, None], 1), np.nan),
        target_r=np.where(~has_levels & has_stop[:, None], steps, np.nan),
        shares=np.full((count, levels), generator.choice([0.25, 1 / 3, 0.3])) if levels else np.empty((count, 0)),
        trail=np.where(trails == 1, generator.uniform(0.005, 0.05, count), 0.0),
        trail_away=np.where(trails == 2, np.round(way, 1) + 0.1, 0.0),
        invalid=maybe(0.3, reference - side * reference * generator.uniform(0.0, 0.05, count)),
        rank=generator.integers(0, 3, count).astype(float),
        size=maybe(0.3, generator.uniform(0.05, 0.5, count)),
    )


def some_account(seed: int, keys: tuple[str, ...]) -> Account:
    """An account whose limits bind now and then."""
    generator = np.random.default_rng(seed)
    return Account(
        share=float(generator.uniform(0.1, 0.6)),
        risk=float(generator.uniform(0.005, 0.02)) if generator.random() < 0.5 else None,
        max_share=0.5,
        max_open=int(generator.integers(1, 5)),
        max_sector=0.6,
        leverage=float(generator.choice([1.0, 2.0])),
        sectors={
            keys[0]: ((0, "one"),),
            keys[1]: ((0, "one"), (1_700_000_000 + 80 * 3600, ""), (1_700_000_000 + 160 * 3600, "two")),
            keys[-1]: ((1_700_000_000 + 160 * 3600, "two"),),
        },
    )


COSTS = Costs(
    (FeeTier(0.0, 0.0008, 0.001), FeeTier(20_000.0, 0.0004, 0.0007), FeeTier(60_000.0, 0.0, 0.0004)),
    Slippage(fixed=0.0003, of_volume=0.1, most=0.02),
)
"""Fees that fall with the volume, and a price that gives way."""
