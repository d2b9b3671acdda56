"""No sequence of executions that were accepted breaks a limit, whatever eight processes do at once in the same
portfolios: executions, sales at a loss, all racing. Counted again afterwards, entry by entry, by plain sums that know
nothing of lots, positions or the code that checks.

60 sequences and three processes in the normal suite; 10,000 and eight with ``--full``. A sequence is the history of one
portfolio.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal, localcontext
from typing import Any

import pytest
from django.db import connections

from assets.models import Asset
from selection.compute.lots import EXACT
from selection.models import Portfolio
from tests.assets.other_process import addresses
from tests.cryptopredict.installation import ROOT
from tests.factories import AssetFactory, SectorFactory, SectorMappingFactory
from tests.trading.executing import D, funded, signal
from trading.models import ExecutionFill, TradeAction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
PROCESSES = 8
AT_ONCE = 100
"""Portfolios of a round; between rounds prices change."""
ZERO = Decimal(0)
RULES: dict[str, tuple[Any, ...]] = {
    "max_position_size": (None, D(500), D(2000)),
    "max_portfolio_risk": (None, D("0.005"), D("0.02")),
    "max_open_positions": (None, 1, 3),
    "max_leverage": (1, 2, 3),
    "max_asset_pct": (None, 5, 20.5),
    "max_sector_pct": (None, 8, 30),
    "daily_loss_limit_usd": (None, 4, 25),
    "daily_loss_limit_pct": (None, 0.05, 0.5),
}


def market() -> None:
    """Six coins of two sectors, each with a long and a short."""
    for sector in (SectorFactory(), SectorFactory()):
        for _ in range(3):
            asset = AssetFactory(current_price=D(100))
            SectorMappingFactory(asset=asset, sector=sector, is_primary_sector=True)
            signal(asset, stop_loss=D(80), target_price=D(150))
            signal(asset, signal_type="short", stop_loss=D(125), target_price=D(60))


def people(chance: random.Random, count: int) -> list[Portfolio]:
    """Portfolios with cash, each with limits of its own."""
    drawn = [{name: chance.choice(values) for name, values in RULES.items()} for _ in range(count)]
    return [funded("10000", **rules) for rules in drawn]


def at_once(deeds: list[dict[str, Any]]) -> Counter[str]:
    """What all of them did, by what came of it."""
    connections.close_all()
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/trading/executors.py")],
        cwd=ROOT,
        env=os.environ | addresses() | {"PYTHONPATH": str(ROOT)},
        input="\n".join(map(json.dumps, deeds)),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["failed"] for one in said if "failed" in one] == [], done.stderr
    assert (done.returncode, len({one["pid"] for one in said})) == (0, len(deeds)), done.stderr
    total: Counter[str] = Counter()
    for one in said:
        total.update(one["did"])
    return total


@pytest.mark.long
def test_no_accepted_sequence_breaks_a_limit(request: pytest.FixtureRequest) -> None:
    is_full = request.config.getoption("--full")
    chance = random.Random(7)  # noqa: S311 - choices
    market()
    total: Counter[str] = Counter()
    sequences, processes, steps = (10_000, PROCESSES, 2) if is_full else (60, 3, 5)
    for start in range(0, sequences, AT_ONCE):
        prices = {pk: D(chance.choice((90, 100, 110))) for pk in coins()}
        for pk, price in prices.items():
            Asset.objects.filter(pk=pk).update(current_price=price)
        portfolios = people(chance, min(AT_ONCE, sequences - start))
        keys = [one.pk for one in portfolios]
        deeds = [{"seed": f"{start}-{number}", "portfolios": keys, "steps": steps} for number in range(processes)]
        total += at_once(deeds)
        broken = [fault for one in portfolios for fault in faults(one, prices)]
        assert broken == []
    print(f"{sequences} sequences, {processes} processes: {dict(total)}")  # noqa: T201
    assert total["executed"] > sequences
    assert total["sold"] > sequences / 4
    assert RULES.keys() - total.keys() == set(), "a limit that never refused anything is not tested"


def coins() -> list[int]:
    return list(Asset.objects.exclude(symbol="USD").order_by("pk").values_list("pk", flat=True))


def faults(portfolio: Portfolio, prices: dict[int, Decimal]) -> list[str]:
    """Limits that were broken when an execution was accepted, by the entries in the order in which they were made."""
    entries = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio).select_related("portfolio_asset__asset")
    fills = dict(ExecutionFill.objects.filter(execution__user=portfolio.user).values_list("trade_action", "execution"))
    told = Told(portfolio, prices)
    found = []
    with localcontext(EXACT):
        for entry in entries.order_by("pk"):
            if entry.action_type in ("modify_sl", "modify_tp"):
                continue
            if entry.pk in fills:
                found += told.broken_by(entry)
            told.add(entry)
    return [f"{portfolio.pk}, entry {fault}" for fault in found]


class Told:
    """A portfolio as plain sums tell it."""

    def __init__(self, portfolio: Portfolio, prices: dict[int, Decimal]) -> None:
        profile = portfolio.user.risk_profile
        limits = dict(profile.risk_rules or {})
        limits |= {"max_position_size": profile.max_position_size, "max_portfolio_risk": profile.max_portfolio_risk}
        self.limits = {name: D(str(limit)) for name, limit in limits.items() if limit is not None}
        self.prices = prices
        self.sectors = dict(Asset.objects.filter(pk__in=prices).values_list("pk", "sector_mappings__sector"))
        self.cash_in = self.gained = ZERO
        self.held: dict[tuple[int, bool, Decimal], Decimal] = defaultdict(Decimal)
        self.risks: dict[int, Decimal] = defaultdict(Decimal)
        """Signal → what its entries lose at the stop."""
        self.sold: set[int] = set()
        """Assets of which something was sold, so that plain sums do not tell what is left of which signal."""

    def add(self, entry: TradeAction) -> None:
        if entry.action_type == "deposit":
            self.cash_in += entry.quantity
            return
        asset, is_short, _leverage = place = self.place(entry)
        sign = -1 if is_short else 1
        coins = entry.quantity if entry.action_type == "entry" else -entry.quantity
        self.gained += sign * coins * (self.prices[asset] - entry.asset_price) - (entry.fees_paid or ZERO)
        self.held[place] += coins
        if coins > 0:
            self.risks[entry.ai_signal_id or 0] += self.risk(entry)
        else:
            self.sold.add(asset)

    def risk(self, entry: TradeAction) -> Decimal:
        return entry.quantity * abs(entry.asset_price - (entry.stop_loss or ZERO))

    def place(self, entry: TradeAction) -> tuple[int, bool, Decimal]:
        position = entry.portfolio_asset
        return position.asset_id, position.asset_type == "Short Position", position.leverage_ratio or D(1)

    def exposure(self, asset: int) -> Decimal:
        held = sum((coins for place, coins in self.held.items() if place[0] == asset), ZERO)
        return held * self.prices[asset]

    def broken_by(self, entry: TradeAction) -> list[str]:
        """Limits that the entry breaks."""
        place = asset, _short, leverage = self.place(entry)
        amount, fee = entry.quantity * entry.asset_price, entry.fees_paid or ZERO
        earlier = ZERO if asset in self.sold else self.risks[entry.ai_signal_id or 0]
        risk = self.risk(entry) + fee + earlier
        worth = self.cash_in + self.gained - fee
        lost = max(ZERO, -self.gained)
        group = [other for other, sector in self.sectors.items() if sector == self.sectors[asset]]
        opened = sum(1 for coins in self.held.values() if coins) + (not self.held[place])
        in_asset, in_sector = self.exposure(asset) + amount, sum(map(self.exposure, group), ZERO) + amount
        values = {
            "max_position_size": in_asset,
            "max_portfolio_risk": risk / worth,
            "max_leverage": leverage,
            "max_open_positions": D(opened),
            "max_asset_pct": 100 * in_asset / worth,
            "max_sector_pct": 100 * in_sector / worth,
        }
        reached = {"daily_loss_limit_usd": lost, "daily_loss_limit_pct": 100 * lost / (worth + fee + lost)}
        broken = [name for name, limit in self.limits.items() if name in values and values[name] > limit]
        broken += [name for name, limit in self.limits.items() if name in reached and reached[name] >= limit]
        return [f"{entry.pk}: {name} {(values | reached)[name]} > {self.limits[name]}" for name in broken]
