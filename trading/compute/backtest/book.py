"""The account on its way through all fills and exits, one by one. Plain numbers in lists: this is the one loop over
trades, and numpy is slow at single numbers."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isnan

from trading.compute.backtest.account import Account
from trading.compute.backtest.costs import MONTH, Costs

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Fills:
    """Orders that were filled. ``way``: to the stop, USD, NaN without one; ``limit``: price that none pays more than,
    NaN without one; ``impact``: of the price, per USD; ``sector``: of the asset then, empty = none."""

    column: list[int]
    side: list[int]
    row: list[int]
    price: list[float]
    way: list[float]
    size: list[float]
    limit: list[float]
    is_maker: list[bool]
    impact: list[float]
    sector: list[str]


@dataclass(frozen=True, slots=True)
class Exits:
    """Their exits. ``fill``: place among the fills; ``paid``: funding, USD per coin."""

    fill: list[int]
    row: list[int]
    price: list[float]
    share: list[float]
    is_maker: list[bool]
    is_last: list[bool]
    impact: list[float]
    paid: list[float]


class Book:
    """What was taken, at what price, and what each exit brought; NaN where nothing was.

    Attributes:
        quantity, equity, price, fee: of each fill.
        exit_price, exit_fee, exit_funding: of each exit.
        refused: reasons, counted.
    """

    __slots__ = (
        "account", "busy", "by_sector", "costs", "equity", "exit_fee", "exit_funding", "exit_price", "exits", "fee",
        "fills", "invested", "is_tiered", "maker", "open", "price", "quantity", "realised", "refused", "since", "step",
        "taker", "times", "until", "volume", "worth", "worths",
    )  # fmt: skip

    def __init__(
        self, account: Account, costs: Costs, keys: Sequence[str], fills: Fills, exits: Exits, *, step: int
    ) -> None:
        self.account, self.costs, self.fills, self.exits, self.step = account, costs, fills, exits, step
        self.realised, self.invested, self.open = account.start, 0.0, 0
        self.busy = [False] * len(keys)
        self.by_sector: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        # Two queues of numbers: pairs would be objects that the garbage collector goes through again and again.
        self.times: deque[int] = deque()
        self.worths: deque[float] = deque()
        self.volume, self.is_tiered = 0.0, len(costs.tiers) > 1
        self._choose_tier()
        count, leaving = len(fills.column), len(exits.fill)
        self.quantity, self.equity, self.price, self.fee = ([NAN] * count for _ in range(4))
        self.worth = [0.0] * count
        self.exit_price, self.exit_fee, self.exit_funding = ([NAN] * leaving for _ in range(3))

    def run(self, events: list[int]) -> None:
        """Go through all of them in their order.

        Args:
            events: fills and exits; an exit as its place, a fill as its place less the number of fills.
        """
        count, worth, fills = len(self.quantity), self.worth, self.exits.fill
        enter, leave = self.enter, self.leave
        for event in events:
            if event < 0:
                enter(event + count)
            elif worth[fills[event]]:
                leave(event)

    def enter(self, place: int) -> None:
        """Take a fill, if there is room."""
        fills, account = self.fills, self.account
        column, equity = fills.column[place], self.realised
        if self.busy[column]:
            self.refused["in_position"] += 1
            return
        if self.open >= account.max_open:
            self.refused["max_open"] += 1
            return
        worth, limit = self._wanted(place), "size"
        most = equity * account.max_share
        if most < worth:
            worth, limit = most, "max_share"
        free = (account.leverage * equity - self.invested) / (1 + max(self.taker, 0.0))
        if free < worth:
            worth, limit = free, "capital"
        sector = fills.sector[place]
        if sector:
            left = equity * account.max_sector - self.by_sector[sector]
            if left < worth:
                worth, limit = left, "max_sector"
        if worth < account.least:
            self.refused[limit] += 1
            return
        self._take(place, column, sector, worth)

    def _wanted(self, place: int) -> float:
        account, size, way = self.account, self.fills.size[place], self.fills.way[place]
        if not isnan(size):
            return self.realised * size
        if account.risk is not None and not isnan(way):
            return self.realised * account.risk * self.fills.price[place] / way if way > 0 else 0.0
        return self.realised * account.share

    def _take(self, place: int, column: int, sector: str, worth: float) -> None:
        fills, slip = self.fills, self.costs.slippage
        price = fills.price[place]
        if self.is_tiered:
            self._count(fills.row[place], worth)
        if fills.is_maker[place]:
            fee = worth * self.maker
        else:
            price *= 1 + fills.side[place] * min(slip.most, slip.fixed + worth * fills.impact[place])
            limit = fills.limit[place]
            if not isnan(limit):
                price = min(price, limit) if fills.side[place] > 0 else max(price, limit)
            fee = worth * self.taker
        self.equity[place] = self.realised
        self.quantity[place], self.price[place], self.fee[place] = worth / price, price, fee
        self.worth[place] = worth
        self.realised -= fee
        self.invested += worth
        self.open += 1
        self.busy[column] = True
        if sector:
            self.by_sector[sector] += worth  # type: ignore[assignment]

    def leave(self, place: int) -> None:
        """An exit of what was taken."""
        exits, slip = self.exits, self.costs.slippage
        fill, share, price = exits.fill[place], exits.share[place], exits.price[place]
        side, quantity = self.fills.side[fill], self.quantity[fill] * share
        if exits.is_maker[place]:
            worth = quantity * price
            if self.is_tiered:
                self._count(exits.row[place], worth)
            fee = worth * self.maker
        else:
            price *= 1 - side * min(slip.most, slip.fixed + quantity * price * exits.impact[place])
            worth = quantity * price
            if self.is_tiered:
                self._count(exits.row[place], worth)
            fee = worth * self.taker
        funding = quantity * exits.paid[place]
        self.exit_price[place], self.exit_fee[place], self.exit_funding[place] = price, fee, funding
        self.realised += side * quantity * (price - self.price[fill]) - fee - funding
        put_in = self.worth[fill] * share
        self.invested -= put_in
        sector = self.fills.sector[fill]
        if sector:
            self.by_sector[sector] -= put_in  # type: ignore[assignment]
        if exits.is_last[place]:
            self.busy[self.fills.column[fill]] = False
            self.open -= 1

    def _count(self, row: int, worth: float) -> None:
        """The tier of now, by what was traded before; this trade counts for those after it."""
        now, times = row * self.step, self.times
        while times and times[0] <= now - MONTH:
            times.popleft()
            self.volume -= self.worths.popleft()
        if not self.since <= self.volume < self.until:
            self._choose_tier()
        times.append(now)
        self.worths.append(worth)
        self.volume += worth

    def _choose_tier(self) -> None:
        """The last one that the volume reaches; rounding may leave it a trace below 0."""
        tiers = self.costs.tiers
        place = max(place for place, tier in enumerate(tiers) if place == 0 or tier.volume <= self.volume)
        self.maker, self.taker = tiers[place].maker, tiers[place].taker
        self.since = tiers[place].volume if place else -inf
        self.until = tiers[place + 1].volume if place + 1 < len(tiers) else inf
