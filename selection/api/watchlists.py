"""Doors of the lists."""

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from selection import services
from selection.api import watchlist_inputs as forms
from selection.api.entries import NOTHING, EntryDoors, entries_in_order, ranking_context
from selection.api.filters import SummaryFilters, WatchlistFilters
from selection.api.serializers import (
    CuratedSerializer,
    WatchlistAnalysisSerializer,
    WatchlistDetailSerializer,
    WatchlistSerializer,
    WatchlistSummarySerializer,
)
from selection.choices import WatchlistType
from selection.selectors.summaries import summaries
from selection.selectors.visible import live_rankings, newest_ranking, visible_watchlists, with_counts
from selection.services.list_analysis import order_analysis
from system.exceptions import NoData
from system.rest import CursorPages, IsAdmin, IsUser, acts_as_admin, caller, named_as
from system.rest.conditional import version_of, weak
from system.rest.ordered import OrderedSerializer, accepted
from system.services import setting


class WatchlistViewSet(EntryDoors):
    """Default lists, open to everybody, and the own ones."""

    serializer_class = WatchlistSerializer
    filterset_class = WatchlistFilters

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
        summary="Create a list (default lists: admins)",
        request=forms.NewWatchlistSerializer,
        responses={status.HTTP_201_CREATED: WatchlistSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make an empty list, behind the own ones; of a tier that has none, as an admin, the default list. A name that
        another own list has, a tier that has a list, or too many lists are a conflict."""
        given = self.given(forms.NewWatchlistSerializer)
        kind, tier, name = given.pop("watchlist_type"), given.pop("tier"), given.pop("name")
        self.require_curator(kind)
        if kind == WatchlistType.DEFAULT:
            made = services.create_default_watchlist(name, tier or "", actor=caller(request), **given)
        else:
            made = services.create_watchlist(name, actor=caller(request), **given)
        return self.summed_up(made.pk, code=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Replace name, description, limits",
        request=forms.WatchlistReplacementSerializer,
        responses=WatchlistSerializer,
    )
    def update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """All that a list says as a whole; what is left out is as in a new list."""
        return self.change_list(pk, self.given(forms.WatchlistReplacementSerializer))

    @extend_schema(summary="Change a list", request=forms.WatchlistChangeSerializer, responses=WatchlistSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Change what a list says as a whole: its owner, of a default list an admin."""
        return self.change_list(pk, self.given(forms.WatchlistChangeSerializer))

    def change_list(self, pk: int, changes: dict[str, object]) -> Response:
        """A list after a change."""
        with self.changing() as watchlist:
            services.change_watchlist(watchlist, actor=caller(self.request), changes=changes)
        return self.summed_up(pk)

    def summed_up(self, pk: int, *, code: int = status.HTTP_200_OK) -> Response:
        """A list in short, with its version."""
        watchlist = with_counts(self.get_queryset()).get(pk=pk)
        shown = WatchlistSerializer(watchlist, context={"limits": setting("watchlist_limits")})
        return Response(shown.data, status=code, headers={"ETag": weak(version_of(watchlist) or "")})

    @extend_schema(summary="Delete a list (is_active=false)", responses=NOTHING)
    def destroy(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Take a list out of use: its owner, of a default list an admin. Its past stays."""
        with self.changing() as watchlist:
            services.delete_watchlist(watchlist, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Move or remove several assets on the default lists",
        request=forms.CurationSerializer,
        responses={status.HTTP_200_OK: CuratedSerializer},
    )
    @action(
        detail=False, methods=["post"], url_path="bulk-actions", permission_classes=(IsAdmin,), pagination_class=None,
        filter_backends=(), serializer_class=CuratedSerializer,
    )  # fmt: skip
    def bulk_actions(self, request: Request) -> Response:
        """Promote, demote, add, pause, resume or remove: all of it or nothing, but for what is as wanted already."""
        given = self.given(forms.CurationSerializer)
        with named_as({"notes": "review_notes"}):
            done = services.curate_default_lists(
                given["action"], given["asset_ids"], actor=caller(request), notes=given.get("review_notes")
            )
        return Response(CuratedSerializer(done).data)

    @extend_schema(summary="Newest AI analysis of a list", responses=WatchlistAnalysisSerializer)
    @action(detail=True, permission_classes=(IsUser,))
    def analysis(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """The newest live ranking of a list."""
        ranking = newest_ranking(self.watchlist())
        if ranking is None:
            raise NoData(_("This list has not been ranked yet."), code="no_analysis_yet")
        return Response(WatchlistAnalysisSerializer(ranking).data)

    @extend_schema(summary="Start an analysis", request=None, responses={status.HTTP_202_ACCEPTED: OrderedSerializer})
    @action(detail=True, methods=["post"], filter_backends=())
    def analyze(self, request: Request, pk: int) -> Response:
        """Have a list ranked by the newest run: its owner once in ten minutes, of a default list an admin. Asking again
        while that waits or goes on is the same order."""
        watchlist = self.watchlist()
        self.require_curator(watchlist.watchlist_type)
        order = order_analysis(watchlist, actor=caller(request), may_repeat=acts_as_admin(request))
        return accepted(order, see=f"/api/v1/watchlists/{pk}/analysis")

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
