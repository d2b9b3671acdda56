"""Snapshots and regimes, open to everybody."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from assets.selectors import shown_market
from macro.api.filters import RegimeFilters, SnapshotFilters
from macro.api.serializers import (
    CurrentRegimeSerializer,
    DominanceSerializer,
    ForecastQuery,
    HistoryQuery,
    IndicatorQuery,
    IndicatorSerializer,
    MetricsSnapshotSerializer,
    RegimeAnalysisSerializer,
    RegimeForecastSerializer,
    RegimePointSerializer,
    RegimeQuery,
    RegimeReviewSerializer,
    SentimentSerializer,
    SnapshotQuery,
)
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.selectors.regimes import live_regimes, newest_regime, regime_forecast, regime_history
from macro.selectors.snapshots import (
    dominance_card,
    macro_indicators,
    newest_snapshot,
    present_snapshot,
    sentiment_card,
)
from macro.services.regime_review import review_regime
from system.exceptions import NoData
from system.rest import CursorPages, IsAdmin, caller
from system.rest.viewsets import ApiViewSet, ReadViewSet


@extend_schema_view(list=extend_schema(summary="List market snapshots"), retrieve=extend_schema(summary="One snapshot"))
class SnapshotViewSet(ReadViewSet):
    """Facts of the market, newest first."""

    same_for_all = ("list", "latest")
    permission_classes = (AllowAny,)
    serializer_class = MetricsSnapshotSerializer
    filterset_class = SnapshotFilters
    pagination_class = CursorPages
    queryset = MetricsSnapshot.objects.order_by("-snapshot_time")

    @extend_schema(summary="Newest snapshot of a timeframe", parameters=[SnapshotQuery], filters=False)
    @action(detail=False, pagination_class=None)
    def latest(self, request: Request) -> Response:  # noqa: ARG002
        """The market as it was seen last."""
        snapshot = self.get_queryset().filter(timeframe=self.parameters(SnapshotQuery)["timeframe"]).first()
        if snapshot is None:
            raise NoData(_("There is no snapshot of this timeframe yet."))
        return Response(self.get_serializer(snapshot).data)


@extend_schema_view(list=extend_schema(summary="List regime analyses"), retrieve=extend_schema(summary="One analysis"))
class RegimeViewSet(ReadViewSet):
    """Regime analyses of the live series, newest first."""

    needs_match = True

    same_for_all = ("list",)
    permission_classes = (AllowAny,)
    serializer_class = RegimeAnalysisSerializer
    filterset_class = RegimeFilters
    pagination_class = CursorPages
    queryset = AIRegimeAnalysis.objects.none()

    def get_queryset(self):  # type: ignore[no-untyped-def]
        return live_regimes().order_by("-analysis_time")

    def get_permissions(self) -> Sequence[Any]:
        """Everybody reads; admins write."""
        return [IsAdmin()] if self.request.method not in SAFE_METHODS else super().get_permissions()

    @extend_schema(
        summary="Change one of regime analyses", request=RegimeReviewSerializer, responses=RegimeAnalysisSerializer
    )
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Remarks, and whether the analysis holds. Its figures are the run's."""
        given = self.given(RegimeReviewSerializer)
        with self.held() as analysis:
            return self.shown(review_regime(analysis, given, actor=caller(request)))


class MarketViewSet(ApiViewSet):
    """The state of the market in short."""

    same_for_all = ("regime", "regime_forecast", "sentiment", "dominance", "indicators", "history")
    permission_classes = (AllowAny,)
    serializer_class = CurrentRegimeSerializer
    queryset = AIRegimeAnalysis.objects.none()

    @extend_schema(summary="Current market regime", parameters=[RegimeQuery])
    @action(detail=False)
    def regime(self, request: Request) -> Response:  # noqa: ARG002
        """The newest live analysis of a timeframe."""
        analysis = analysed(self.parameters(RegimeQuery)["timeframe"])
        return Response(CurrentRegimeSerializer(analysis).data)

    @extend_schema(summary="Forecast of the regime", parameters=[ForecastQuery], responses=RegimeForecastSerializer)
    @action(detail=False, url_path="regime-forecast")
    def regime_forecast(self, request: Request) -> Response:  # noqa: ARG002
        """Which state is to be expected some days ahead, from how the states of daily candles followed one another."""
        wanted = self.parameters(ForecastQuery)
        found = regime_forecast(analysed("1d"), int(wanted["horizon"].removesuffix("d")))
        return Response(RegimeForecastSerializer(found, context=wanted).data)

    @extend_schema(summary="Market sentiment", responses=SentimentSerializer)
    @action(detail=False)
    def sentiment(self, request: Request) -> Response:  # noqa: ARG002
        """The mood at the newest look at the market."""
        return Response(SentimentSerializer(sentiment_card(looked_at())).data)

    @extend_schema(summary="Dominance and total market cap", responses=DominanceSerializer)
    @action(detail=False)
    def dominance(self, request: Request) -> Response:  # noqa: ARG002
        """Shares at the newest look at the market."""
        return Response(DominanceSerializer(dominance_card(looked_at())).data)

    @extend_schema(
        summary="Macro indicators (DXY, VIX, S&P 500, gold, yields, ...)",
        parameters=[IndicatorQuery],
        responses=IndicatorSerializer(many=True),
    )
    @action(detail=False, pagination_class=None)
    def indicators(self, request: Request) -> Response:  # noqa: ARG002
        """Values of other markets, as the newest look at the market knows them. What is not known, or is by now too old
        to stand for the present, says so in its metadata."""
        wanted = self.parameters(IndicatorQuery)
        snapshot = newest_snapshot(shown_market(), wanted["timeframe"])
        names = [name.strip().upper() for name in wanted["names"].split(",") if name.strip()]
        rows = macro_indicators(snapshot, timezone.now(), names) if snapshot else []
        return Response(IndicatorSerializer(rows, many=True, context=wanted).data)

    @extend_schema(
        summary="History of regime and key metrics",
        parameters=[HistoryQuery],
        responses=RegimePointSerializer(many=True),
    )
    @action(detail=False, pagination_class=None)
    def history(self, request: Request) -> Response:  # noqa: ARG002
        """Regime, price, sentiment and dominance over the last days, oldest first."""
        wanted = self.parameters(HistoryQuery)
        return Response(RegimePointSerializer(regime_history(wanted["interval"], wanted["days"]), many=True).data)


def analysed(timeframe: str) -> AIRegimeAnalysis:
    """The newest live analysis of a timeframe."""
    analysis = newest_regime(timeframe)
    if analysis is None:
        raise NoData(_("The market has not been analysed in this timeframe yet."), code="no_analysis_yet")
    return analysis


def looked_at() -> MetricsSnapshot:
    """The newest snapshot of the market that is shown."""
    snapshot = present_snapshot(shown_market())
    if snapshot is None:
        raise NoData(_("The market has not been looked at yet."))
    return snapshot
