"""Assets with their sectors."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from assets.models import Asset
from assets.selectors.visible import visible_assets
from assets.services.curation import change_asset, create_asset, deactivate_asset
from sectors.api.curation_serializers import AssetChangeSerializer, NewAssetSerializer
from sectors.api.filters import AssetFilters
from sectors.api.serializers import AssetSectorSerializer, AssetSerializer
from sectors.api.views import NOTHING
from sectors.selectors.standing import current_members
from system.rest import IsAdmin, acts_as_admin, caller
from system.rest.viewsets import ReadViewSet


@extend_schema_view(list=extend_schema(summary="Assets"), retrieve=extend_schema(summary="One asset"))
class AssetViewSet(ReadViewSet):
    """What is tracked, with its sectors."""

    same_for_all = ("list",)
    permission_classes = (AllowAny,)
    serializer_class = AssetSerializer
    filterset_class = AssetFilters
    queryset = Asset.objects.none()

    def get_permissions(self) -> Sequence[Any]:
        """Everybody reads; admins write."""
        return [IsAdmin()] if self.request.method not in SAFE_METHODS else super().get_permissions()

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

    @extend_schema(
        summary="Add an asset", request=NewAssetSerializer, responses={status.HTTP_201_CREATED: AssetSerializer}
    )
    def create(self, request: Request) -> Response:
        """Its figures come with the data."""
        made = create_asset(actor=caller(request), values=self.given(NewAssetSerializer))
        return self.shown(self.get_queryset().get(pk=made.pk), code=status.HTTP_201_CREATED)

    @extend_schema(summary="Change an asset", request=AssetChangeSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """What is left out stays. If-Match is heeded, and not needed: prices change an asset all the time."""
        given = self.given(AssetChangeSerializer)
        with self.held(needed=False) as asset:
            change_asset(asset, actor=caller(request), changes=given)
        return self.shown(self.get_queryset().get(pk=pk))

    @extend_schema(summary="Deactivate an asset (is_active=false)", responses=NOTHING)
    def destroy(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Its candles and all that was said of it stay."""
        with self.held(needed=False) as asset:
            deactivate_asset(asset, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
