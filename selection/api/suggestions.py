"""Doors of the suggestions."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from selection import services
from selection.api.filters import ArchiveFilters, QueueFilters, SuggestionFilters
from selection.api.serializers import (
    DecidedSerializer,
    DecisionSerializer,
    SuggestionArchiveSerializer,
    SuggestionPerformanceSerializer,
    SuggestionReviewSerializer,
    SuggestionSerializer,
)
from selection.api.suggestion_inputs import NewSuggestionSerializer
from selection.models import AISuggestion, AISuggestionArchive, SuggestionPerformance, SuggestionReview
from selection.selectors.visible import review_queue, visible_suggestions
from selection.services.entered_suggestions import enter_suggestion
from system.exceptions import InvalidInput
from system.rest import CursorPages, IsAdmin, IsUser, OffsetPages, acts_as_admin, caller
from system.rest.viewsets import ReadViewSet

API_NAMES = {"notes": "review_notes", "defer_until": "deferred_until"}
"""Names of the service's inputs in the API."""


@extend_schema_view(
    list=extend_schema(summary="Suggestions: users for their own lists, admins all"),
    retrieve=extend_schema(summary="One suggestion"),
)
class SuggestionViewSet(ReadViewSet):
    """Proposed changes of lists, newest first."""

    permission_classes = (IsUser,)
    serializer_class = SuggestionSerializer
    filterset_class = SuggestionFilters
    pagination_class = CursorPages
    queryset = AISuggestion.objects.none()

    def get_permissions(self) -> Sequence[Any]:
        """Only admins enter suggestions."""
        return [IsAdmin()] if self.action == "create" else super().get_permissions()

    def get_queryset(self) -> QuerySet[AISuggestion]:
        visible = visible_suggestions(self.request.user, everything=acts_as_admin(self.request))
        return visible.select_related("asset").order_by("-created_at")

    @extend_schema(
        summary="Enter a suggestion by hand",
        request=NewSuggestionSerializer,
        responses={status.HTTP_201_CREATED: SuggestionSerializer},
    )
    def create(self, request: Request) -> Response:
        """It waits for a review like those of the program, lapses like them, and is scored like them."""
        made = enter_suggestion(self.given(NewSuggestionSerializer), actor=caller(request))
        return self.shown(made, code=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Review queue: pending and deferred, by priority, then confidence",
        responses=SuggestionSerializer(many=True),
    )
    @action(detail=False, permission_classes=(IsAdmin,), filterset_class=QueueFilters, pagination_class=OffsetPages)
    def queue(self, request: Request) -> Response:  # noqa: ARG002
        """Suggestions that wait for a decision."""
        return self.filtered_page(review_queue().select_related("asset"))

    @extend_schema(summary="Results per AI layer, last 30 days", responses=SuggestionPerformanceSerializer(many=True))
    @action(detail=False, permission_classes=(IsAdmin,), pagination_class=None, filter_backends=())
    def performance(self, request: Request) -> Response:  # noqa: ARG002
        """What became of the suggestions of each layer."""
        return Response(
            SuggestionPerformanceSerializer(SuggestionPerformance.objects.order_by("ai_layer"), many=True).data
        )

    @extend_schema(summary="Archived suggestions", responses=SuggestionArchiveSerializer(many=True))
    @action(
        detail=False,
        permission_classes=(IsAdmin,),
        filterset_class=ArchiveFilters,
        pagination_class=CursorPages,
        serializer_class=SuggestionArchiveSerializer,
    )
    def archive(self, request: Request) -> Response:  # noqa: ARG002
        """Suggestions that were settled long ago, newest first, with copies of their reviews."""
        return self.filtered_page(AISuggestionArchive.objects.order_by("-created_at"))

    @extend_schema(summary="Reviews of a suggestion", responses=SuggestionReviewSerializer(many=True), filters=False)
    @action(
        detail=True,
        permission_classes=(IsAdmin,),
        filter_backends=(),
        pagination_class=OffsetPages,
        serializer_class=SuggestionReviewSerializer,
    )
    def reviews(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Decisions on a suggestion, oldest first."""
        suggestion = get_object_or_404(self.get_queryset(), pk=pk)
        return self.page(SuggestionReview.objects.filter(suggestion=suggestion).order_by("reviewed_at"))

    @extend_schema(
        summary="Approve, reject or defer",
        request=DecisionSerializer,
        responses={status.HTTP_200_OK: DecidedSerializer},
    )
    @action(detail=True, methods=["post"], serializer_class=DecisionSerializer)
    def review(self, request: Request, pk: int) -> Response:
        """Decide. An approval changes the list in the same transaction."""
        suggestion = get_object_or_404(self.get_queryset(), pk=pk)
        form = DecisionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            review = services.review_suggestion(
                suggestion.pk,
                reviewer=caller(request),
                decision=given["decision"],
                notes=given.get("review_notes") or "",
                target_tier=given.get("target_tier"),
                criteria=given.get("review_criteria"),
                implement=given["implement"],
                defer_until=given.get("deferred_until"),
            )
        except InvalidInput as error:
            error.field = API_NAMES.get(error.field or "", error.field)
            raise
        decided = {"suggestion": self.get_queryset().get(pk=pk), "review": review}
        return Response(DecidedSerializer(decided).data)

    @extend_schema(
        summary="Carry out an approved suggestion on the watchlist",
        request=None,
        responses={status.HTTP_200_OK: SuggestionSerializer},
    )
    @action(detail=True, methods=["post"], permission_classes=(IsAdmin,))
    def implement(self, request: Request, pk: int) -> Response:
        """Carry out what was approved without being carried out."""
        suggestion = get_object_or_404(self.get_queryset(), pk=pk)
        services.implement_suggestion(suggestion.pk, actor=caller(request))
        return Response(SuggestionSerializer(self.get_queryset().get(pk=pk)).data)
