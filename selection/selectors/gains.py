"""The yearly report of realised gains: every lot that left, in the base currency of the portfolio."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from enum import StrEnum, auto
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from selection.choices import FlowKind, HoldingType
from selection.compute.lots import EXACT, exact
from selection.models import LotDisposal, Portfolio, PositionFlow
from selection.selectors.rates import rates_at

DISPOSAL = (
    "position__asset__symbol", "position__asset_type", "kind", "action_id", "acquired_at", "disposed_at", "quantity",
    "cost_usd", "proceeds_usd", "assumptions",
)  # fmt: skip


class Disposal(NamedTuple):
    """What is read of a lot that left: ``DISPOSAL``."""

    symbol: str
    holding: str
    kind: str
    action_id: int
    acquired_at: datetime
    disposed_at: datetime
    quantity: Decimal
    cost: Decimal
    proceeds: Decimal
    marks: Sequence[str]


SALES = (FlowKind.TRADE, FlowKind.FEE)
"""Coins that were sold or spent. What was withdrawn or moved out is listed, but is no gain."""
ZERO = Decimal(0)


@dataclass(frozen=True)
class Gain:
    """A lot, or a part of one, that left.

    Attributes:
        symbol: the coin.
        is_short: the lot of a short position: it was sold first and bought back later.
        kind: how it left; a sale is a trade or a fee that was paid in the coin.
        action_id: the entry that it left with.
        acquired_at, disposed_at: when; of a short when it was sold and when it was covered.
        quantity: coins.
        cost: what it had cost, fees included, each at the rate of its own moment; None if that rate is unknown.
        proceeds: what was received, net of fees, likewise.
        assumptions: codes of what the figures rest on besides what is known.
    """

    symbol: str
    is_short: bool
    kind: str
    action_id: int
    acquired_at: datetime
    disposed_at: datetime
    quantity: Decimal
    cost: Decimal | None
    proceeds: Decimal | None
    assumptions: tuple[str, ...]

    @property
    def gain(self) -> Decimal | None:
        """Proceeds less cost."""
        if self.cost is None or self.proceeds is None:
            return None
        with localcontext(EXACT):
            return self.proceeds - self.cost

    @property
    def holding_days(self) -> int:
        """Whole days from acquisition to disposal."""
        return (self.disposed_at - self.acquired_at).days

    @property
    def is_sale(self) -> bool:
        """Whether its gain counts."""
        return self.kind in SALES


@dataclass(frozen=True)
class GainsReport:
    """A year of a portfolio.

    Attributes:
        year: calendar year, UTC.
        method: which coins left first.
        currency: of all amounts.
        gains: what was sold, by the time of the disposal.
        moved: what left without being sold, likewise.
        income: staking, airdrops and the like, at their worth of the moment; None where a rate is unknown.
        funding: funding and interest received less paid.
        fees: fees that are not part of a cost or of proceeds, negative.
        dollars: what stablecoins brought or lost against the dollar when they left; they are kept without lots.
        assumptions: codes of what any of these figures rests on.
    """

    year: int
    method: str
    currency: str
    gains: list[Gain]
    moved: list[Gain]
    income: Decimal | None
    funding: Decimal | None
    fees: Decimal | None
    dollars: Decimal | None
    assumptions: tuple[str, ...]

    @property
    def long(self) -> Decimal | None:
        """Gains of what was bought before it was sold."""
        return total(one.gain for one in self.gains if not one.is_short)

    @property
    def short(self) -> Decimal | None:
        """Gains of what was sold before it was bought."""
        return total(one.gain for one in self.gains if one.is_short)

    @property
    def total(self) -> Decimal | None:
        """All realised gains."""
        return total([self.long, self.short])


def gains_of(
    portfolio: Portfolio, year: int, *, currency: str | None = None, disposals: Sequence[Disposal] | None = None
) -> GainsReport:
    """Realised gains of a year by lot, by the method of the portfolio.

    Args:
        portfolio: whose.
        year: calendar year, UTC.
        currency: of the amounts; None = that of the portfolio.
        disposals: of any time, in the order of that, as they would be by another method; None = as they are kept.
    """
    wanted = currency or portfolio.base_currency
    since, until = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    if disposals is None:
        rows = LotDisposal.objects.filter(position__portfolio=portfolio, disposed_at__gte=since, disposed_at__lt=until)
        disposals = _kept(rows.order_by("disposed_at", "action_id", "leg", "number"))
    left = _gains([one for one in disposals if since <= one.disposed_at < until], wanted)
    flows = PositionFlow.objects.filter(position__portfolio=portfolio, occurred_at__gte=since, occurred_at__lt=until)
    apart = _apart(flows, wanted)
    marks = {mark for one in left for mark in one.assumptions} | {
        mark for _kind, _sum, found in apart for mark in found
    }
    sums = {kind: total(amount for one, amount, _marks in apart if one == kind) for kind in Line}
    return GainsReport(
        year,
        portfolio.lot_method,
        wanted,
        [one for one in left if one.is_sale],
        [one for one in left if not one.is_sale],
        sums[Line.INCOME],
        sums[Line.FUNDING],
        sums[Line.FEES],
        sums[Line.DOLLARS],
        tuple(sorted(marks)),
    )


class Line(StrEnum):
    """What is realised without a lot leaving, a line of its own each."""

    INCOME = auto()
    FUNDING = auto()
    FEES = auto()
    DOLLARS = auto()


def _kept(rows: QuerySet[LotDisposal]) -> list[Disposal]:
    return [Disposal(*row) for row in rows.values_list(*DISPOSAL)]


def _gains(disposals: Sequence[Disposal], currency: str) -> list[Gain]:
    rates = rates_at(currency, {at for one in disposals for at in (one.acquired_at, one.disposed_at)})
    return [_gain(one, rates) for one in disposals]


def _gain(gone: Disposal, rates: Mapping[datetime, Decimal | None]) -> Gain:
    """A short lot is kept as what was received, negative, and left for what covering it cost, negative."""
    is_short = gone.holding == HoldingType.SHORT_POSITION
    cost, proceeds = gone.cost, gone.proceeds
    paid_at, received_at = rates[gone.acquired_at], rates[gone.disposed_at]
    if is_short:
        cost, proceeds = proceeds.copy_negate(), cost.copy_negate()
        paid_at, received_at = received_at, paid_at
    return Gain(
        gone.symbol, is_short, gone.kind, gone.action_id, gone.acquired_at, gone.disposed_at,
        gone.quantity, converted(cost, paid_at), converted(proceeds, received_at), tuple(gone.marks),
    )  # fmt: skip


def _apart(flows: QuerySet[PositionFlow], currency: str) -> list[tuple[Line, Decimal | None, Sequence[str]]]:
    """Line, amount and marks of what was realised without a lot leaving."""
    is_dollar = Q(position__asset_type=HoldingType.STABLECOIN, quantity_change__lt=0)
    paid = flows.filter(Q(kind__in=LINES, quantity_change__gte=0) | is_dollar).exclude(realized_usd=0, income_usd=0)
    rows: list[Any] = list(
        paid.values_list("kind", "occurred_at", "quantity_change", "realized_usd", "income_usd", "assumptions")
    )
    rates = rates_at(currency, [at for _kind, at, *_rest in rows])
    found = []
    for kind, at, quantity, realized, income, marks in rows:
        line = Line.DOLLARS if quantity < 0 else LINES[kind]
        if income:
            found.append((Line.INCOME, converted(income, rates[at]), marks))
        with localcontext(EXACT):
            found.append((line, converted(realized - income, rates[at]), marks))
    return found


LINES = {FlowKind.INCOME: Line.FEES, FlowKind.FUNDING: Line.FUNDING, FlowKind.FEE: Line.FEES}
"""Kind of flow → the line of what it realised besides income."""


def converted(amount: Decimal, rate: Decimal | None) -> Decimal | None:
    """Dollars in a currency at its rate; None where the rate is unknown."""
    if rate is None:
        return None
    with localcontext(EXACT):
        return exact(amount / rate)


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Sum; None if one of the amounts is unknown."""
    known = list(amounts)
    if None in known:
        return None
    with localcontext(EXACT):
        return sum((amount for amount in known if amount is not None), ZERO)
