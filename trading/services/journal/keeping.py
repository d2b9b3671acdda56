"""How a portfolio is kept: its lot method, cash, base currency and stated prices; and everything derived anew."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from assets.choices import FIXED_SOURCE, AssetType
from assets.models import Asset
from selection.choices import BaseCurrency, LotMethod
from selection.compute.marks import DOLLAR
from selection.models import ManualPrice, Portfolio
from selection.services import forget_values
from selection.services.positions import LARGEST
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NotAllowed
from system.read_only import Kept, writing
from system.services import record_change
from trading.services.journal.accounts import Positions
from trading.services.journal.booking import locked
from trading.services.journal.derivation import derive, desk_of

DERIVED_BY = frozenset({"lot_method", "cash_asset"})
"""Settings that the derived rows follow from."""


@transaction.atomic
def rebuild_portfolio(portfolio: Portfolio, *, actor: User) -> datetime | None:
    """Derive every position of a portfolio from its journal.

    Returns:
        The earliest moment at which a derived row was not what the journal says; None if all were.
    Raises:
        ConflictError: the journal is impossible.
    """
    desk = desk_of(locked(portfolio))
    return derive(desk, desk.positions, actor=actor)


@transaction.atomic
def change_keeping(portfolio: Portfolio, *, actor: User, **changes: Any) -> Portfolio:
    """Change how a portfolio is kept. Its history is derived anew; the journal stays as it is.

    Args:
        portfolio: whose.
        actor: who changes it.
        changes: ``base_currency``, ``lot_method``, ``cash_asset`` (a stablecoin, the dollar, or None).
    Raises:
        NotAllowed: not their portfolio.
        InvalidInput: a setting or value that there is not.
        ConflictError: the journal does not fit, for example because more dollars were spent than came in.
    """
    if portfolio.user_id != actor.pk and not actor.is_staff:
        raise NotAllowed(_("This is not your portfolio."))
    for name, value in changes.items():
        _check(name, value)
    portfolio = locked(portfolio)
    old = {name: str(getattr(portfolio, name)) for name in changes}
    for name, value in changes.items():
        setattr(portfolio, name, value)
    portfolio.save(update_fields=[*changes, "updated_at"])
    new = {name: str(value) for name, value in changes.items()}
    if new != old:
        record_activity(actor, activity_type="portfolio_update", action="update", entity=portfolio, details=new)
        record_change(portfolio, AuditOperation.UPDATE, actor=actor, old=old, new=new)
    if DERIVED_BY & changes.keys():
        if portfolio.cash_asset is not None:
            Positions(portfolio, actor).spot(portfolio.cash_asset)
        rebuild_portfolio(portfolio, actor=actor)
    return portfolio


def _check(name: str, value: Any) -> None:
    is_known = {
        "base_currency": value in BaseCurrency.values,
        "lot_method": value in LotMethod.values,
        "cash_asset": value is None or getattr(value, "asset_type", None) == AssetType.STABLECOIN,
    }
    if not is_known.get(name, False):
        raise InvalidInput(_("%(field)s is out of range.") % {"field": name}, field=name)


def us_dollar() -> Asset:
    """The dollar itself as an asset, for portfolios that keep their cash at a bank. It has no candles."""
    with writing(Kept.DEFAULTS):
        dollar, _created = Asset.objects.get_or_create(
            symbol=DOLLAR,
            defaults={
                "name": "US dollar",
                "asset_type": AssetType.STABLECOIN,
                "current_price": Decimal(1),
                "is_active": False,
                "is_supported": False,
                "data_source": FIXED_SOURCE,
            },
        )
    return dollar


@transaction.atomic
def state_price(
    portfolio: Portfolio, asset: Asset, *, actor: User, price: Decimal, priced_at: datetime, note: str = ""
) -> ManualPrice:
    """State a price that no source has. Figures that rest on it are marked.

    Raises:
        NotAllowed: not their portfolio.
        InvalidInput: a price or time that makes no sense.
        ConflictError: there is a price for this moment already.
    """
    if portfolio.user_id != actor.pk and not actor.is_staff:
        raise NotAllowed(_("This is not your portfolio."))
    if not price.is_finite() or not 0 < price < LARGEST:
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "price"}, field="price")
    if priced_at.tzinfo is None:
        raise InvalidInput(_("%(field)s needs a time zone.") % {"field": "priced_at"}, field="priced_at")
    locked(portfolio)
    if ManualPrice.objects.filter(portfolio=portfolio, asset=asset, priced_at=priced_at).exists():
        raise ConflictError(_("There is a price for this moment already."), field="priced_at")
    stated = ManualPrice.objects.create(
        portfolio=portfolio, asset=asset, price=price, priced_at=priced_at, note=note or None, created_by=actor
    )
    forget_values(portfolio, since=priced_at)
    record_change(stated, AuditOperation.INSERT, actor=actor, new={"asset": asset.symbol, "price": str(price)})
    return stated
