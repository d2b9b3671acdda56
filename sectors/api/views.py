"""Sectors, their members and rotation, and assets with their sectors."""

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from assets.models import Asset
from assets.selectors.visible import visible_assets
from sectors.api.filters import AnalysisFilters, AssetFilters, MemberFilters, RotationFilters, SectorFilters
from sectors.api.serializers import (
    AssetSectorSerializer,
    AssetSerializer,
    CrossSectorSerializer,
    RotationSerializer,
    SectorAnalysisSerializer,
    SectorDetailSerializer,
    SectorMemberSerializer,
    StandingSerializer,
)
from sectors.api.window_serializers import (
    CompareQuery,
    CourseSerializer,
    SeriesQuery,
    SeriesSerializer,
    SideBySideSerializer,
    WindowQuery,
)
from sectors.models import AICrossSectorAnalysis, AISectorAnalysis, Sector
from sectors.selectors.history import comparisons, sector_points
from sectors.selectors.standing import current_members, newest_comparison, standings
from sectors.selectors.windows import course, side_by_side
from system.choices import LIVE
from system.exceptions import NoData
from system.rest import CursorPages, IsUser, acts_as_admin
from system.rest.viewsets import ApiViewSet, ReadViewSet


class SectorViewSet(ApiViewSet):
    """Parts of the market."""

    permission_classes = (AllowAny,)
    serializer_class = StandingSerializer
    filterset_class = SectorFilters
    queryset = Sector.objects.all()

    @extend_schema(summary="Sectors with current performance")
    def list(self, request: Request) -> Response:  # noqa: ARG002
        """Sectors, the largest first."""
        sectors = with_standing(self.rows(self.filter_queryset(self.get_queryset())))
        return self.get_paginated_response(StandingSerializer(sectors, many=True).data)

    @extend_schema(summary="One sector", responses=SectorDetailSerializer)
    def retrieve(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """A sector with its newest analysis."""
        sector = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(SectorDetailSerializer(with_standing([sector])[0]).data)

    @extend_schema(summary="Sector rotation", responses=RotationSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def rotation(self, request: Request) -> Response:  # noqa: ARG002
        """The newest comparison of all sectors with its flows."""
        return Response(RotationSerializer(newest_or_refused()).data)

    @extend_schema(summary="Earlier cross-sector analyses", responses=CrossSectorSerializer(many=True))
    @action(
        detail=False,
        url_path="rotation/history",
        filterset_class=RotationFilters,
        pagination_class=CursorPages,
        serializer_class=CrossSectorSerializer,
    )
    def rotation_history(self, request: Request) -> Response:  # noqa: ARG002
        """Live comparisons of all sectors with their flows, newest first."""
        return self.filtered_page(comparisons())

    @extend_schema(summary="Compare sectors", parameters=[CompareQuery], responses=SideBySideSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def compare(self, request: Request) -> Response:  # noqa: ARG002
        """Sectors side by side, as the newest comparison of all of them saw them."""
        wanted = self.parameters(CompareQuery)
        found = side_by_side(newest_or_refused(), wanted["sectors"], wanted["timeframe"])
        return Response(SideBySideSerializer(found, context=wanted).data)

    @extend_schema(
        summary="Performance of a sector", parameters=[WindowQuery], responses=CourseSerializer, filters=False
    )
    @action(detail=True, pagination_class=None)
    def performance(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """The newest analysis of a sector, and how its size changed over a window."""
        sector = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(CourseSerializer(course(sector, self.parameters(WindowQuery)["timeframe"])).data)

    @extend_schema(
        summary="Time series of a sector", parameters=[SeriesQuery], responses=SeriesSerializer, filters=False
    )
    @action(detail=True, pagination_class=None)
    def history(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Points of the last days, oldest first."""
        sector, wanted = get_object_or_404(self.get_queryset(), pk=pk), self.parameters(SeriesQuery)
        points = sector_points(sector.pk, wanted["timeframe"], timezone.now(), wanted["days"])
        series = {"sector_id": sector.pk, "timeframe": wanted["timeframe"], "points": points}
        return Response(SeriesSerializer(series).data)

    @extend_schema(summary="Assets of a sector", responses=SectorMemberSerializer(many=True))
    @action(detail=True, filterset_class=MemberFilters, serializer_class=SectorMemberSerializer)
    def assets(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Present members of a sector."""
        sector = get_object_or_404(self.get_queryset(), pk=pk)
        members = current_members().filter(sector=sector, asset__in=visible_assets()).select_related("asset")
        return self.filtered_page(members)

    @extend_schema(summary="AI analyses of a sector", responses=SectorAnalysisSerializer(many=True))
    @action(
        detail=True,
        permission_classes=(IsUser,),
        filterset_class=AnalysisFilters,
        pagination_class=CursorPages,
        serializer_class=SectorAnalysisSerializer,
    )
    def analyses(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Live analyses of a sector, newest first."""
        sector = get_object_or_404(self.get_queryset(), pk=pk)
        return self.filtered_page(
            AISectorAnalysis.objects.filter(sector=sector, series=LIVE).order_by("-analysis_time")
        )


def newest_or_refused() -> AICrossSectorAnalysis:
    """The newest comparison of all sectors."""
    comparison = newest_comparison()
    if comparison is None:
        raise NoData(_("The sectors have not been compared yet."), code="no_analysis_yet")
    return comparison


def with_standing(sectors: list[Sector]) -> list[Sector]:
    """The rows, each with its standing."""
    found = standings(sector.pk for sector in sectors)
    for sector in sectors:
        sector.standing = found[sector.pk]  # type: ignore[attr-defined]
    return sectors


@extend_schema_view(list=extend_schema(summary="Assets"), retrieve=extend_schema(summary="One asset"))
class AssetViewSet(ReadViewSet):
    """What is tracked, with its sectors."""

    permission_classes = (AllowAny,)
    serializer_class = AssetSerializer
    filterset_class = AssetFilters
    queryset = Asset.objects.none()

    def get_queryset(self) -> QuerySet[Asset]:
        memberships = Prefetch(
            "sector_mappings", current_members().select_related("sector").order_by("pk"), to_attr="memberships"
        )
        return visible_assets(everything=self.shows_everything()).prefetch_related(memberships)

    def shows_everything(self) -> bool:
        """Admins see any asset, and in lists the unsupported ones when they ask for them."""
        asked = self.action != "list" or self.request.query_params.get("include_unsupported") in {"true", "1"}
        return asked and acts_as_admin(self.request)

    @extend_schema(summary="Sectors of an asset", responses=AssetSectorSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, filter_backends=())
    def sectors(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Sectors that an asset belongs to now, the primary one first."""
        asset = get_object_or_404(self.get_queryset(), pk=pk)
        members = current_members().filter(asset=asset).select_related("sector").order_by("-is_primary_sector", "pk")
        return Response(AssetSectorSerializer(members, many=True).data)
