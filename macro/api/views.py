"""Snapshots and regimes, open to everybody."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from macro.api.filters import RegimeFilters, SnapshotFilters
from macro.api.serializers import (
    CurrentRegimeSerializer,
    HistoryQuery,
    MetricsSnapshotSerializer,
    RegimeAnalysisSerializer,
    RegimePointSerializer,
    RegimeQuery,
    SnapshotQuery,
)
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.selectors.regimes import live_regimes, newest_regime, regime_history
from system.exceptions import NoData
from system.rest import CursorPages
from system.rest.viewsets import ApiViewSet, ReadViewSet


@extend_schema_view(list=extend_schema(summary="List market snapshots"), retrieve=extend_schema(summary="One snapshot"))
class SnapshotViewSet(ReadViewSet):
    """Facts of the market, newest first."""

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

    permission_classes = (AllowAny,)
    serializer_class = RegimeAnalysisSerializer
    filterset_class = RegimeFilters
    pagination_class = CursorPages
    queryset = AIRegimeAnalysis.objects.none()

    def get_queryset(self):  # type: ignore[no-untyped-def]
        return live_regimes().order_by("-analysis_time")


class MarketViewSet(ApiViewSet):
    """The state of the market in short."""

    permission_classes = (AllowAny,)
    serializer_class = CurrentRegimeSerializer
    queryset = AIRegimeAnalysis.objects.none()

    @extend_schema(summary="Current market regime", parameters=[RegimeQuery])
    @action(detail=False)
    def regime(self, request: Request) -> Response:  # noqa: ARG002
        """The newest live analysis of a timeframe."""
        analysis = newest_regime(self.parameters(RegimeQuery)["timeframe"])
        if analysis is None:
            raise NoData(_("The market has not been analysed in this timeframe yet."), code="no_analysis_yet")
        return Response(CurrentRegimeSerializer(analysis).data)

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
