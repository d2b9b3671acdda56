"""Doors of the news: everybody reads, admins enter, correct and withdraw."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from macro.api.filters import NewsFilters
from macro.api.news_inputs import NewNewsSerializer, NewsChangeSerializer
from macro.api.serializers import NewsEventSerializer
from macro.models import NewsEvent
from macro.selectors.news import shown_news
from macro.services.news_curation import withdraw_news
from sectors.api.views import NOTHING
from sectors.services.curated_news import change_news, enter_news
from system.rest import CursorPages, IsAdmin, caller
from system.rest.viewsets import ReadViewSet


@extend_schema_view(list=extend_schema(summary="List news"), retrieve=extend_schema(summary="One of news"))
class NewsViewSet(ReadViewSet):
    """Headlines with what they name and how they sound, newest first."""

    same_for_all = ("list",)
    permission_classes = (AllowAny,)
    serializer_class = NewsEventSerializer
    filterset_class = NewsFilters
    pagination_class = CursorPages
    needs_match = True
    row_is_all = True
    queryset = NewsEvent.objects.none()

    def get_permissions(self) -> Sequence[Any]:
        return [IsAdmin()] if self.request.method not in SAFE_METHODS else super().get_permissions()

    def get_queryset(self) -> QuerySet[NewsEvent]:
        return shown_news()

    @extend_schema(
        summary="Create news", request=NewNewsSerializer, responses={status.HTTP_201_CREATED: NewsEventSerializer}
    )
    def create(self, request: Request) -> Response:
        """It is known from now on. What is left out is made of the headline, as of those that feeds send; 409 when the
        story is told already."""
        made = enter_news(self.given(NewNewsSerializer), actor=caller(request))
        return self.shown(made, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Change one of news", request=NewsChangeSerializer, responses=NewsEventSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """A correction holds from now on; analyses of the past go on reading what stood then. What a source has sent
        stays as it was sent (409 sent_by_source)."""
        given = self.given(NewsChangeSerializer)
        with self.held() as item:
            return self.shown(change_news(item, given, actor=caller(request)))

    @extend_schema(summary="Delete one of news", responses=NOTHING)
    def destroy(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """It is neither shown nor counted from now on, and its source does not bring it back."""
        with self.held() as item:
            withdraw_news(item, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
