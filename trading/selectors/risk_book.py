"""What limits are counted with: the open positions of portfolios at the latest known prices."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from sectors.selectors.members import primary_sectors
from selection.choices import HoldingType
from selection.compute.lots import EXACT
from selection.models import PositionLot
from selection.selectors.prices import OLDEST
from selection.selectors.valuation import PortfolioValue, PositionValue, latest_values
from trading.compute.risk_limits import ZERO, Held, total
from trading.models import ExecutionFill, SignalExecution, TradeAction
from trading.selectors.standing import standing_now

UNCLASSIFIED = "unclassified"
"""Name for assets without a sector in a person's exposure."""


@dataclass(frozen=True)
class PortfolioBook:
    """A portfolio at the latest prices, those that are older than four days left out.

    Attributes:
        held: open positions, but for dollars.
        symbols: of their assets, by id.
        worth: of all that is held, dollars; None while a price is unknown.
        gained: realised and open since the beginning, dollars; None while a price is unknown.
    """

    held: tuple[Held, ...]
    symbols: dict[int, str]
    worth: Decimal | None
    gained: Decimal | None


def portfolio_books(portfolio_ids: Sequence[int], now: datetime) -> dict[int, PortfolioBook]:
    """The book of each portfolio, in as many queries however many they are."""
    values = latest_values(portfolio_ids)
    assets = {one.position.asset_id for value in values.values() for one in value.positions.values()}
    sectors = {asset: sector.name for asset, sector in primary_sectors(sorted(assets), now).items()}
    return {pk: _book(value, sectors, now) for pk, value in values.items()}


def sector_of(asset_id: int, now: datetime) -> str | None:
    """Primary sector of an asset; None if it has none."""
    found = primary_sectors([asset_id], now).get(asset_id)
    return None if found is None else found.name


def price_is_known(price: Decimal | None, at: datetime | None, now: datetime) -> bool:
    """Whether there is a price that still counts. One of an unknown time does; one of more than four days does not."""
    return price is not None and (at is None or at >= now - OLDEST)


def open_risk(execution: SignalExecution) -> Decimal | None:
    """What the person still loses at the stops of their executions of the same signal in the portfolio, dollars; None
    if what is left of a fill cannot be told."""
    fills = ExecutionFill.objects.filter(
        execution__signal=execution.signal_id,
        execution__user=execution.user_id,
        trade_action__portfolio_asset__portfolio=execution.portfolio_id,
    )
    stops = dict(fills.values_list("trade_action", "execution__stop_price"))
    standing = standing_now(stops)
    left: dict[int, Decimal] = defaultdict(Decimal)
    keys = [entry.pk for entry in standing.values() if entry is not None]
    for action, quantity in PositionLot.objects.filter(action_id__in=keys).values_list("action_id", "quantity"):
        left[action] += quantity
    return total(_lost(entry, stops[key], left[entry.pk]) for key, entry in standing.items() if entry is not None)


def _lost(entry: TradeAction, stop: Decimal | None, quantity: Decimal) -> Decimal | None:
    """What coins of an entry lose at its stop, dollars."""
    with localcontext(EXACT):
        return None if stop is None else quantity * abs(entry.asset_price - stop)


def _book(value: PortfolioValue, sectors: dict[int, str], now: datetime) -> PortfolioBook:
    held = [one for one in value.positions.values() if one.position.quantity]
    known = all(_is_known(one, now) for one in held)
    moving = [one for one in held if one.position.asset_type != HoldingType.STABLECOIN]
    return PortfolioBook(
        tuple(_held(one, sectors, now) for one in moving),
        {one.position.asset_id: one.position.asset.symbol for one in moving},
        value.total if known else None,
        total(_gained(value)) if known else None,
    )


def _gained(value: PortfolioValue) -> list[Decimal | None]:
    return [
        amount
        for one in value.positions.values()
        for amount in (one.position.pnl_realized_usd or ZERO, one.unrealized if one.position.quantity else ZERO)
    ]


def _held(one: PositionValue, sectors: dict[int, str], now: datetime) -> Held:
    exposure = None
    if one.price is not None and _is_known(one, now):
        with localcontext(EXACT):
            exposure = one.position.quantity * one.price
    return Held(one.position.asset_id, sectors.get(one.position.asset_id), exposure)


def _is_known(one: PositionValue, now: datetime) -> bool:
    """A price that a person stated, and a coin counted as one dollar, have no age."""
    return price_is_known(one.price, None if one.mark is not None else one.priced_at, now)
