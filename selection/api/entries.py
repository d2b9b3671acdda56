"""Doors of the entries of lists. Their version is that of their list, which changes with each of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from selection import services
from selection.api import watchlist_inputs as forms
from selection.api.filters import EntryFilters
from selection.api.serializers import BulkResultSerializer, WatchlistItemSerializer
from selection.choices import WatchlistType
from selection.models import Watchlist, WatchlistAsset
from selection.selectors.visible import newest_ranking, visible_watchlists
from selection.services.watchlists.bulk import MERGE, REPLACE
from system.exceptions import NotAllowed
from system.rest import IsUser, acts_as_admin, caller, named_as
from system.rest.conditional import version_of, weak
from system.rest.viewsets import ApiViewSet

PUBLIC = {"list", "retrieve", "items", "metadata", None}
"""What visitors may do, too."""
NOTHING = {status.HTTP_204_NO_CONTENT: None}


class EntryDoors(ApiViewSet):
    """What a list consists of."""

    permission_classes = (IsUser,)
    needs_match = True
    queryset = Watchlist.objects.none()

    def get_permissions(self) -> Sequence[Any]:
        return [AllowAny()] if self.action in PUBLIC else super().get_permissions()

    def get_queryset(self) -> QuerySet[Watchlist]:
        return visible_watchlists(self.request.user, everything=acts_as_admin(self.request))

    def watchlist(self) -> Watchlist:
        """The list of the path; 404 when the caller may not see it."""
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    @contextmanager
    def changing(self, *, needed: bool = True) -> Iterator[Watchlist]:
        """The list of the path for a change, see ``held``; default lists are for admins, and tokens of that scope."""
        with self.held(needed=needed) as watchlist:
            self.require_curator(watchlist.watchlist_type)
            yield watchlist

    def require_curator(self, kind: str) -> None:
        if kind == WatchlistType.DEFAULT and not acts_as_admin(self.request):
            raise NotAllowed(_("Only admins change default lists."), code="admin_only")

    def in_list(self, watchlist: Watchlist, serializer: type[Any], row: Any, *, code: int = 200) -> Response:
        """Something about the entries of a list, with the version of the list."""
        watchlist.refresh_from_db(fields=["updated_at"])  # a trigger decides on it
        data = serializer(row, context=ranking_context(watchlist)).data
        return Response(data, status=code, headers={"ETag": weak(version_of(watchlist) or "")})

    @extend_schema(summary="Entries of a list", responses=WatchlistItemSerializer(many=True))
    @action(detail=True, filterset_class=EntryFilters, serializer_class=WatchlistItemSerializer)
    def items(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Entries of a list in order. The ETag is good for changing them."""
        watchlist = self.watchlist()
        self.version = version_of(watchlist)
        rows = self.rows(self.filter_queryset(entries_in_order().filter(watchlist=watchlist)))
        items = WatchlistItemSerializer(rows, many=True, context=ranking_context(watchlist))
        return self.get_paginated_response(items.data)

    @extend_schema(
        summary="Add an asset",
        request=forms.NewEntrySerializer,
        responses={status.HTTP_201_CREATED: WatchlistItemSerializer},
    )
    @items.mapping.post
    def item_add(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Put an asset on a list, at the end or at a position, where later entries move down. A full list, or one that
        has the asset already, is a conflict."""
        given = self.given(forms.NewEntrySerializer)
        with self.changing(needed=False) as watchlist, named_as({"position": "priority_order"}):
            entry = services.add_to_watchlist(
                watchlist,
                services.known_asset(given.pop("asset_id")),
                actor=caller(request),
                position=given.pop("priority_order", None),
                **given,
            )
            return self.in_list(watchlist, WatchlistItemSerializer, entry, code=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Replace all entries and their order",
        operation_id="watchlists_items_replace_all",
        request=forms.BulkSerializer,
        parameters=[forms.EmptyingSerializer],
        responses=BulkResultSerializer,
    )
    @items.mapping.put
    def items_replace(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Make the entries those that are named, all or none; others leave the list."""
        return self.bulk(REPLACE, **self.parameters(forms.EmptyingSerializer))

    @extend_schema(
        summary="Upsert and reorder some entries",
        operation_id="watchlists_items_merge",
        request=forms.BulkSerializer,
        responses=BulkResultSerializer,
    )
    @items.mapping.patch
    def items_merge(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Change the entries that are named, all or none; those that are not there come, others keep their order."""
        return self.bulk(MERGE)

    def bulk(self, mode: str, **options: Any) -> Response:
        """Many entries at once."""
        rows = self.given(forms.RowsSerializer)["items"]
        with self.changing() as watchlist:
            result = services.bulk_update_watchlist_assets(
                watchlist, rows, actor=caller(self.request), mode=mode, **options
            )
            return self.in_list(watchlist, BulkResultSerializer, result)

    @extend_schema(
        summary="Replace an entry", request=forms.EntryReplacementSerializer, responses=WatchlistItemSerializer
    )
    @action(
        detail=True, methods=["put"], url_path="items/<int:item_id>", pagination_class=None, filter_backends=(),
        serializer_class=WatchlistItemSerializer,
    )  # fmt: skip
    def item_replace(self, request: Request, pk: int, item_id: int) -> Response:  # noqa: ARG002
        """All that an entry says; what is left out is as in a new entry, but for the position, which stays."""
        return self.change(item_id, self.given(forms.EntryReplacementSerializer))

    @extend_schema(
        summary="Change an entry (pause with is_active=false)",
        request=forms.EntryChangeSerializer,
        responses=WatchlistItemSerializer,
    )
    @item_replace.mapping.patch
    def item_update(self, request: Request, pk: int, item_id: int) -> Response:  # noqa: ARG002
        """Some of what an entry says: direction, position, weight, target, notes, settings, whether it is paused."""
        return self.change(item_id, self.given(forms.EntryChangeSerializer))

    def change(self, item_id: int, changes: dict[str, Any]) -> Response:
        """An entry after a change."""
        with self.changing() as watchlist, named_as({"position": "sort_order"}):
            if "sort_order" in changes:
                changes["position"] = changes.pop("sort_order")
            entry = services.change_entry(entry_of(watchlist, item_id), actor=caller(self.request), changes=changes)
            return self.in_list(watchlist, WatchlistItemSerializer, entry)

    @extend_schema(summary="Remove an entry", responses=NOTHING)
    @item_replace.mapping.delete
    def item_remove(self, request: Request, pk: int, item_id: int) -> Response:  # noqa: ARG002
        """Take an entry off its list; the positions behind it close up."""
        with self.changing() as watchlist:
            services.remove_from_watchlist(entry_of(watchlist, item_id), actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def entry_of(watchlist: Watchlist, item_id: int) -> WatchlistAsset:
    """An entry of a list; 404 if it is another's."""
    return get_object_or_404(entries_in_order().filter(watchlist=watchlist), pk=item_id)


def entries_in_order() -> QuerySet[WatchlistAsset]:
    """Entries with their assets."""
    return WatchlistAsset.objects.select_related("asset").order_by("sort_order")


def ranking_context(watchlist: Watchlist) -> dict[str, Any]:
    """What the entries' serializer needs to know of the newest ranking."""
    ranking = newest_ranking(watchlist)
    scores = {score["asset_id"]: score for score in (ranking.asset_scores or [])} if ranking else {}
    return {"ranking": ranking, "scores": scores}
