"""Forecasts that people ask for: of an asset by layer 3, of an index by layer 2."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from aimodels.compute.panels import Features
from aimodels.models import AIModel, Prediction
from aimodels.services.asked_forecasts import Wish, forecast_wish
from aimodels.services.price_forecasts import Prices
from aimodels.services.price_models import PriceModels, horizons
from assets.choices import AssetType
from assets.models import Asset
from assets.selectors import MarketView, market_view
from macro.selectors.regime_words import live_regime, regime_words
from sectors.rules import SECTOR_PRICES
from sectors.services.forecasts import sector_prices
from selection.rules import ASSET_PRICES
from selection.services.forecasts import asset_prices
from system.exceptions import InvalidInput, NoData

Lift = Callable[[MarketView], tuple[Prices, Callable[[], Features]] | None]
LAYERS: dict[int, tuple[PriceModels, Lift]] = {
    SECTOR_PRICES.layer: (SECTOR_PRICES, sector_prices),
    ASSET_PRICES.layer: (ASSET_PRICES, asset_prices),
}
USUAL = ("1d", "4h", "1h")
"""Candles that a horizon is forecast from, the first that resolves it, where no model is named."""


def ask_forecast(asset: Asset, wish: Wish, *, user: User, layer: int | None = None) -> Prediction:
    """Forecast an asset or an index now, for a person.

    Args:
        asset: that the person may see.
        layer: who is asked; None = whoever forecasts this asset.
    Raises:
        InvalidInput: this layer does not forecast such an asset, or not over such a horizon.
        NoData: there is no such model, or the asset has too little history.
        ConflictError, TooSoon: see ``forecast_wish``.
    """
    of_asset = SECTOR_PRICES.layer if asset.asset_type == AssetType.INDEX else ASSET_PRICES.layer
    if layer not in (None, of_asset):
        raise InvalidInput(
            _("Prices of this asset are forecast by layer %(layer)s.") % {"layer": of_asset}, field="layer_source"
        )
    models, lift = LAYERS[of_asset]
    timeframe = _timeframe(models, wish)
    now = timezone.now()
    found = lift(market_view(timeframe, now))
    if found is None:
        raise NoData(_("There are no sectors to forecast."), code="no_forecast")
    context: dict[str, Any] = dict(regime_words(live_regime(timeframe, now)))
    return forecast_wish(models, *found, wish, context=context, user=user)


def _timeframe(models: PriceModels, wish: Wish) -> str:
    """Candles that the named model reads, or the usual ones for the horizon."""
    name = wish.model_name
    if name is None:
        fitting = [timeframe for timeframe in USUAL if wish.hours in horizons(timeframe)]
        if not fitting:
            raise _no_horizon(sorted({hours for timeframe in USUAL for hours in horizons(timeframe)}))
        return fitting[0]
    if not AIModel.objects.filter(name=name).exists():
        raise NoData(_("There is no model %(name)s.") % {"name": name}, field="model_name", code="unknown_model")
    timeframe, hours = _known(models, name)
    if wish.hours not in hours:
        raise _no_horizon(hours)
    return timeframe


def _known(models: PriceModels, name: str) -> tuple[str, list[int]]:
    """Timeframe and horizons of a model of this layer."""
    for timeframe, rules in models.rules.items():
        if rules.name == name:
            return timeframe, list(horizons(timeframe))
    try:
        timeframe, only = models.parsed(name)
    except InvalidInput:
        raise InvalidInput(
            _("%(name)s does not forecast prices of such an asset.") % {"name": name}, field="model_name"
        ) from None
    return timeframe, [only]


def _no_horizon(known: list[int]) -> InvalidInput:
    return InvalidInput(
        _("It is forecast over %(hours)s hours.") % {"hours": ", ".join(map(str, known))}, field="prediction_horizon"
    )
