"""Positions as their owners keep them: opened by an entry of the journal, with plans and notes beside it. Nothing that
follows from the journal is typed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from assets.models import Asset
from selection.choices import HoldingType, PositionType, TradeStatus
from selection.models import Portfolio, PortfolioAsset
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NotAllowed
from system.services import record_change
from trading.choices import ActionType
from trading.services.journal import NewEntry
from trading.services.journal.booking import Recording, RefusedEntries

LEVELS = {
    "stop_loss_price": (ActionType.MODIFY_SL, "stop_loss"),
    "take_profit_price": (ActionType.MODIFY_TP, "take_profit"),
}
"""Columns that follow from entries of their own."""
PLANS = frozenset(
    {
        "allocation_target_percent",
        "investment_thesis",
        "investment_timeframe",
        "risk_category",
        "max_allocation_percent",
        "notes",
        "sort_order",
        "trade_status",
    }
)
"""Columns that say what the owner means to do."""


@dataclass(frozen=True)
class Opening:
    """A position that is opened.

    Attributes:
        asset: what is held.
        kind: of holding; None = as follows from the leverage.
        quantity: coins.
        price: USD per coin.
        fee: USD.
        leverage: 1 = none.
        opened_at: when.
        timeframe: that it was decided on.
        levels: stop and target, USD, by column.
        plans: further columns of ``PLANS``.
    """

    asset: Asset
    kind: str | None
    quantity: Decimal
    price: Decimal
    fee: Decimal | None
    leverage: Decimal
    opened_at: datetime
    timeframe: str | None = None
    levels: Mapping[str, Decimal] = field(default_factory=dict)
    plans: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_short(self) -> bool:
        return self.kind == HoldingType.SHORT_POSITION

    @property
    def action_type(self) -> ActionType:
        """The entry that opens it."""
        if self.is_short:
            return ActionType.SHORT
        return ActionType.BUY if self.leverage == 1 else ActionType.ENTRY


@transaction.atomic
def open_position(portfolio: Portfolio, opening: Opening, *, actor: User) -> PortfolioAsset:
    """Open a position by its first entry in the journal; its stop and target are entries too.

    Raises:
        NotAllowed: not their portfolio.
        InvalidInput: an amount or a time that makes no sense, or a kind of holding that does not fit.
        ConflictError: such a position is open already, or there is not the cash for it.
    """
    _require_kind(opening)
    side = PositionType.SHORT if opening.is_short else PositionType.LONG
    shared: dict[str, Any] = {"side": side, "leverage": opening.leverage}
    remarks = {"timeframe": opening.timeframe} if opening.timeframe else {}
    first = NewEntry(
        opening.asset, opening.action_type, opening.opened_at, quantity=opening.quantity, price=opening.price,
        fee=opening.fee, remarks=remarks, **shared,
    )  # fmt: skip
    levels = [
        _with_level(NewEntry(opening.asset, LEVELS[name][0], opening.opened_at, **shared), name, level)
        for name, level in opening.levels.items()
    ]
    recording = Recording(portfolio, [first, *levels], actor)
    _require_none_open(recording.portfolio, opening)
    position = _recorded(recording).portfolio_asset
    position.refresh_from_db()
    _set(position, opening.plans, actor)
    record_activity(
        actor, activity_type="execute_trade", action="open_position", entity=position,
        details={"asset": opening.asset.symbol, "quantity": str(opening.quantity), "price": str(opening.price)},
    )  # fmt: skip
    record_change(position, AuditOperation.INSERT, actor=actor, new={"asset": opening.asset.symbol, **opening.plans})
    return position


@transaction.atomic
def change_position(position: PortfolioAsset, changes: Mapping[str, Any], *, actor: User) -> PortfolioAsset:
    """Change what an owner plans with a position. A new stop or target is an entry of the journal too; None takes it
    away. Equal values change nothing. The caller holds the portfolio's row and then the position's.

    Raises:
        NotAllowed: not their position.
        InvalidInput: a column that follows from the journal.
        ConflictError: a position that holds nothing is to be in a state other than closed.
    """
    _require_own(position, actor)
    if strange := sorted(set(changes) - PLANS - LEVELS.keys()):
        raise InvalidInput(_("%(name)s is not changed by hand.") % {"name": strange[0]}, field=strange[0])
    new = {name: value for name, value in changes.items() if getattr(position, name) != value}
    if "trade_status" in new and not position.quantity:
        raise ConflictError(_("This position holds nothing: it is closed."), field="trade_status", code="closed")
    old = {name: getattr(position, name) for name in new}
    moved = [_moved(position, name, value) for name, value in new.items() if name in LEVELS]
    if moved:
        _recorded(Recording(position.portfolio, moved, actor))
        position.refresh_from_db()
    _set(position, {name: value for name, value in new.items() if name in PLANS}, actor)
    if new:
        record_activity(
            actor,
            activity_type="portfolio_update",
            action="change_position",
            entity=position,
            details={"fields": sorted(new)},
        )
        record_change(position, AuditOperation.UPDATE, actor=actor, old=old, new=new)
    return position


@transaction.atomic
def remove_position(position: PortfolioAsset, *, actor: User, force: bool = False) -> None:
    """Put a position out of sight. Its journal stays, and so does what it holds: it comes back with its next entry.
    The caller holds its row.

    Args:
        force: even though it holds something.
    Raises:
        NotAllowed: not their position.
        ConflictError: it holds something, or is out of sight already.
    """
    _require_own(position, actor)
    if not position.is_active:
        raise ConflictError(_("This position was removed already."), code="wrong_state")
    if position.quantity and not force:
        raise ConflictError(
            _("This position holds %(quantity)s: close it first.") % {"quantity": f"{position.quantity.normalize():f}"},
            code="position_open",
        )
    _set(position, {"is_active": False}, actor)
    record_activity(actor, activity_type="portfolio_update", action="remove_position", entity=position)
    record_change(position, AuditOperation.UPDATE, actor=actor, old={"is_active": True}, new={"is_active": False})


def _require_own(position: PortfolioAsset, actor: User) -> None:
    if position.portfolio.user_id != actor.pk and not actor.is_staff:
        raise NotAllowed(_("This is not your portfolio."))


def _require_kind(opening: Opening) -> None:
    is_leveraged = opening.leverage != 1
    fits: dict[str | None, bool] = {
        None: True,
        HoldingType.SHORT_POSITION: True,
        HoldingType.LONG_POSITION: is_leveraged,
        HoldingType.CRYPTO_ASSET: not is_leveraged,
        HoldingType.STABLECOIN: not is_leveraged,
    }
    if not fits.get(opening.kind, False):
        raise InvalidInput(_("Coins are owned without leverage, a long position has some."), field="leverage_ratio")
    named = (opening.kind == HoldingType.STABLECOIN) == (opening.asset.asset_type == "stablecoin")
    if opening.kind in (HoldingType.CRYPTO_ASSET, HoldingType.STABLECOIN) and not named:
        raise InvalidInput(_("This asset is no such holding."), field="asset_type")


def _require_none_open(portfolio: Portfolio, opening: Opening) -> None:
    """The portfolio's row is locked."""
    rows = portfolio.positions.filter(asset=opening.asset, leverage_ratio=opening.leverage).exclude(quantity=0)
    shorts = rows.filter(asset_type=HoldingType.SHORT_POSITION)
    if (shorts if opening.is_short else rows.exclude(asset_type=HoldingType.SHORT_POSITION)).exists():
        raise ConflictError(
            _("There is such a position already: record a trade action."), field="asset_id", code="position_exists"
        )


def _moved(position: PortfolioAsset, name: str, level: Decimal | None) -> NewEntry:
    """The entry by which a stop or a target is set or taken away."""
    entry = NewEntry(position.asset, LEVELS[name][0], timezone.now(), position=position, lifts_level=level is None)
    return _with_level(entry, name, level)


def _with_level(entry: NewEntry, name: str, level: Decimal | None) -> NewEntry:
    changed: dict[str, Any] = {LEVELS[name][1]: level}
    return replace(entry, **changed)


def _recorded(recording: Recording) -> Any:
    """The first entry, after all were booked.

    Raises:
        InvalidInput, ConflictError: the cause of the first refusal.
    """
    try:
        return recording.record().actions[0]
    except RefusedEntries:
        raise next(iter(recording.causes.values())) from None


def _set(position: PortfolioAsset, values: Mapping[str, Any], actor: User) -> None:
    if not values:
        return
    for name, value in values.items():
        setattr(position, name, value)
    position.last_modified_by = actor
    position.save(update_fields=[*values, "last_modified_by", "updated_at"])


STATES = tuple(one for one in TradeStatus.values if one != TradeStatus.CLOSED)
"""What people say of a position; closed it is by an exit alone."""
