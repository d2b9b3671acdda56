"""Doors of the lists."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from selection.api.filters import EntryFilters, SummaryFilters, WatchlistFilters
from selection.api.serializers import (
    WatchlistAnalysisSerializer,
    WatchlistChangeSerializer,
    WatchlistDetailSerializer,
    WatchlistItemSerializer,
    WatchlistSerializer,
    WatchlistSummarySerializer,
)
from selection.choices import WatchlistType
from selection.models import Watchlist, WatchlistAsset
from selection.selectors.summaries import summaries
from selection.selectors.visible import live_rankings, newest_ranking, visible_watchlists, with_counts
from selection.services import change_watchlist
from system.exceptions import NoData, NotAllowed
from system.rest import CursorPages, IsAdmin, IsUser, acts_as_admin, caller
from system.rest.conditional import version_of, weak
from system.rest.viewsets import ApiViewSet
from system.services import setting


class WatchlistViewSet(ApiViewSet):
    """Default lists, open to everybody, and the own ones."""

    permission_classes = (AllowAny,)
    serializer_class = WatchlistSerializer
    filterset_class = WatchlistFilters
    needs_match = True
    queryset = Watchlist.objects.none()

    def get_permissions(self) -> Sequence[Any]:
        return [IsUser()] if self.action == "partial_update" else super().get_permissions()

    def get_queryset(self) -> QuerySet[Watchlist]:
        return visible_watchlists(self.request.user, everything=acts_as_admin(self.request))

    def watchlist(self) -> Watchlist:
        """The list of the path; 404 when the caller may not see it."""
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    @extend_schema(summary="Default lists and the own lists")
    def list(self, request: Request) -> Response:
        """Default lists, then the own ones; admins see other people's when they name the person."""
        asks_for_others = bool(request.query_params.get("user_id")) and acts_as_admin(request)
        lists = visible_watchlists(request.user, everything=asks_for_others)
        rows = self.rows(self.filter_queryset(with_counts(lists).order_by("watchlist_type", "sort_order")))
        limits = {"limits": setting("watchlist_limits")}
        return self.get_paginated_response(WatchlistSerializer(rows, many=True, context=limits).data)

    @extend_schema(summary="A list with its entries", responses=WatchlistDetailSerializer)
    def retrieve(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """A list with its entries in order."""
        entries = Prefetch("entries", entries_in_order(), to_attr="ordered_entries")
        watchlist = get_object_or_404(self.get_queryset().prefetch_related(entries), pk=pk)
        self.version = version_of(watchlist)
        return Response(WatchlistDetailSerializer(watchlist, context=ranking_context(watchlist)).data)

    @extend_schema(
        summary="Change a list",
        request=WatchlistChangeSerializer,
        responses=WatchlistSerializer,
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what a list says as a whole: its owner, of a default list an admin."""
        given = self.given(WatchlistChangeSerializer)
        with self.held() as watchlist:
            if watchlist.watchlist_type == WatchlistType.DEFAULT and not acts_as_admin(request):
                raise NotAllowed(_("Only admins change default lists."), code="admin_only")
            change_watchlist(watchlist, actor=caller(request), changes=given)
        changed = with_counts(self.get_queryset()).get(pk=pk)
        shown = WatchlistSerializer(changed, context={"limits": setting("watchlist_limits")})
        return Response(shown.data, headers={"ETag": weak(version_of(changed) or "")})

    @extend_schema(summary="Entries of a list", responses=WatchlistItemSerializer(many=True))
    @action(detail=True, filterset_class=EntryFilters, serializer_class=WatchlistItemSerializer)
    def items(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Entries of a list in order."""
        watchlist = self.watchlist()
        rows = self.rows(self.filter_queryset(entries_in_order().filter(watchlist=watchlist)))
        items = WatchlistItemSerializer(rows, many=True, context=ranking_context(watchlist))
        return self.get_paginated_response(items.data)

    @extend_schema(summary="Newest AI analysis of a list", responses=WatchlistAnalysisSerializer)
    @action(detail=True, permission_classes=(IsUser,))
    def analysis(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """The newest live ranking of a list."""
        ranking = newest_ranking(self.watchlist())
        if ranking is None:
            raise NoData(_("This list has not been ranked yet."), code="no_analysis_yet")
        return Response(WatchlistAnalysisSerializer(ranking).data)

    @extend_schema(summary="AI analyses of a list", responses=WatchlistAnalysisSerializer(many=True), filters=False)
    @action(
        detail=True,
        permission_classes=(IsUser,),
        filter_backends=(),
        pagination_class=CursorPages,
        serializer_class=WatchlistAnalysisSerializer,
    )
    def analyses(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Live rankings of a list, newest first."""
        return self.page(live_rankings(self.watchlist()))

    @extend_schema(summary="All lists with counts and owners", responses=WatchlistSummarySerializer(many=True))
    @action(
        detail=False,
        permission_classes=(IsAdmin,),
        filterset_class=SummaryFilters,
        serializer_class=WatchlistSummarySerializer,
    )
    def summary(self, request: Request) -> Response:  # noqa: ARG002
        """Lists of everybody, the deactivated ones too."""
        return self.filtered_page(summaries())


def entries_in_order() -> QuerySet[WatchlistAsset]:
    """Entries with their assets."""
    return WatchlistAsset.objects.select_related("asset").order_by("sort_order")


def ranking_context(watchlist: Watchlist) -> dict[str, Any]:
    """What the entries' serializer needs to know of the newest ranking."""
    ranking = newest_ranking(watchlist)
    scores = {score["asset_id"]: score for score in (ranking.asset_scores or [])} if ranking else {}
    return {"ranking": ranking, "scores": scores}
