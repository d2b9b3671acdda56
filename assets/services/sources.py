"""Which source is asked for the candles of an asset."""

from assets.models import Asset
from assets.providers.base import CandleSource
from assets.providers.sources import candle_source
from system.services import setting

PERPETUAL = "-PERP"
"""How the symbol of a perpetual ends."""


def sources_of(asset: Asset) -> list[CandleSource]:
    """All sources that may have candles of an asset, in the order in which they are asked: where it was registered from
    if it is traded there, else the exchange of the settings; then the sources that repair."""
    settings = setting("collection")
    own = asset.data_source if asset.data_source in (asset.external_ids or {}) else settings["exchange"]
    names = dict.fromkeys([own, settings["exchange"], *settings["repair_sources"]])
    is_perpetual = asset.symbol.endswith(PERPETUAL)
    found = (candle_source(name, is_perpetual=is_perpetual) for name in names)
    return [source for source in found if source is not None]


def source_of(asset: Asset) -> CandleSource | None:
    """The source that is asked first; None when nobody has candles of such an asset."""
    return next(iter(sources_of(asset)), None)
