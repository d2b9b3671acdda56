"""Assets as admins keep them: what is tracked, under which names."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assets.choices import DEMO_SOURCE
from assets.models import Asset
from system.exceptions import ConflictError, InvalidInput
from system.services import change_row, create_row


@transaction.atomic
def create_asset(*, actor: Any, values: Mapping[str, Any]) -> Asset:
    """An asset that an admin adds. Its figures come with the data.

    Raises:
        ConflictError: another asset has the symbol or the CoinGecko id.
        InvalidInput: a value that an asset cannot have.
    """
    _check(values)
    return create_row(Asset(**values), actor=actor)


@transaction.atomic
def change_asset(asset: Asset, *, actor: Any, changes: Mapping[str, Any]) -> Asset:
    """Names, links and switches of an asset. Equal values change nothing.

    Raises:
        ConflictError: another asset has the symbol or the CoinGecko id.
        InvalidInput: a value that an asset cannot have.
    """
    _check(changes, asset)
    return change_row(asset, actor=actor, changes=changes)


def deactivate_asset(asset: Asset, *, actor: Any) -> Asset:
    """Track an asset no longer. Its candles and all that was said of it stay."""
    return change_row(asset, actor=actor, changes={"is_active": False})


def _check(values: Mapping[str, Any], asset: Asset | None = None) -> None:
    symbol, coin = values.get("symbol"), (values.get("external_ids") or {}).get("coingecko")
    others = Asset.objects.exclude(pk=asset.pk) if asset else Asset.objects.all()
    if symbol is not None and symbol != symbol.upper():
        raise InvalidInput(_("A symbol is written in capitals."), field="symbol")
    if symbol is not None and others.filter(symbol=symbol).exists():
        raise ConflictError(_("Another asset has this symbol."), field="symbol", code="symbol_taken")
    if coin is not None and others.filter(external_ids__coingecko=coin).exists():
        raise ConflictError(_("Another asset has this CoinGecko id."), field="external_ids", code="coin_taken")
    if values.get("data_source") == DEMO_SOURCE and (asset is None or asset.data_source != DEMO_SOURCE):
        raise InvalidInput(_("Assets of the demo market are made by the program."), field="data_source")
