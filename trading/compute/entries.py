"""An entry of the journal and the positions that it may touch, as computing takes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from selection.compute.lots import ZERO, Terms
from selection.compute.lots.fills import NOTHING, Assumptions

OPENING = frozenset({"buy", "short", "entry"})
CLOSING = frozenset({"sell", "partial_sell", "partial_exit", "full_exit", "cover"})
ARRIVING = frozenset({"deposit", "transfer_in"})
LEAVING = frozenset({"withdrawal", "transfer_out"})
KIND_OF_FLOW = {
    "income": "income",
    "fee": "fee",
    "funding": "funding",
    "split": "split",
    "deposit": "deposit",
    "withdrawal": "withdrawal",
    "transfer_in": "transfer",
    "transfer_out": "transfer",
}
"""Kind of entry → kind of its flows; all others are trades."""
MAIN, COIN_FEE, SETTLEMENT, PLAIN_FEE = range(4)
"""Legs of an entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the journal.

    Attributes:
        id: its key.
        place: where it stands among entries of one moment: its key, or that of the entry that it corrects.
        position: the position that it names.
        asset: asset of that position.
        kind: what was done.
        at: when.
        quantity: coins; of a split the ratio.
        price: dollars per coin.
        fee: worth of the fee, dollars.
        fee_asset: coin it was paid in; None = dollars.
        fee_quantity: coins of it.
        settlement_asset: coin that was paid with or received; None = dollars, or the cash position.
        settlement_quantity: coins of it, without a fee in the same coin.
        matches: other half of a transfer between own venues or of a token migration.
        accepts_missing: coins beyond the holding count as brought in at the entry's own price.
        assumptions: what the entry was booked on besides what is known.
    """

    id: int
    place: int
    position: int
    asset: int
    kind: str
    at: datetime
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    fee: Decimal = ZERO
    fee_asset: int | None = None
    fee_quantity: Decimal = ZERO
    settlement_asset: int | None = None
    settlement_quantity: Decimal | None = None
    matches: int | None = None
    accepts_missing: bool = False
    assumptions: Assumptions = NOTHING


@dataclass(frozen=True)
class Accounts:
    """Positions of a portfolio.

    Attributes:
        terms: how each is kept.
        spot: asset → the position that fees and payments in it go through.
        dollars: assets that stand for dollars.
        cash: asset that trades are paid with; None = cash is not tracked.
        us_dollar: the asset that is the dollar itself.
    """

    terms: Mapping[int, Terms]
    spot: Mapping[int, int]
    dollars: frozenset[int] = field(default_factory=frozenset)
    cash: int | None = None
    us_dollar: int | None = None
