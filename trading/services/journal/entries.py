"""What a person or a file wants to enter, and whether it makes sense by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from assets.choices import AssetType
from assets.models import Asset
from selection.choices import PositionType
from selection.compute.lots import EXACT, PLACES
from selection.models import PortfolioAsset
from selection.services.positions import LARGEST
from system.exceptions import InvalidInput
from trading.choices import ActionType
from trading.compute.entries import ARRIVING, CLOSING, LEAVING, OPENING
from trading.models import TradeAction

PRICED = OPENING | CLOSING
"""Kinds that need a price above 0."""
UNCOUNTED = frozenset({ActionType.MODIFY_SL, ActionType.MODIFY_TP, ActionType.FEE, ActionType.FUNDING})
"""Kinds that need no quantity."""
LARGEST_LEVERAGE = 10_000
LONG_ONLY = frozenset({ActionType.BUY, ActionType.SELL, ActionType.INCOME, ActionType.SPLIT}) | ARRIVING | LEAVING
OWNED = ARRIVING | LEAVING | {ActionType.INCOME}
SHORT_ONLY = frozenset({ActionType.SHORT, ActionType.COVER})
AMOUNTS = ("quantity", "price", "fee", "fee_quantity", "settlement_quantity", "leverage", "stop_loss", "take_profit")
REMARKS = frozenset({
    "timeframe", "emotion_state", "confidence_level", "stress_level", "market_sentiment", "volatility_level",
    "volume_profile", "primary_setup", "confirmation_signals", "chart_pattern", "analysis_snapshot", "capital_amount",
    "risk_percent", "reason", "action_source", "ai_signal", "lesson_learned",
})  # fmt: skip
"""Columns of the journal that say nothing about coins or money."""


@dataclass(frozen=True)
class NewEntry:
    """An entry as it is asked for. What is None is looked up, or not given.

    Attributes:
        asset: what was traded, moved or earned.
        action_type: kind.
        executed_at: when; not in the future.
        quantity: coins; of a split the ratio; None of a full exit = all that was held.
        price: USD per coin; None of a deposit, transfer or income = its market price then.
        fee: USD; None with a fee in coins = their worth then.
        fee_asset: coin the fee was paid in.
        fee_quantity: coins of it.
        settlement_asset: coin that was paid with or received, if not dollars.
        settlement_quantity: coins of it, without a fee in the same coin.
        side: long or short, for kinds that are of both.
        leverage: of the position; 1 = none.
        position: the position, where there are several of one coin.
        accepts_missing: book what is sold beyond the holding as brought in at the price of the sale, and mark it.
        client_key: key of the client or import line, one per entry of the portfolio.
        external_id: id at the venue; the halves of a transfer have the same one.
        venue: exchange or wallet.
        stop_loss, take_profit: levels that were set.
        lifts_level: the stop or the target that a change of level is about is taken away.
        notes: what the person remarks.
        corrects: the reversed entry that this one stands in for.
        matches: other half of a transfer between own venues, or of a token migration.
        matches_row: the same, as its place among the entries of one call.
        remarks: other columns of the journal.
        assumptions: codes of what it rests on besides what is known, where somebody else looked its price up.
        looked_up: amounts that were not stated but found, by name.
    """

    asset: Asset
    action_type: str
    executed_at: datetime
    quantity: Decimal | None = None
    price: Decimal | None = None
    fee: Decimal | None = None
    fee_asset: Asset | None = None
    fee_quantity: Decimal | None = None
    settlement_asset: Asset | None = None
    settlement_quantity: Decimal | None = None
    side: str | None = None
    leverage: Decimal = Decimal(1)
    position: PortfolioAsset | None = None
    accepts_missing: bool = False
    client_key: str | None = None
    external_id: str | None = None
    venue: str | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    lifts_level: bool = False
    notes: str = ""
    corrects: TradeAction | None = None
    matches: TradeAction | None = None
    matches_row: int | None = None
    remarks: Mapping[str, Any] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    looked_up: tuple[str, ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether the entry is about a short position."""
        return self.action_type in SHORT_ONLY or self.side == PositionType.SHORT


def check(entry: NewEntry) -> None:
    """What can be said of an entry without looking at others.

    Raises:
        InvalidInput: a kind, quantity, price, fee or time that makes no sense; names the field.
    """
    _check_kind(entry)
    _check_amounts(entry)
    _check_fee(entry)
    _check_time(entry.executed_at)
    unknown = sorted(entry.remarks.keys() - REMARKS)
    if unknown:
        raise InvalidInput(_("%(field)s is no column of the journal.") % {"field": unknown[0]}, field=unknown[0])


