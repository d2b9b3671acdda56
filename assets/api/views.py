"""Prices, candles, indicators and gaps."""

from datetime import datetime
from typing import Any

import django_filters.rest_framework as filters
import orjson
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.serializer_helpers import ReturnList

from assets.api.serializers import (
    CandleSerializer,
    CandlesQuery,
    CandlesSerializer,
    GapSerializer,
    IndicatorsSerializer,
    PriceSerializer,
    PricesQuery,
    TimeframeQuery,
    UploadedSerializer,
    UploadSerializer,
)
from assets.choices import GapStatus, Timeframe
from assets.models import Asset, CandleGap
from assets.selectors.candle_answers import CandleAnswer, candle_answer
from assets.selectors.candle_json import newest_indicators
from assets.selectors.visible import visible_assets
from assets.services.refreshing import order_refresh
from assets.services.uploads import accept_candles
from assets.services.usage import count_access
from system.exceptions import NoData
from system.rest import Filters, IdFilter, IsAdmin, acts_as_admin, caller
from system.rest.conditional import REVALIDATE, known_etags
from system.rest.ordered import OrderedSerializer, accepted
from system.rest.shaping import wanted_fields, wants_epoch
from system.rest.viewsets import ApiViewSet


class MarketDataViewSet(ApiViewSet):
    """Figures of single assets, open to everybody."""

    same_for_all = ("prices",)
    permission_classes = (AllowAny,)
    serializer_class = PriceSerializer
    queryset = Asset.objects.none()

    def get_permissions(self) -> Any:
        """Everybody reads; admins write."""
        return [IsAdmin()] if self.action in {"upload", "refresh"} else super().get_permissions()

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
    @action(detail=True, rows_in="candles", pagination_class=None)
    def candles(self, request: Request, pk: int) -> HttpResponseBase:
        """The newest candles of a period, oldest first. All of them are closed. ``fields`` names columns of a candle,
        and as CSV each is a line."""
        is_shaped = self.is_table or bool(wanted_fields(request)) or wants_epoch(request)
        known = frozenset() if is_shaped else known_etags(request.headers.get("If-None-Match", ""))
        wish = self.parameters(CandlesQuery)["wish"]
        answer = candle_answer(pk, wish, everything=acts_as_admin(request), known=known)
        if answer is None:
            raise Http404
        count_access(pk, wish.timeframe)
        if is_shaped:
            return Response(read_back(answer))
        headers = {"ETag": f'"{answer.etag}"', "Cache-Control": REVALIDATE}
        if answer.body is None:
            return HttpResponseNotModified(headers=headers)
        return HttpResponse(answer.body, content_type="application/json", headers=headers)

    @extend_schema(summary="Upsert candles", request=UploadSerializer, responses=UploadedSerializer)
    @candles.mapping.post
    def upload(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Stores closed candles; the same ones again change nothing. Each refused one is named with its reason."""
        asset, form = self.asset(), UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sent = form.validated_data
        report = accept_candles(asset, sent["timeframe"], sent["candles"], actor=caller(request), now=timezone.now())
        return Response(UploadedSerializer(report).data)

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

    @extend_schema(
        summary="Start a data sync of the asset",
        request=None,
        responses={status.HTTP_202_ACCEPTED: OrderedSerializer},
    )
    @action(detail=True, methods=["post"], filter_backends=())
    def refresh(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Have the candles of an asset fetched that it lacks, in every timeframe that is collected. Asking again while
        that waits or goes on is the same order; 409 says why nothing can be fetched."""
        return accepted(order_refresh(self.asset(), actor=caller(request)))


def read_back(answer: CandleAnswer) -> dict[str, Any]:
    """What the database has written as JSON, for who wants it in another shape."""
    found: dict[str, Any] = orjson.loads(answer.body or b"{}")
    for candle in found["candles"]:
        candle["time"] = datetime.fromisoformat(candle["time"])
    return found | {"candles": ReturnList(found["candles"], serializer=CandleSerializer(many=True))}


class GapFilters(Filters):
    """By asset, timeframe and state."""

    asset = IdFilter()
    timeframe = filters.ChoiceFilter(choices=Timeframe.choices)
    status = filters.ChoiceFilter(choices=GapStatus.choices)


@extend_schema_view(list=extend_schema(summary="Gaps in the candles"))
class GapViewSet(mixins.ListModelMixin, ApiViewSet):
    """What is missing of the candles, the newest gap first."""

    permission_classes = (IsAdmin,)
    serializer_class = GapSerializer
    filterset_class = GapFilters
    queryset = CandleGap.objects.select_related("asset").order_by("-starts_at", "pk")
