"""Flows and dominance on the market caps of 200 coins in 2021: exact in every week, and no flow out of prices alone."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from assets.catalogue import symbols_by_name
from sectors.compute.index import chain_linked, changes, dominance
from sectors.compute.rotation import match, net_changes

DAYS, WEEK = 365, 7


def columns(path: Path) -> tuple[str, np.ndarray, np.ndarray]:
    """Symbol, price and market cap by day of 2021; NaN where unknown, and a cap of 0 is unknown."""
    values = np.full((2, DAYS), np.nan)
    symbol = ""
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            symbol = row.get("symbol", "").upper()
            day = (np.datetime64(row["date"][:10]) - np.datetime64("2021-01-01")).astype(int)
            if 0 <= day < DAYS and row["date"][11:19] in ("", "00:00:00"):
                for place, name in enumerate(("price_usd", "market_cap_usd")):
                    value = float(row[name] or "nan")
                    values[place, day] = value if value > 0 else np.nan
    return symbol, values[0], values[1]


@pytest.fixture(scope="module")
def market(shared: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prices and caps, shape (days, coins), and the parts of the coins in three sectors, shape (3, coins)."""
    found = [columns(path) for path in sorted((shared / "data/daily/coingecko-2021").glob("*.csv.gz"))]
    symbols = [symbol for symbol, _price, _cap in found]
    share = np.zeros((3, len(symbols)))
    with (shared / "data/sectors/coin-categories-2024-05.csv").open() as file:
        for row in csv.DictReader(file):
            symbol = symbols_by_name().get(row["coin_name"].lower(), row["coin_name"])
            if symbol in symbols:
                share[("defi", "layer-1", "meme").index(row["category"]), symbols.index(symbol)] = 1
    assert (share.sum(axis=1) >= 2).all()
    share /= np.maximum(share.sum(axis=0), 1)
    return np.column_stack([row[1] for row in found]), np.column_stack([row[2] for row in found]), share


def test_every_week_of_2021(market: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    price, cap, share = market
    moved = []
    for day in range(WEEK, DAYS):
        shares, rest = dominance(cap[day], share)
        assert shares.sum() + rest == pytest.approx(100, abs=1e-9)
        growth = price[day] / price[day - WEEK]
        net = net_changes(cap[day - WEEK], cap[day], growth, share)
        assert net is not None
        flows = match(net)
        assert flows.matrix.sum(axis=1) == pytest.approx(np.maximum(-net, 0), abs=1e-9)
        assert flows.matrix.sum(axis=0) == pytest.approx(np.maximum(net, 0), abs=1e-9)
        moved.append(flows.moved)
        still = net_changes(cap[day - WEEK], cap[day - WEEK] * growth, growth, share)
        assert still is not None
        assert match(still).moved == pytest.approx(0, abs=1e-9)
    assert np.median(moved) > 0
    assert max(moved) < 5, "in no week of that year did a twentieth of the market change sectors by new coins"


def test_an_index_by_cap_lies_between_its_members(market: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    price, cap, share = market
    change = changes(price)
    for part in share:
        members = np.flatnonzero(part)
        found = chain_linked(change[:, members], cap[:, members], np.tile(part[members], (DAYS, 1)))
        assert np.isfinite(found.level).all()
        assert found.by_cap[1:].mean() > 0.9
        moved = found.level[1:] / found.level[:-1] - 1
        assert (moved >= np.nanmin(change[1:, members], axis=1) - 1e-12).all()
        assert (moved <= np.nanmax(change[1:, members], axis=1) + 1e-12).all()
