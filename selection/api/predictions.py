"""The door of the forecasts, with the one where people ask for them: whoever answers reads layers 2 and 3."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from aimodels.api.serializers import PredictionSerializer
from aimodels.api.views import PredictionViewSet
from aimodels.services.asked_forecasts import Wish
from assets.models import Asset
from assets.selectors.visible import visible_assets
from selection.models import Watchlist
from selection.selectors.visible import visible_watchlists
from selection.services.asked_forecasts import ask_forecast
from system.exceptions import NotAllowed
from system.rest import acts_as_admin, caller
from system.rest.filters import LAYERS
from system.rest.inputs import HIGHEST_ID, AssetInputSerializer


class AskSerializer(AssetInputSerializer):
    """A forecast that somebody asks for."""

    layer_source = serializers.ChoiceField(
        choices=[one for one in LAYERS if one != "all"],
        required=False,
        help_text="Who is asked: 3 forecasts assets, 2 the indexes of sectors; left out: whoever forecasts this asset",
    )
    prediction_horizon = serializers.IntegerField(min_value=1, max_value=10_000, help_text="Hours")
    prediction_type = serializers.ChoiceField(choices=["price", "direction"], default="price", help_text="Of what")
    model_name = serializers.CharField(
        required=False, allow_null=True, max_length=50, help_text="By whom; left out: whoever serves"
    )
    watchlist_id = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=HIGHEST_ID, help_text="List that it is about"
    )
    features_override = serializers.DictField(
        child=serializers.FloatField(),
        required=False,
        help_text="Features by name instead of the market's; admins only",
    )


class AskedPredictionViewSet(PredictionViewSet):
    """Forecasts of the live series, newest first, and the one that somebody asks for."""

    @extend_schema(
        summary="Ask for a prediction",
        request=AskSerializer,
        responses={status.HTTP_201_CREATED: PredictionSerializer},
    )
    def create(self, request: Request) -> Response:
        """Have an asset forecast now by the model that serves. It is kept and scored as every forecast, is seen by who
        asked and by admins, and does not count in the public record."""
        given, is_admin = self.given(AskSerializer), acts_as_admin(request)
        override = given.get("features_override") or {}
        if override and not is_admin:
            raise NotAllowed(_("Only admins override features."), field="features_override")
        asset: Asset = get_object_or_404(visible_assets(everything=is_admin), pk=given["asset_id"])
        wish = Wish(
            asset_id=asset.pk,
            hours=given["prediction_horizon"],
            kind=given["prediction_type"],
            model_name=given.get("model_name"),
            watchlist_id=self.watchlist(given.get("watchlist_id"), everything=is_admin),
            override=override,
        )
        layer = given.get("layer_source")
        made = ask_forecast(asset, wish, user=caller(request), layer=layer and int(layer.removeprefix("layer")))
        return self.shown(made, code=status.HTTP_201_CREATED)

    def watchlist(self, watchlist_id: int | None, *, everything: bool) -> int | None:
        """The list that is named; 404 when the caller may not see it."""
        if watchlist_id is None:
            return None
        found: Watchlist = get_object_or_404(
            visible_watchlists(self.request.user, everything=everything), pk=watchlist_id
        )
        return found.pk
