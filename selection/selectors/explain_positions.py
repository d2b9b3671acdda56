"""The parts of figures that follow from positions: what is held, at which closes, from which lots and entries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Sum

from assets.models import Asset
from selection.choices import BaseCurrency
from selection.models import LotDisposal, Portfolio, PortfolioAsset, PositionFlow, PositionLot
from selection.selectors.daily_prices import daily_prices, day_end


@dataclass(frozen=True)
class Input:
    """One value that a formula names.

    Attributes:
        name: as in the formula.
        value: that was used; None where it is unknown.
        unit: a currency, ``coins``, or ``ratio``.
        key: the row that it comes from.
        day: day that it belongs to.
        of: what it is about: a symbol and a side.
    """

    name: str
    value: Decimal | float | None
    unit: str
    key: str
    day: date | None = None
    of: str = ""


@dataclass(frozen=True)
class Candle:
    """A close that was used. ``is_own`` is False where it is not one of the day: carried, stated or assumed."""

    asset_id: int
    symbol: str
    day: date
    close: Decimal
    is_own: bool


@dataclass(frozen=True)
class LotUsed:
    """An acquisition that what is held goes back to."""

    position_id: int
    action_id: int
    acquired_at: datetime
    quantity: Decimal
    cost: Decimal


Parts = tuple[list[Input], list[Candle], list[LotUsed]]


def value_parts(portfolio: Portfolio, day: date) -> Parts:
    """Quantities, costs and closes of what is held at the end of a day, and the rate of the base currency."""
    held = _held(portfolio, day)
    symbols = {position.asset_id: position.asset.symbol for position, *_sums in held}
    currency = None
    if portfolio.base_currency != BaseCurrency.USD:
        currency = Asset.objects.filter(symbol=portfolio.base_currency).order_by("pk").first()
    wanted = {*symbols, *([currency.pk] if currency else [])}
    prices = daily_prices(portfolio.pk, sorted(wanted), day, day)
    inputs: list[Input] = []
    for position, quantity, cost, tied in held:
        of, key = _name(position), f"portfolio_assets:{position.pk}"
        price = prices.closes[position.asset_id][0]
        inputs += [
            Input("quantity", quantity, "coins", key, day, of),
            Input("cost", cost, "USD", key, day, of),
            Input("tied", tied, "USD", key, day, of),
            Input("price", price, "USD", f"price_data:{position.asset_id}:1d:{day}", day, of),
        ]
    if portfolio.base_currency != BaseCurrency.USD:
        rate = prices.closes[currency.pk][0] if currency else None
        inputs.append(Input("rate", rate, "USD", f"price_data:{currency.pk if currency else 0}:1d:{day}", day))
    candles = [
        Candle(asset_id, symbol, day, close, 0 not in prices.carried.get(asset_id, ()))
        for asset_id, symbol in symbols.items()
        if (close := prices.closes[asset_id][0]) is not None
    ]
    return inputs, candles, _lots(portfolio, day)


def cost_parts(portfolio: Portfolio, day: date) -> Parts:
    """Money that is in each position at the end of a day."""
    inputs = [
        Input("tied", tied, "USD", f"portfolio_assets:{position.pk}", day, _name(position))
        for position, _quantity, _cost, tied in _held(portfolio, day)
    ]
    return inputs, [], _lots(portfolio, day)


def flow_parts(column: str) -> Callable[[Portfolio, date], Parts]:
    """All entries that a total since the beginning is a sum of."""

    def parts(portfolio: Portfolio, day: date) -> Parts:
        flows = PositionFlow.objects.filter(position__portfolio=portfolio, occurred_at__lt=day_end(day))
        rows = (
            flows.exclude(**{column: 0}).select_related("position__asset").order_by("occurred_at", "action_id", "leg")
        )
        name = column.removesuffix("_usd")
        inputs = [
            Input(
                name,
                getattr(flow, column),
                "USD",
                f"position_flows:{flow.action_id}:{flow.leg}",
                flow.occurred_at.date(),
                _name(flow.position),
            )
            for flow in rows
        ]
        return inputs, [], _sold(portfolio, day) if column == "realized_usd" else []

    return parts


def _name(position: PortfolioAsset) -> str:
    return f"{position.asset.symbol} {position.asset_type}"


def _held(portfolio: Portfolio, day: date) -> list[tuple[PortfolioAsset, Decimal, Decimal, Decimal]]:
    """Positions that hold something at the end of a day: quantity, cost, and the money in them."""
    sums = (
        PositionFlow.objects.filter(position__portfolio=portfolio, occurred_at__lt=day_end(day))
        .values_list("position_id")
        .annotate(
            quantity=Sum("quantity_change"),
            cost=Sum("cost_change_usd"),
            tied=Sum(F("realized_usd") - F("cash_flow_usd")),
        )
    )
    found = {key: rest for key, *rest in sums if rest[0]}
    positions = PortfolioAsset.objects.filter(pk__in=found).select_related("asset").order_by("sort_order", "pk")
    return [(position, *found[position.pk]) for position in positions]


def _sold(portfolio: Portfolio, day: date) -> list[LotUsed]:
    """Lots that have left, each with its part that did."""
    rows = LotDisposal.objects.filter(position__portfolio=portfolio, disposed_at__lt=day_end(day))
    return [
        LotUsed(lot.position_id, lot.lot_action_id, lot.acquired_at, lot.quantity, lot.cost_usd)
        for lot in rows.order_by("disposed_at", "action_id", "leg", "number")
    ]


def _lots(portfolio: Portfolio, day: date) -> list[LotUsed]:
    """Lots acquired by then as far as they are open now."""
    rows = PositionLot.objects.filter(position__portfolio=portfolio, acquired_at__lt=day_end(day)).order_by(
        "position", "acquired_at", "action_id"
    )
    return [LotUsed(lot.position_id, lot.action_id, lot.acquired_at, lot.quantity, lot.cost_usd) for lot in rows]
