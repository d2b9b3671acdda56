"""News."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from assets.selectors.visible import visible_assets
from macro.api.filters import RecentNewsFilters
from macro.api.serializers import NewsEventSerializer
from macro.models import NewsEvent
from macro.selectors.news import NewsFilter, shown_news
from system.rest import CursorPages, acts_as_admin
from system.rest.viewsets import ApiViewSet


class AssetNewsViewSet(ApiViewSet):
    """What the news say of an asset."""

    same_for_all = ("news",)
    permission_classes = (AllowAny,)
    serializer_class = NewsEventSerializer
    filterset_class = RecentNewsFilters
    pagination_class = CursorPages
    queryset = NewsEvent.objects.none()

    @extend_schema(summary="News on an asset", responses=NewsEventSerializer(many=True))
    @action(detail=True)
    def news(self, request: Request, pk: int) -> Response:
        """Headlines that name an asset, newest first."""
        asset = get_object_or_404(visible_assets(everything=acts_as_admin(request)), pk=pk)
        return self.filtered_page(shown_news(NewsFilter(asset=asset.pk)))
