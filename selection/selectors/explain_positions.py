"""The parts of figures that follow from positions: what is held, at which closes, from which lots and entries."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, localcontext

from django.db.models import QuerySet

from selection.compute.portfolio_days import EXACT, ZERO, Entry, Leg, plus
from selection.models import LotDisposal, Portfolio, PortfolioAsset, PositionLot
from selection.selectors.counting import Knowledge, entries_in
from selection.selectors.daily_prices import daily_prices, day_end
from selection.selectors.explanation import Candle, Input, LotUsed
from selection.selectors.portfolio_days import first_day, positions_of


@dataclass(frozen=True)
class Parts:
    """What a figure is counted from.

    Attributes:
        inputs: everything that the formula names.
        candles: closes that were used.
        lots: acquisitions behind it.
        assumptions: codes of what any of these rests on.
    """

    inputs: list[Input]
    candles: list[Candle]
    lots: list[LotUsed]
    assumptions: frozenset[str]


@dataclass
class _Held:
    """A position at the end of a day, and what it rests on since it was last empty."""

    quantity: Decimal = ZERO
    owed: Decimal = ZERO
    tied: Decimal | None = ZERO
    marks: frozenset[str] = frozenset()

    def add(self, leg: Leg) -> None:
        self.marks = (self.marks if self.quantity else frozenset()).union(leg.assumptions)
        with localcontext(EXACT):
            self.quantity += leg.quantity
            self.owed += leg.owed
            self.tied = plus(self.tied, leg.tied)
        if not self.quantity:
            self.tied = ZERO


def value_parts(portfolio: Portfolio, day: date) -> Parts:
    """Quantities, what is owed and tied, and closes of what is held at the end of a day, and the rate of the base
    currency."""
    held, known = _held(portfolio, day), Knowledge(portfolio.base_currency)
    rate_asset = known.rate_asset
    symbols = {position.asset_id: position.asset.symbol for position, _one in held}
    if rate_asset is not None:
        symbols.setdefault(rate_asset, known.currency)
    prices = daily_prices(portfolio.pk, sorted(symbols), day, day)
    inputs: list[Input] = []
    for position, one in held:
        of, key = _name(position), f"portfolio_assets:{position.pk}"
        price = prices.closes[position.asset_id][0]
        inputs += [
            Input("quantity", one.quantity, "coins", key, day, of),
            Input("owed", one.owed, "USD", key, day, of),
            Input("tied", one.tied, known.currency, key, day, of),
            Input("price", price, "USD", f"price_data:{position.asset_id}:1d:{day}", day, of),
        ]
    if rate_asset is not None:
        rate = prices.closes[rate_asset][0]
        inputs.append(Input("rate", rate, "USD", f"price_data:{rate_asset}:1d:{day}", day))
    candles = [
        Candle(asset_id, symbol, day, close, 0 not in prices.carried.get(asset_id, ()))
        for asset_id, symbol in symbols.items()
        if (close := prices.closes[asset_id][0]) is not None
    ]
    assumed = {places[0] for places in prices.assumed.values() if 0 in places}
    lots = _lots(portfolio, day, held)
    return Parts(inputs, candles, lots, _marks(held, lots).union(assumed))


def cost_parts(portfolio: Portfolio, day: date) -> Parts:
    """Money that is in each position at the end of a day."""
    held = _held(portfolio, day)
    inputs = [
        Input("tied", one.tied, portfolio.base_currency, f"portfolio_assets:{position.pk}", day, _name(position))
        for position, one in held
    ]
    lots = _lots(portfolio, day, held)
    return Parts(inputs, [], lots, _marks(held, lots))


def flow_parts(name: str) -> Callable[[Portfolio, date], Parts]:
    """All entries that a total since the beginning is a sum of: ``realized``, ``income`` or ``fee``."""

    def parts(portfolio: Portfolio, day: date) -> Parts:
        names = {position.pk: _name(position) for position in _positions(portfolio)}
        used = [
            (date.fromordinal(entry.day), leg)
            for entry in _entries(portfolio, day)
            for leg in entry.legs
            if getattr(leg, name) is None or getattr(leg, name)
        ]
        inputs = [
            Input(
                name,
                getattr(leg, name),
                portfolio.base_currency,
                f"position_flows:{leg.action_id}:{leg.number}",
                on,
                names[leg.position_id],
            )
            for on, leg in used
        ]
        lots = _sold(portfolio, day) if name == "realized" else []
        marks = {mark for _on, leg in used for mark in leg.assumptions}
        return Parts(inputs, [], lots, frozenset(marks.union(*(lot.assumptions for lot in lots))))

    return parts


def marks_of_held(portfolio: Portfolio, day: date) -> frozenset[str]:
    """What the quantities and costs of what is held at the end of a day rest on, besides prices."""
    return _marks(_held(portfolio, day), [])


def _marks(held: list[tuple[PortfolioAsset, _Held]], lots: list[LotUsed]) -> frozenset[str]:
    return frozenset[str]().union(*(one.marks for _position, one in held), *(lot.assumptions for lot in lots))


def _name(position: PortfolioAsset) -> str:
    return f"{position.asset.symbol} {position.asset_type}"


def _positions(portfolio: Portfolio) -> QuerySet[PortfolioAsset]:
    return portfolio.positions.select_related("asset").order_by("sort_order", "pk")


def _entries(portfolio: Portfolio, day: date) -> list[Entry]:
    """What the journal did up to the end of a day, in the base currency."""
    first = first_day(portfolio)
    if first is None:
        return []
    return entries_in(portfolio, positions_of(portfolio), first, day, Knowledge(portfolio.base_currency))


def _held(portfolio: Portfolio, day: date) -> list[tuple[PortfolioAsset, _Held]]:
    """Positions that hold something at the end of a day."""
    found: dict[int, _Held] = defaultdict(_Held)
    for entry in _entries(portfolio, day):
        for leg in entry.legs:
            found[leg.position_id].add(leg)
    return [(one, found[one.pk]) for one in _positions(portfolio) if one.pk in found and found[one.pk].quantity]


def _sold(portfolio: Portfolio, day: date) -> list[LotUsed]:
    """Lots that have left, each with its part that did."""
    rows = LotDisposal.objects.filter(position__portfolio=portfolio, disposed_at__lt=day_end(day))
    return [_lot_sold(lot) for lot in rows.order_by("disposed_at", "action_id", "leg", "number")]


def _lot_sold(gone: LotDisposal) -> LotUsed:
    return LotUsed(
        gone.position_id, gone.lot_action_id, gone.acquired_at, gone.quantity, gone.cost_usd, tuple(gone.assumptions)
    )


def _lots(portfolio: Portfolio, day: date, held: list[tuple[PortfolioAsset, _Held]]) -> list[LotUsed]:
    """Lots that were open at the end of a day: those that are open now and what has left since, without those that came
    later. Of a position that is kept without lots, or whose lots were split or moved since, there are none."""
    end = day_end(day)
    parts = [
        LotUsed(lot.position_id, lot.action_id, lot.acquired_at, lot.quantity, lot.cost_usd, tuple(lot.assumptions))
        for lot in PositionLot.objects.filter(position__portfolio=portfolio)
    ]
    left = LotDisposal.objects.filter(position__portfolio=portfolio, disposed_at__gte=end)
    found: dict[tuple[int, datetime, int], LotUsed] = {}
    with localcontext(EXACT):
        for part in [*parts, *map(_lot_sold, left)]:
            if part.acquired_at < end:
                key = (part.position_id, part.acquired_at, part.action_id)
                found[key] = _together(found[key], part) if key in found else part
        sums: dict[int, Decimal] = defaultdict(Decimal)
        for lot in found.values():
            sums[lot.position_id] += lot.quantity
    whole = {position.pk for position, one in held if sums[position.pk] == one.quantity}
    return [found[key] for key in sorted(found) if key[0] in whole]


def _together(first: LotUsed, second: LotUsed) -> LotUsed:
    """Two parts of one lot."""
    marks = tuple(sorted({*first.assumptions, *second.assumptions}))
    quantity, cost = first.quantity + second.quantity, first.cost + second.cost
    return replace(first, quantity=quantity, cost=cost, assumptions=marks)
