"""Sectors, their members and rotation, and assets with their sectors."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from assets.selectors.visible import visible_assets
from sectors.api.curation_serializers import (
    MemberChangeSerializer,
    NewMemberSerializer,
    NewSectorSerializer,
    SectorChangeSerializer,
)
from sectors.api.filters import AnalysisFilters, MemberFilters, RotationFilters, SectorFilters
from sectors.api.serializers import (
    CrossSectorSerializer,
    RotationSerializer,
    SectorAnalysisSerializer,
    SectorDetailSerializer,
    SectorMappingSerializer,
    SectorMemberSerializer,
    SectorSerializer,
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
from sectors.models import AICrossSectorAnalysis, AISectorAnalysis, Sector, SectorMapping
from sectors.selectors.history import comparisons, sector_points
from sectors.selectors.standing import current_members, members_version, newest_comparison, standings
from sectors.selectors.windows import course, side_by_side
from sectors.services.curation import (
    add_member,
    change_member,
    change_sector,
    create_sector,
    deactivate_sector,
    remove_member,
)
from sectors.services.membership import lock_memberships
from system.choices import LIVE
from system.exceptions import NoData
from system.rest import CursorPages, IsAdmin, IsUser, caller
from system.rest.conditional import version_of, weak
from system.rest.viewsets import ApiViewSet

MAPPING = OpenApiParameter("mapping_id", OpenApiTypes.INT, OpenApiParameter.PATH)
NOTHING = {status.HTTP_204_NO_CONTENT: OpenApiResponse(description="Done")}


class SectorViewSet(ApiViewSet):
    """Parts of the market."""

    same_for_all = ("list", "rotation", "rotation_history")
    permission_classes = (AllowAny,)
    serializer_class = StandingSerializer
    filterset_class = SectorFilters
    needs_match = True
    queryset = Sector.objects.all()

    def get_permissions(self) -> Sequence[Any]:
        """Everybody reads; admins write."""
        return [IsAdmin()] if self.request.method not in SAFE_METHODS else super().get_permissions()

    @extend_schema(summary="Sectors with current performance")
    def list(self, request: Request) -> Response:  # noqa: ARG002
        """Sectors, the largest first."""
        sectors = with_standing(self.rows(self.filter_queryset(self.get_queryset())))
        return self.get_paginated_response(StandingSerializer(sectors, many=True).data)

    @extend_schema(summary="One sector", responses=SectorDetailSerializer)
    def retrieve(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """A sector with its newest analysis."""
        sector = get_object_or_404(self.get_queryset(), pk=pk)
        self.version = version_of(sector)
        return Response(SectorDetailSerializer(with_standing([sector])[0]).data)

    @extend_schema(
        summary="Create a sector",
        request=NewSectorSerializer,
        responses={status.HTTP_201_CREATED: SectorSerializer},
    )
    def create(self, request: Request) -> Response:
        """A sector without members."""
        made = create_sector(actor=caller(request), values=self.given(NewSectorSerializer))
        return self.shown_sector(made, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Change a sector", request=SectorChangeSerializer, responses=SectorSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """What is left out stays."""
        given = self.given(SectorChangeSerializer)
        with self.held() as sector:
            changed = change_sector(sector, actor=caller(request), changes=given)
        return self.shown_sector(changed)

    @extend_schema(summary="Deactivate a sector", responses=NOTHING)
    def destroy(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Its members and its past stay."""
        with self.held() as sector:
            deactivate_sector(sector, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def shown_sector(self, sector: Sector, *, code: int = status.HTTP_200_OK) -> Response:
        """A sector after a change, with its version."""
        sector.refresh_from_db()
        headers = {"ETag": weak(version_of(sector) or "")}
        return Response(SectorSerializer(with_standing([sector])[0]).data, status=code, headers=headers)

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
        """Present members of a sector. The ETag is good for changing each of them."""
        sector = get_object_or_404(self.get_queryset(), pk=pk)
        members = current_members().filter(sector=sector, asset__in=visible_assets()).select_related("asset")
        self.version = members_version(pk)
        return self.filtered_page(members)

    @extend_schema(
        summary="Put an asset into a sector",
        request=NewMemberSerializer,
        responses={status.HTTP_201_CREATED: SectorMappingSerializer},
    )
    @assets.mapping.post
    def add_asset(self, request: Request, pk: int) -> Response:
        """Making it primary takes the flag from the asset's former primary sector."""
        sector, given = get_object_or_404(self.get_queryset(), pk=pk), self.given(NewMemberSerializer)
        return self.shown_member(
            add_member(
                sector,
                given["asset_id"],
                actor=caller(request),
                is_primary=given["is_primary_sector"],
                weight=given["weight"],
            ),
            code=status.HTTP_201_CREATED,
        )

    @extend_schema(
        summary="Change a mapping",
        request=MemberChangeSerializer,
        responses=SectorMappingSerializer,
        parameters=[MAPPING],
    )
    @action(detail=True, methods=["patch"], url_path="assets/<int:mapping_id>", filter_backends=())
    def member(self, request: Request, pk: int, mapping_id: int) -> Response:
        """What changes holds from now on: the mapping ends, and a new one with a new id stands in for it."""
        given = self.given(MemberChangeSerializer)
        with self.held_member(pk, mapping_id) as mapping:
            changed = change_member(
                mapping,
                actor=caller(request),
                is_primary=given.get("is_primary_sector"),
                weight=given.get("weight"),
            )
        return self.shown_member(changed)

    @extend_schema(summary="Take an asset out of a sector", responses=NOTHING, parameters=[MAPPING])
    @member.mapping.delete
    def remove_asset(self, request: Request, pk: int, mapping_id: int) -> Response:
        """The membership ends now; that it was stays known."""
        with self.held_member(pk, mapping_id) as mapping:
            remove_member(mapping, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @contextmanager
    def held_member(self, sector_id: int, mapping_id: int) -> Iterator[SectorMapping]:
        """A membership for a change, in the version that the caller has read; nobody else changes any meanwhile."""
        whole = partial(members_version, sector_id)
        with transaction.atomic():
            lock_memberships()
            with self.held(members_now(sector_id), pk=mapping_id, whole=whole) as mapping:
                yield mapping

    def shown_member(self, mapping: SectorMapping, *, code: int = status.HTTP_200_OK) -> Response:
        """A membership after a change, with its version."""
        mapping.refresh_from_db()
        headers = {"ETag": weak(version_of(mapping) or "")}
        return Response(SectorMappingSerializer(mapping).data, status=code, headers=headers)

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


def members_now(sector_id: int) -> QuerySet[SectorMapping]:
    """Memberships of a sector that have not ended."""
    return SectorMapping.objects.filter(sector=sector_id, valid_to=None)


def with_standing(sectors: list[Sector]) -> list[Sector]:
    """The rows, each with its standing."""
    found = standings(sector.pk for sector in sectors)
    for sector in sectors:
        sector.standing = found[sector.pk]  # type: ignore[attr-defined]
    return sectors
