"""Entries of the journal as what they do to positions. Nothing is looked up: an entry names all that it was booked on.

One entry may touch several positions: what was traded, the coin of its fee, the coins it was paid with.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, localcontext

from selection.compute.lots import EXACT, ZERO, Effect, Fill, exact
from selection.compute.marks import AS_DOLLAR
from trading.compute.entries import (
    ARRIVING,
    CLOSING,
    COIN_FEE,
    KIND_OF_FLOW,
    LEAVING,
    MAIN,
    OPENING,
    PLAIN_FEE,
    SETTLEMENT,
    Accounts,
    Entry,
)


def fills(entries: Iterable[Entry], accounts: Accounts) -> list[Fill]:
    """What the entries do to positions, in the order of time.

    Args:
        entries: without reversed ones and their reversals; both halves of a match, or none.
        accounts: the positions that they name.
    """
    known = {entry.id: entry for entry in entries}
    arrivals = {entry.matches: entry for entry in known.values() if entry.matches is not None}
    arrivals |= {one.id: known[one.matches] for one in known.values() if one.matches in known}
    placed: list[tuple[tuple[datetime, int, int], Fill]] = []
    with localcontext(EXACT):
        for entry in known.values():
            booked = _Booking(entry, accounts, arrivals.get(entry.id)).fills()
            placed += [((fill.occurred_at, entry.place, fill.leg), fill) for fill in booked]
    placed.sort(key=lambda one: one[0])
    return [fill for _place, fill in placed]


def dollars_due(kind: str, amount: Decimal, fee: Decimal) -> Decimal:
    """Dollars that an entry other than a trade brings to the cash, or takes from it, negative.

    Args:
        kind: of the entry.
        amount: quantity at its price; received where it is funding.
        fee: that stands in dollars.
    """
    return (amount if kind == "funding" else ZERO) - fee


class _Booking:
    """One entry."""

    def __init__(self, entry: Entry, accounts: Accounts, other_half: Entry | None) -> None:
        self.entry, self.accounts, self.other_half = entry, accounts, other_half
        self.terms = accounts.terms[entry.position]
        self.amount = exact(entry.quantity * entry.price)
        self.is_owned = accounts.spot.get(entry.asset) == entry.position
        self.is_own_coin = self.is_owned and entry.fee_asset == entry.asset and bool(entry.fee_quantity)
        self.paid_with = self._paid_with()
        self.crosses_border = accounts.cash is None or self.paid_with is None

    def fills(self) -> list[Fill]:
        """Parts of the entry; none where only a stop or target changes."""
        entry = self.entry
        if entry.kind in OPENING or entry.kind in CLOSING or entry.kind == "income":
            return self._trade(Effect.CLOSES if entry.kind in CLOSING else Effect.OPENS)
        if entry.kind in ARRIVING or entry.kind in LEAVING:
            return self._moved()
        if entry.kind == "fee":
            return self._fee()
        if entry.kind == "funding":
            return self._paid(self.amount)
        return [self._fill(Effect.SPLITS, entry.quantity, ZERO)] if entry.kind == "split" else []

    def _paid_with(self) -> int | None:
        """Asset whose position pays or receives the entry's money; None = money crosses the border."""
        wanted = self.entry.settlement_asset
        if self.accounts.cash is None:
            asset = None if wanted in self.accounts.dollars else wanted
        else:
            asset = wanted or self.accounts.cash
        is_trade = self.entry.kind in OPENING or self.entry.kind in CLOSING
        return None if is_trade and self.is_owned and asset == self.entry.asset else asset

    @property
    def _is_third_coin(self) -> bool:
        """The fee disposes of a coin that is neither the traded one nor the one paid with."""
        coin = self.entry.fee_asset
        if coin is None or not self.entry.fee_quantity or self.is_own_coin or coin == self.paid_with:
            return False
        return self.accounts.cash is not None or coin not in self.accounts.dollars

    def _trade(self, effect: Effect) -> list[Fill]:
        """Coins for money, or income."""
        entry, is_income = self.entry, self.entry.kind == "income"
        fee = ZERO if self.is_own_coin else entry.fee
        in_coins = entry.fee_quantity if self.is_own_coin else ZERO
        opens = effect is Effect.OPENS
        quantity = entry.quantity - in_coins if opens else entry.quantity + in_coins
        main = self._fill(effect, quantity, self.amount, fee=fee, is_income=is_income)
        price = ZERO if is_income else -self.amount if opens != self.terms.is_short else self.amount
        return [main, *self._coin_fee(), *self._settled(None if self.terms.leverage != 1 else price - fee)]

    def _moved(self) -> list[Fill]:
        """Coins that come or go without being traded."""
        entry, leaves = self.entry, self.entry.kind in LEAVING
        in_coins = entry.fee_quantity if self.is_own_coin else ZERO
        moved = []
        if self.other_half is None:
            quantity = entry.quantity + in_coins if leaves else entry.quantity - in_coins
            effect = Effect.CLOSES if leaves else Effect.OPENS
            moved = [self._fill(effect, quantity, self.amount, is_external=True)]
        elif leaves:
            moved = [self._carried(entry.quantity + in_coins, self.other_half)]
        fee = ZERO if self.is_own_coin else entry.fee
        if not fee:
            return moved
        return [*moved, self._pays(ZERO, fee, PLAIN_FEE, kind="fee"), *self._coin_fee(), *self._settled(-fee)]

    def _carried(self, quantity: Decimal, arrival: Entry) -> Fill:
        lost = arrival.fee_quantity if arrival.fee_asset == arrival.asset else ZERO
        return Fill(
            action_id=self.entry.id,
            book=self.entry.position,
            occurred_at=max(self.entry.at, arrival.at),
            effect=Effect.CARRIES,
            quantity=quantity,
            amount=self.amount,
            price=self.entry.price,
            kind="transfer" if arrival.asset == self.entry.asset else "split",
            is_external=False,
            accepts_missing=self.entry.accepts_missing,
            to=arrival.position,
            to_action=arrival.id,
            arrives=arrival.quantity - lost,
            place=self.entry.place,
            assumptions=self.entry.assumptions | arrival.assumptions,
        )

    def _fee(self) -> list[Fill]:
        """A fee by itself: in dollars, in a coin, or as coins of the position at their worth of the moment."""
        if not self.entry.quantity:
            return self._paid(ZERO)
        coins = self._fill(Effect.CLOSES, self.entry.quantity, self.amount, leg=COIN_FEE)
        return [replace(self._pays(ZERO, self.amount, MAIN), fee_worth=self.amount), coins]

    def _paid(self, received: Decimal) -> list[Fill]:
        """Money alone: what was received less the fee."""
        main, fee = self._pays(received, self.entry.fee, MAIN), self.entry.fee
        if self.is_own_coin:
            coins = self._fill(Effect.CLOSES, self.entry.fee_quantity, fee, leg=COIN_FEE, kind="fee")
            return [main, coins, *self._settled(received)]
        return [main, *self._coin_fee(), *self._settled(received - fee)]

    def _coin_fee(self) -> list[Fill]:
        """The disposal of a third coin that a fee was paid in, at its worth of the moment."""
        if not self._is_third_coin or self.entry.fee_asset is None:
            return []
        book, coins = self.accounts.spot[self.entry.fee_asset], self.entry.fee_quantity
        price = exact(self.entry.fee / coins)
        return [self._fill(Effect.CLOSES, coins, self.entry.fee, leg=COIN_FEE, book=book, kind="fee", price=price)]

    def _settled(self, money: Decimal | None) -> list[Fill]:
        """The coins that were paid with or received. ``money`` of the first fill; None where only posting tells."""
        asset = self.paid_with
        if asset is None:
            return []
        besides = self.entry.fee if self._is_third_coin else ZERO
        marks = self.entry.assumptions
        coins = self._coins_paid()
        if not coins and asset in self.accounts.dollars and asset != self.accounts.us_dollar:
            marks |= {f"{AS_DOLLAR}:{asset}"}
        book = self.accounts.spot[asset]
        return [
            Fill(
                self.entry.id, book, self.entry.at, Effect.SETTLES, coins, money,
                leg=SETTLEMENT, place=self.entry.place, kind=self._kind, is_external=self.accounts.cash is None,
                accepts_missing=self.entry.accepts_missing, besides=besides, assumptions=marks,
            )
        ]  # fmt: skip

    def _coins_paid(self) -> Decimal:
        """Coins that the position paid with gives or takes in all, its part of the fee included; 0 = as many as
        dollars."""
        entry = self.entry
        if entry.kind not in OPENING | CLOSING:
            return self._coins_due()
        coins = entry.settlement_quantity
        if coins is None:
            return ZERO
        fee = ZERO
        if entry.fee_asset == self.paid_with and entry.fee_quantity:
            fee = entry.fee_quantity
        elif entry.fee and not self.is_own_coin and not self._is_third_coin and self.amount:
            fee = exact(entry.fee * coins / self.amount)
        pays = (entry.kind in OPENING) != self.terms.is_short
        return coins + fee if pays else coins - fee

    def _coins_due(self) -> Decimal:
        """The same of an entry that is no trade: what stands in dollars, fee or funding, and a fee in these coins."""
        entry, coins = self.entry, ZERO
        dues = dollars_due(entry.kind, self.amount, ZERO if entry.fee_asset is not None else entry.fee)
        if dues:
            if entry.settlement_quantity is None:
                return ZERO
            coins = entry.settlement_quantity.copy_sign(dues)
        in_coins = entry.fee_quantity if entry.fee_asset == self.paid_with else ZERO
        worth = dues - (entry.fee if in_coins else ZERO)
        coins -= in_coins
        return abs(coins) if coins.is_signed() == worth.is_signed() else ZERO

    @property
    def _kind(self) -> str:
        return KIND_OF_FLOW.get(self.entry.kind, "trade")

    def _pays(self, received: Decimal, fee: Decimal, leg: int, kind: str | None = None) -> Fill:
        return self._fill(Effect.PAYS, ZERO, received, fee=fee, leg=leg, kind=kind)

    def _fill(
        self,
        effect: Effect,
        quantity: Decimal,
        amount: Decimal,
        *,
        fee: Decimal = ZERO,
        leg: int = MAIN,
        book: int | None = None,
        kind: str | None = None,
        price: Decimal | None = None,
        is_income: bool = False,
        is_external: bool | None = None,
    ) -> Fill:
        entry = self.entry
        return Fill(
            action_id=entry.id,
            book=entry.position if book is None else book,
            occurred_at=entry.at,
            effect=effect,
            quantity=quantity,
            amount=amount,
            fee=fee,
            price=entry.price if price is None else price,
            fee_worth=entry.fee if leg in (MAIN, PLAIN_FEE) else ZERO,
            leg=leg,
            place=entry.place,
            kind=kind or self._kind,
            is_income=is_income,
            is_external=self.crosses_border if is_external is None else is_external,
            accepts_missing=entry.accepts_missing,
            assumptions=entry.assumptions,
        )
