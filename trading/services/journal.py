"""The trade journal: what was traded, written once; positions follow from it."""

from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from assets.choices import AssetType
from assets.models import Asset
from selection.choices import HoldingType
from selection.compute.lots import EXACT, PLACES, Fill
from selection.models import Portfolio, PortfolioAsset
from selection.services import TimedFill, land_position
from selection.services.positions import LARGEST
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NotAllowed
from system.services import record_change
from trading.choices import ActionType
from trading.models import TradeAction

OPENING = {ActionType.BUY: False, ActionType.SHORT: True}
CLOSING = {ActionType.SELL: False, ActionType.COVER: True}
"""Kind of trade → whether its position is short."""


@transaction.atomic
def record_trade(
    portfolio: Portfolio,
    asset: Asset,
    *,
    actor: User,
    action_type: str,
    quantity: Decimal,
    price: Decimal,
    executed_at: datetime,
    fee: Decimal = Decimal(0),
    client_key: str | None = None,
    notes: str = "",
) -> TradeAction:
    """Enter a trade; its position is derived anew. The same ``client_key`` again returns the entry that is there.

    Args:
        portfolio: whose.
        asset: what was traded.
        actor: who enters it.
        action_type: buy, sell, short or cover.
        quantity: coins, above 0.
        price: USD per coin, above 0.
        executed_at: when it was traded; not in the future.
        fee: USD.
        client_key: key of the client or import line, one per trade of the portfolio.
        notes: what the person remarks.
    Raises:
        NotAllowed: not their portfolio.
        InvalidInput: a quantity, price, fee or time that makes no sense.
        ConflictError: it closes more than is held, or the key belongs to another trade.
    """
    if portfolio.user_id != actor.pk and not actor.is_staff:
        raise NotAllowed(_("This is not your portfolio."))
    kind = _checked(action_type, quantity, price, fee, executed_at)
    position = _position(portfolio, asset, OPENING.get(kind, CLOSING.get(kind, False)), actor)
    values: dict[str, Any] = {
        "portfolio_asset": position,
        "action_type": kind,
        "asset_price": price,
        "quantity": quantity,
        "fees_paid": fee,
        "executed_at": executed_at,
        "notes": notes or None,
    }
    if client_key and (known := _known(portfolio, client_key, values)) is not None:
        return known
    action = TradeAction.objects.create(client_key=client_key or None, **values)
    land_position(position, _fills(position), actor=actor)
    action.refresh_from_db()
    details = {"action": kind.value, "asset": asset.symbol, "quantity": str(quantity), "price": str(price)}
    record_activity(actor, activity_type="execute_trade", action="create", entity=portfolio, details=details)
    record_change(action, AuditOperation.INSERT, actor=actor, new=details)
    return action


def _known(portfolio: Portfolio, client_key: str, values: dict[str, Any]) -> TradeAction | None:
    """The entry of the portfolio, which is locked, that has this key.

    Raises:
        ConflictError: it is another trade.
    """
    known = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio, client_key=client_key).first()
    if known is not None and any(getattr(known, name) != value for name, value in values.items()):
        raise ConflictError(_("This key belongs to another trade."), field="client_key")
    return known


def _checked(action_type: str, quantity: Decimal, price: Decimal, fee: Decimal, executed_at: datetime) -> ActionType:
    if action_type not in OPENING and action_type not in CLOSING:
        raise InvalidInput(_("action_type must be one of: buy, sell, short, cover."), field="action_type")
    for name, value, least in (("quantity", quantity, True), ("price", price, True), ("fee", fee, False)):
        if not value.is_finite() or not 0 <= value < LARGEST or (least and value == 0):
            raise InvalidInput(_("%(field)s is out of range.") % {"field": name}, field=name)
        with localcontext(EXACT):
            if value != value.quantize(PLACES):
                raise InvalidInput(_("%(field)s has more than 18 decimal places.") % {"field": name}, field=name)
    if executed_at.tzinfo is None:
        raise InvalidInput(_("executed_at needs a time zone."), field="executed_at")
    if executed_at > timezone.now():
        raise InvalidInput(_("executed_at lies in the future."), field="executed_at")
    return ActionType(action_type)


def _position(portfolio: Portfolio, asset: Asset, is_short: bool, actor: User) -> PortfolioAsset:
    """The portfolio's long or short position in an asset, locked; made for its first trade."""
    Portfolio.objects.select_for_update().get(pk=portfolio.pk)
    holding = HoldingType.CRYPTO_ASSET if asset.asset_type != AssetType.STABLECOIN else HoldingType.STABLECOIN
    kind = HoldingType.SHORT_POSITION if is_short else holding
    position, _created = PortfolioAsset.objects.get_or_create(
        portfolio=portfolio,
        asset=asset,
        asset_type=kind,
        defaults={"added_by": actor, "last_modified_by": actor, "sort_order": portfolio.positions.count() + 1},
    )
    return position


def _fills(position: PortfolioAsset) -> list[TimedFill]:
    """Trades of a position by time; those of one moment in the order of entry."""
    actions = position.actions.filter(action_type__in=[*OPENING, *CLOSING]).order_by("executed_at", "id")
    return [
        TimedFill(
            Fill(a.pk, a.action_type in OPENING, a.quantity, a.asset_price, a.fees_paid or Decimal(0)), a.executed_at
        )
        for a in actions
    ]