def _check_kind(entry: NewEntry) -> None:
    kind = entry.action_type
    if kind not in ActionType.values or kind == ActionType.REVERSAL:
        kinds = ", ".join(value for value in ActionType.values if value != ActionType.REVERSAL)
        raise InvalidInput(_("action_type must be one of: %(kinds)s.") % {"kinds": kinds}, field="action_type")
    if entry.side not in (None, *PositionType.values):
        raise InvalidInput(_("side must be long or short."), field="side")
    contradicts = (kind in LONG_ONLY and entry.side == PositionType.SHORT) or (
        kind in SHORT_ONLY and entry.side == PositionType.LONG
    )
    if contradicts:
        raise InvalidInput(_("%(kind)s is not of this side.") % {"kind": kind}, field="side")
    of_coins = kind in OWNED or (kind == ActionType.FEE and bool(entry.quantity))
    if of_coins and (entry.leverage != 1 or entry.is_short):
        raise InvalidInput(_("%(kind)s is of coins that are owned.") % {"kind": kind}, field="position")
    has_half = entry.matches is not None or entry.matches_row is not None
    if has_half and kind not in (ActionType.TRANSFER_IN, ActionType.TRANSFER_OUT):
        raise InvalidInput(_("Only transfers have another half."), field="matches")


def _check_amounts(entry: NewEntry) -> None:
    for name in AMOUNTS:
        value = getattr(entry, name)
        if value is not None:
            _check_amount(name, value)
    kind = entry.action_type
    needs_quantity = kind not in UNCOUNTED and kind != ActionType.FULL_EXIT
    if (needs_quantity and not entry.quantity) or (kind == ActionType.FULL_EXIT and entry.quantity == 0):
        raise _needed("quantity", kind)
    if kind in PRICED and not entry.price:
        raise _needed("price", kind)
    for name, of_kind in (("stop_loss", ActionType.MODIFY_SL), ("take_profit", ActionType.MODIFY_TP)):
        level = getattr(entry, name)
        if level == 0 or (level is None and kind == of_kind and not entry.lifts_level):
            raise _needed(name, kind)
    if not 0 < entry.leverage < LARGEST_LEVERAGE or entry.leverage != round(entry.leverage, 2):
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "leverage"}, field="leverage")


def _needed(name: str, kind: str) -> InvalidInput:
    words = _("%(field)s has to be above 0 for this: %(kind)s.")
    return InvalidInput(words % {"field": name, "kind": kind}, field=name)


def _check_amount(name: str, value: Decimal) -> None:
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value < LARGEST:
        raise InvalidInput(_("%(field)s is out of range.") % {"field": name}, field=name)
    with localcontext(EXACT):
        if value != value.quantize(PLACES):
            raise InvalidInput(_("%(field)s has more than 18 decimal places.") % {"field": name}, field=name)


def _check_fee(entry: NewEntry) -> None:
    if (entry.fee_asset is None) != (not entry.fee_quantity):
        raise InvalidInput(_("A fee in coins needs the coin and its quantity."), field="fee_quantity")
    is_owned = entry.leverage == 1 and not entry.is_short
    takes_from_itself = is_owned and entry.fee_asset == entry.asset and entry.action_type in OPENING | OWNED - LEAVING
    if takes_from_itself and (entry.fee_quantity or 0) >= (entry.quantity or 0):
        raise InvalidInput(_("The fee is not smaller than what was received."), field="fee_quantity")
    if entry.settlement_asset is None and entry.settlement_quantity is not None:
        raise InvalidInput(_("settlement_quantity needs the coin that was paid with."), field="settlement_asset")
    if entry.settlement_asset is not None and entry.settlement_asset == entry.asset and entry.leverage == 1:
        raise InvalidInput(_("A coin is not paid with itself."), field="settlement_asset")
    _check_settlement(entry)
    if entry.action_type == ActionType.FEE and not (entry.fee or entry.fee_quantity or entry.quantity):
        raise _needed("fee", entry.action_type)


def _check_settlement(entry: NewEntry) -> None:
    coin = entry.settlement_asset
    if coin is not None and coin.asset_type != AssetType.STABLECOIN and entry.action_type not in PRICED:
        raise InvalidInput(_("%(kind)s is not paid in coins.") % {"kind": entry.action_type}, field="settlement_asset")


def _check_time(executed_at: datetime) -> None:
    if executed_at.tzinfo is None:
        raise InvalidInput(_("executed_at needs a time zone."), field="executed_at")
    if executed_at > timezone.now():
        raise InvalidInput(_("executed_at lies in the future."), field="executed_at")
