"""Prices, candles and indicators."""

import orjson
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.serializers import (
    CandlesQuery,
    CandlesSerializer,
    IndicatorsSerializer,
    PriceSerializer,
    PricesQuery,
    TimeframeQuery,
)
from assets.models import Asset
from assets.selectors.candle_json import candles_json, newest_indicators
from assets.selectors.visible import visible_assets
from system.exceptions import NoData
from system.rest import acts_as_admin
from system.rest.viewsets import ApiViewSet


class MarketDataViewSet(ApiViewSet):
    """Figures of single assets, open to everybody."""

    permission_classes = (AllowAny,)
    serializer_class = PriceSerializer
    queryset = Asset.objects.none()

    def asset(self) -> Asset:
        """The asset of the path; 404 when the caller may not see it."""
        return get_object_or_404(visible_assets(everything=acts_as_admin(self.request)), pk=self.kwargs["pk"])

    @extend_schema(
        summary="Current prices of several assets", parameters=[PricesQuery], responses=PriceSerializer(many=True)
    )
    @action(detail=False, pagination_class=None, filter_backends=())
    def prices(self, request: Request) -> Response:  # noqa: ARG002
        """Latest prices of the named assets, in the order of their rank."""
        ids = self.parameters(PricesQuery).get("ids", [])
        assets = visible_assets().filter(pk__in=ids).order_by("market_cap_rank", "pk")
        return Response(PriceSerializer(assets, many=True).data)

    @extend_schema(summary="OHLCV candles, newest last", parameters=[CandlesQuery], responses=CandlesSerializer)
    @action(detail=True)
    def candles(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """The newest candles of a period, oldest first. The last one may still be running."""
        asset, wanted = self.asset(), self.parameters(CandlesQuery)
        candles = candles_json(
            asset.pk,
            wanted["timeframe"],
            first=wanted.get("from"),
            end=wanted.get("to"),
            limit=wanted["limit"],
            indicators=wanted["indicators"],
            archive=wanted["include_archive"],
        )
        head = {"asset_id": asset.pk, "symbol": asset.symbol, "timeframe": wanted["timeframe"]}
        return Response(head | {"candles": orjson.Fragment(candles)})

    @extend_schema(summary="Newest technical indicators", parameters=[TimeframeQuery], responses=IndicatorsSerializer)
    @action(detail=True)
    def indicators(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Indicators at the newest candle that carries them."""
        asset, timeframe = self.asset(), self.parameters(TimeframeQuery)["timeframe"]
        newest = newest_indicators(asset.pk, timeframe)
        if newest is None:
            raise NoData(_("There are no indicators of this asset and timeframe yet."))
        candle_time, indicators = newest
        return Response(
            {"asset_id": asset.pk, "timeframe": timeframe, "candle_time": candle_time, "indicators": indicators}
        )
