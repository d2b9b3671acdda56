"""What entries were worth at their moments. Looked up once, when an entry is made, and written into it: what follows
from the journal does not change when a candle does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, localcontext

from django.utils.translation import gettext as _

from assets.choices import AssetType
from assets.models import Asset
from selection.compute.lots import EXACT, PLACES, exact
from selection.compute.marks import AS_DOLLAR, DOLLAR, STATED, counts_as_dollar
from selection.models import Portfolio
from selection.selectors.rates import Moment, closes_at, manual_prices_at
from system.exceptions import InvalidInput
from trading.choices import ActionType
from trading.compute.bookings import dollars_due
from trading.compute.entries import ARRIVING, CLOSING, LEAVING, OPENING
from trading.services.journal.entries import NewEntry

OPEN = ("price", "fee", "settlement_asset", "settlement_quantity")
"""Amounts that an entry may leave open."""
TRADES = OPENING | CLOSING
WORTH = ARRIVING | LEAVING | {ActionType.INCOME}
"""Kinds that may leave their price to the market."""


@dataclass(frozen=True)
class Priced:
    """An entry with all its amounts, and what they rest on besides what is known."""

    entry: NewEntry
    assumptions: tuple[str, ...] = ()


class Prices:
    """Prices of assets at the moments of entries, all looked up at once."""

    def __init__(self, portfolio: Portfolio, entries: Sequence[NewEntry]) -> None:
        moments = [moment for entry in entries for moment in _moments(entry, portfolio)]
        self.portfolio = portfolio
        self._closes = closes_at(moments) if moments else {}
        self._manual = manual_prices_at(portfolio.pk, [moment for moment in moments if moment not in self._closes])

    def of(self, asset: Asset, at: datetime) -> tuple[Decimal | None, str | None]:
        """Price of an asset at a time, and its mark if it is not a known close: a dollar is one, some coins count as
        one without a rate, a price that was stated is marked."""
        moment = (asset.pk, at)
        if asset.symbol == DOLLAR:
            return Decimal(1), None
        if moment in self._closes:
            return self._closes[moment], None
        if moment in self._manual:
            return self._manual[moment], f"{STATED}:{asset.pk}"
        if counts_as_dollar(asset.symbol):
            return Decimal(1), f"{AS_DOLLAR}:{asset.pk}"
        return None, None

    def complete(self, entry: NewEntry) -> Priced:
        """The entry with the amounts that it left open.

        Raises:
            InvalidInput: a price that it needs is not known.
        """
        marks, asked = set(entry.assumptions), entry
        if _wants_price(entry):
            entry = replace(entry, price=self._known("price", entry.asset, entry.executed_at, marks))
        if _wants_fee(entry) and entry.fee_asset is not None and entry.fee_quantity is not None:
            price = self._known("fee", entry.fee_asset, entry.executed_at, marks)
            with localcontext(EXACT):
                entry = replace(entry, fee=exact(price * entry.fee_quantity))
        coin = _paid_in(entry, self.portfolio)
        if coin is not None:
            entry = self._settled(entry, coin, marks)
        found = {name for name in OPEN if getattr(asked, name) is None and getattr(entry, name) is not None}
        entry = replace(entry, looked_up=tuple(sorted(found.union(asked.looked_up))))
        return Priced(entry, tuple(sorted(marks)))

    def _known(self, field: str, asset: Asset, at: datetime, marks: set[str]) -> Decimal:
        price, mark = self.of(asset, at)
        if price is None:
            values = {"symbol": asset.symbol, "date": f"{at:%Y-%m-%d %H:%M}"}
            raise InvalidInput(_("No price of %(symbol)s is known on %(date)s: state one.") % values, field=field)
        if mark is not None:
            marks.add(mark)
        return price

    def _settled(self, entry: NewEntry, coin: Asset, marks: set[str]) -> NewEntry:
        """The entry with the coins that were paid or received, at their rate of the moment. A coin that counts as a
        dollar for want of one stands for dollars.

        Raises:
            InvalidInput: the rate is not known, or only posting tells how much was paid.
        """
        price, mark = self.of(coin, entry.executed_at)
        if mark == f"{AS_DOLLAR}:{coin.pk}":
            return entry
        if entry.action_type not in TRADES:
            return entry if price is None else _paid_at(price, abs(_due(entry)), entry, coin, mark, marks)
        if price is None or entry.leverage != 1 or not entry.price or not entry.quantity:
            values = {"symbol": coin.symbol, "date": f"{entry.executed_at:%Y-%m-%d %H:%M}"}
            message = _("How many %(symbol)s were paid on %(date)s is not known: state it.") % values
            raise InvalidInput(message, field="settlement_quantity")
        with localcontext(EXACT):
            amount = entry.quantity * entry.price
        return _paid_at(price, amount, entry, coin, mark, marks)


def _paid_at(
    price: Decimal, dollars: Decimal, entry: NewEntry, coin: Asset, mark: str | None, marks: set[str]
) -> NewEntry:
    """The entry with the coins that so many dollars are."""
    marks.update({mark} if mark is not None else ())
    with localcontext(EXACT):
        coins = exact(dollars / price)
    return replace(entry, settlement_asset=coin, settlement_quantity=max(coins, PLACES))


def _due(entry: NewEntry) -> Decimal:
    """Dollars that an entry other than a trade brings to the cash, or takes from it."""
    if entry.action_type == ActionType.FEE and entry.quantity:
        return Decimal(0)
    with localcontext(EXACT):
        amount = (entry.quantity or Decimal(0)) * (entry.price or Decimal(0))
        return dollars_due(entry.action_type, amount, Decimal(0) if entry.fee_asset else entry.fee or Decimal(0))


def _moments(entry: NewEntry, portfolio: Portfolio) -> list[Moment]:
    wanted = []
    if _wants_price(entry):
        wanted.append(entry.asset)
    if _wants_fee(entry) and entry.fee_asset is not None:
        wanted.append(entry.fee_asset)
    coin = _paid_in(entry, portfolio)
    if coin is not None:
        wanted.append(coin)
    return [(asset.pk, entry.executed_at) for asset in wanted]


def _wants_price(entry: NewEntry) -> bool:
    if entry.price is not None or entry.matches is not None or entry.matches_row is not None:
        return False
    return entry.action_type in WORTH or (entry.action_type == ActionType.FEE and bool(entry.quantity))


def _wants_fee(entry: NewEntry) -> bool:
    return entry.fee is None and entry.fee_asset is not None


def _paid_in(entry: NewEntry, portfolio: Portfolio) -> Asset | None:
    """The coin that pays the entry, if the entry does not say how many of them."""
    if entry.settlement_quantity is not None or not (entry.action_type in TRADES or _due(entry)):
        return None
    coin = entry.settlement_asset or portfolio.cash_asset
    if coin is None or coin.symbol == DOLLAR:
        return None
    if coin.asset_type != AssetType.STABLECOIN:
        return coin
    only_posting_tells = entry.action_type in TRADES and entry.leverage != 1
    return None if portfolio.cash_asset is None or only_posting_tells or entry.asset == coin else coin
