"""The backtest told a second time, slowly: one candle after the other, one asset after the other, one order at a time.

It shares no line with the engine but the arithmetic of a single trade, which must be the same to compare with ``==``.
"""

import math
from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trading.compute.backtest.account import Account
from trading.compute.backtest.bars import Bars, Finer
from trading.compute.backtest.costs import MONTH, Costs
from trading.compute.backtest.orders import SLACK, Orders

NONE = float("nan")


@dataclass
class Position:
    """An order that was taken."""

    order: int
    column: int
    side: int
    fill_row: int
    fill: float
    inside: bool
    stop: float
    targets: list[float]
    shares: list[float]
    quantity: float
    price: float
    fee: float
    worth: float
    sector: str
    best: float = NONE
    exits: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    net_parts: dict[int, float] = field(default_factory=dict)
    assumed: bool = False
    is_paused: bool = False
    end_row: int = -1

    @property
    def left(self) -> float:
        return 1.0 - added(self.exits[j][2] if j in self.exits else 0.0 for j in range(len(self.shares) + 1))


def added(parts: Iterable[float]) -> float:
    """One after the other, as the engine does: since Python 3.12 ``sum`` makes up for what is rounded."""
    total = 0.0
    for part in parts:
        total += part
    return total


class Reference:
    """All orders on these bars."""

    def __init__(self, bars: Bars, orders: Orders, account: Account, costs: Costs, finer: Finer, *, pauses: bool):
        self.bars, self.orders, self.account, self.costs = bars, orders, account, costs
        self.finer, self.pauses = finer, pauses
        self.realised, self.invested = account.start, 0.0
        self.sector_worth: Counter[str] = Counter()
        self.open: list[Position] = []
        self.all: list[Position] = []
        self.refused: Counter[str] = Counter()
        self.volume: list[tuple[int, float]] = []
        self.done_orders: set[int] = set()
        self.tier = 0

    def run(self) -> "Reference":
        for row in range(self.bars.length):
            self.exits_at_open(row)
            self.entries(row, inside=False)
            self.entries(row, inside=True)
            self.withdraw(row)
            self.rest_of_candle(row)
        return self

    def withdraw(self, row: int) -> None:
        """Limits that wait and that a close makes invalid."""
        for i in range(len(self.orders)):
            if i in self.done_orders or not self.orders.row[i] < row <= self.orders.last[i]:
                continue
            close = self.candle(row, int(self.orders.column[i]))[3]
            if self.orders.direction[i] * (close - float(self.orders.invalid[i])) < 0:
                self.done_orders.add(i)

    def by_key(self) -> list[Position]:
        return sorted(self.open, key=lambda one: self.bars.keys[one.column])

    def candle(self, row: int, column: int) -> tuple[float, float, float, float]:
        return tuple(float(getattr(self.bars, name)[row, column]) for name in ("open", "high", "low", "close"))  # type: ignore[return-value]

    # exits -----------------------------------------------------------------------------------------------------------

    def exits_at_open(self, row: int) -> None:
        for one in self.by_key():
            opens = self.candle(row, one.column)[0]
            if math.isnan(opens):
                one.is_paused |= self.pauses
                continue
            if one.is_paused:
                continue
            if row >= self.orders.leave[one.order]:
                self.exit_rest(one, row, opens, 4)
                continue
            self.judge_open(one, row, opens)

    def judge_open(self, one: Position, row: int, opens: float) -> None:
        if one.side * (opens - one.stop) <= 0:
            self.exit_rest(one, row, opens, 0)
            return
        for j, target in enumerate(one.targets):
            if j not in one.exits and one.left > SLACK and one.side * (opens - target) >= 0:
                self.exit(one, j, row, opens, 1)

    def rest_of_candle(self, row: int) -> None:
        for one in self.by_key():
            opens, high, low, close = self.candle(row, one.column)
            if not math.isnan(opens) and not one.is_paused:
                if one.fill_row == row and not one.inside:
                    self.judge_open(one, row, opens)
                if one.left > SLACK:
                    self.judge_inside(one, row, high, low)
                invalid = float(self.orders.invalid[one.order])
                if one.left > SLACK and one.side * (close - invalid) < 0:
                    self.exit_rest(one, row, close, 3)
            if one.left > SLACK and row == self.orders.last[one.order] and not one.is_paused:
                known = [c for c in self.bars.close[: row + 1, one.column] if not math.isnan(c)]
                self.exit_rest(one, row, float(known[-1]), 2)
            if one.left > SLACK and not math.isnan(close):
                self.move_stop(one, close)

    def judge_inside(self, one: Position, row: int, high: float, low: float) -> None:
        inside = one.inside and row == one.fill_row
        hits, stopped, unclear = self.within(one, high, low, inside=inside)
        if unclear:
            told = self.ask(one, row, low, inside=inside)
            if told is not None:
                hits, stopped, mixed = told
                one.assumed |= mixed
            else:
                one.assumed = True
        for j in hits:
            self.exit(one, j, row, one.targets[j], 1)
        if stopped is not None and one.left > SLACK:
            self.exit_rest(one, row, stopped, 0)

    def within(self, one: Any, high: float, low: float, *, inside: bool) -> tuple[list[int], float | None, bool]:
        """Targets that were reached, the price of the stop if it was, and whether their order matters."""
        good, bad = (high, low) if one.side > 0 else (low, high)
        up = [j for j, t in enumerate(one.targets) if j not in one.exits and one.side * (good - t) >= 0]
        if one.side * (bad - one.stop) <= 0:
            return [], one.stop, bool(up)
        if not up:
            return [], None, False
        is_guarded = self.orders.to_entry[one.order] and not any(j < len(one.shares) for j in one.exits)
        came_back = one.side * (bad - one.fill) <= 0 and one.side * (one.fill - one.stop) > 0
        if is_guarded and came_back and one.left - one.shares[0] > SLACK:
            return ([], None, True) if inside else ([0], one.fill, True)
        return ([], None, True) if inside else (up, None, False)

    def ask(self, one: Position, row: int, low: float, *, inside: bool) -> tuple[list[int], float | None, bool] | None:
        """What the shorter candles say; None where they do not tell."""
        lines = self.finer(np.array([one.column]), np.array([row]))
        inner = copy(one)
        inner.exits = dict(one.exits)
        filled, hits, mixed = not inside, [], False
        stopped: float | None = None
        for opens, up, down in zip(*(line[0].tolist() for line in lines), strict=True):
            if math.isnan(opens):
                return None
            starts = False
            if not filled:
                zone = float(self.orders.zone[one.order])
                filled = one.side * ((down if one.side > 0 else up) - zone) <= 0
                starts = filled and one.side * (opens - zone) > 0
            if not filled:
                continue
            now, stopped, unclear = self.within(inner, up, down, inside=starts)
            mixed |= unclear
            for j in now:
                inner.exits[j] = (row, one.targets[j], one.shares[j])
                hits.append(j)
                if self.orders.to_entry[one.order]:
                    inner.stop = (max if one.side > 0 else min)(inner.stop, one.fill)
            if stopped is not None or inner.left <= SLACK:
                break
        is_over = stopped is not None or inner.left <= SLACK
        bad = low if one.side > 0 else float(self.bars.high[row, one.column])
        fits = is_over if one.side * (bad - one.stop) <= 0 else inside or bool(hits)
        return (hits, stopped, mixed) if filled and fits else None

    def move_stop(self, one: Position, close: float) -> None:
        trail, away = float(self.orders.trail[one.order]), float(self.orders.trail_away[one.order])
        better = max if one.side > 0 else min
        one.best = close if math.isnan(one.best) else better(one.best, close)
        if trail > 0:
            one.stop = better(one.stop, one.best * (1 - one.side * trail))
        if away > 0:
            one.stop = better(one.stop, one.best - one.side * away)

    def exit_rest(self, one: Position, row: int, price: float, reason: int) -> None:
        self.exit(one, len(one.shares), row, price, reason, share=one.left)

    def exit(self, one: Position, j: int, row: int, price: float, reason: int, share: float | None = None) -> None:
        share = one.shares[j] if share is None else share
        quantity = one.quantity * share
        if reason != 1:
            price *= 1 - one.side * self.slip(quantity * price, row, one.column)
        worth = quantity * price
        fee = worth * self.fee(row, worth, is_maker=reason == 1)
        one.exits[j] = (row, price, share, reason, fee)
        if reason == 1 and self.orders.to_entry[one.order]:
            one.stop = (max if one.side > 0 else min)(one.stop, one.fill)
        one.net_parts[j] = one.side * one.quantity * share * (price - one.price) - fee - 0.0
        self.realised += one.side * quantity * (price - one.price) - fee - 0.0
        self.invested -= one.worth * share
        if one.sector:
            self.sector_worth[one.sector] -= one.worth * share  # type: ignore[assignment]
        if one.left <= SLACK:
            one.end_row = row
            self.open.remove(one)

    # entries ---------------------------------------------------------------------------------------------------------

    def entries(self, row: int, *, inside: bool) -> None:
        orders, due = self.orders, []
        for i in range(len(orders)):
            if i in self.done_orders or not orders.row[i] < row <= orders.last[i]:
                continue
            column, side, zone = int(orders.column[i]), int(orders.direction[i]), float(orders.zone[i])
            opens, high, low, _close = self.candle(row, column)
            if math.isnan(opens):
                if self.pauses or math.isnan(zone):
                    self.done_orders.add(i)
                continue
            if self.left_before(i, row):
                self.done_orders.add(i)
                continue
            if math.isnan(zone):
                fill = opens if not inside else None
            elif not inside:
                fill = opens if side * (opens - zone) <= 0 else None
            else:
                fill = zone if side * ((low if side > 0 else high) - zone) <= 0 else None
            if fill is not None:
                self.done_orders.add(i)
                due.append((-orders.rank[i], self.bars.keys[column], -side, orders.row[i], i, fill))
        for *_, i, fill in sorted(due):
            self.enter(i, row, fill, inside=inside)

    def left_before(self, i: int, row: int) -> bool:
        """A signal to leave took effect before the order was filled."""
        return bool(row >= self.orders.leave[i])

    def enter(self, i: int, row: int, fill: float, *, inside: bool) -> None:  # noqa: C901, PLR0912
        orders, account = self.orders, self.account
        column, side, equity = int(orders.column[i]), int(orders.direction[i]), self.realised
        if any(one.column == column for one in self.open):
            self.refused["in_position"] += 1
            return
        if len(self.open) >= account.max_open:
            self.refused["max_open"] += 1
            return
        away = float(orders.stop_away[i]) + float(orders.stop_fraction[i]) * fill
        stop = float(orders.stop[i])
        if math.isnan(stop):
            stop = fill - side * away if away > 0 else -side * math.inf
        risk = side * (fill - stop)
        shares = orders.shares[i].tolist()
        targets = []
        for level, multiple in zip(orders.targets[i].tolist(), orders.target_r[i].tolist(), strict=True):
            if not math.isnan(level):
                targets.append(level)
            else:
                targets.append(side * math.inf if math.isnan(multiple) else fill + side * (multiple * risk))
        size = float(orders.size[i])
        if not math.isnan(size):
            wanted = equity * size
        elif account.risk is not None and math.isfinite(risk):
            wanted = equity * account.risk * fill / risk if risk > 0 else 0.0
        else:
            wanted = equity * account.share
        rate = self.costs.tiers[self.tier].taker
        free = (account.leverage * equity - self.invested) / (1 + max(rate, 0.0))
        limits = [(wanted, "size"), (equity * account.max_share, "max_share"), (free, "capital")]
        sector = ""
        for since, name in account.sectors.get(self.bars.keys[column], ()):
            sector = name if since <= self.bars.start + self.bars.step * row else sector
        if sector:
            limits.append((equity * account.max_sector - self.sector_worth[sector], "max_sector"))
        worth, limit = min(limits)
        if worth < account.least:
            self.refused[limit] += 1
            return
        zone, price = float(orders.zone[i]), fill
        is_maker = not math.isnan(zone) and (inside or row > orders.row[i] + 1)
        if not is_maker:
            price *= 1 + side * self.slip(worth, row, column)
            if side * (price - zone) > 0:
                price = zone
        fee = worth * self.fee(row, worth, is_maker=is_maker)
        one = Position(
            i, column, side, row, fill, inside, stop, targets, shares, worth / price, price, fee, worth, sector
        )
        self.realised -= fee
        self.invested += worth
        if sector:
            self.sector_worth[sector] += worth  # type: ignore[assignment]
        self.open.append(one)
        self.all.append(one)

    # costs -----------------------------------------------------------------------------------------------------------

    def slip(self, worth: float, row: int, column: int) -> float:
        slip, volume = self.costs.slippage, float(self.bars.volume[row, column])
        if slip.of_volume == 0:
            return min(slip.most, slip.fixed)
        return min(slip.most, slip.fixed + worth * (slip.of_volume / volume)) if volume > 0 else slip.most

    def fee(self, row: int, worth: float, *, is_maker: bool) -> float:
        now, tiers = row * self.bars.step, self.costs.tiers
        if len(tiers) > 1:
            recent = math.fsum(value for at, value in self.volume if at > now - MONTH)
            self.tier = max(k for k, tier in enumerate(tiers) if tier.volume <= recent)
        self.volume.append((now, worth))
        return tiers[self.tier].maker if is_maker else tiers[self.tier].taker

    def trade_list(self) -> list[tuple[Any, ...]]:
        """Every trade with all that it is made of."""
        found = []
        for one in self.all:
            net = NONE
            if one.end_row >= 0:
                net = added(one.net_parts.get(j, 0.0) for j in range(len(one.shares) + 1)) - one.fee
            exits = tuple((j, *one.exits[j]) for j in sorted(one.exits))
            found.append((one.order, one.fill_row, one.fill, one.inside, one.quantity, one.price, one.fee, exits,
                          one.end_row, one.assumed, net))  # fmt: skip
        return found
