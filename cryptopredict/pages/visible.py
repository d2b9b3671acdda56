"""What an address names, as far as it is shown."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from assets.models import Asset
from assets.selectors.visible import visible_assets


def visible_asset(symbol: str) -> Asset:
    """The asset of a symbol, however it is spelled; 404 for one that is not shown."""
    if "\x00" in symbol:  # no text in the database can hold it, and asking for it is an error there
        raise Http404
    return get_object_or_404(visible_assets(), symbol=symbol.upper())
