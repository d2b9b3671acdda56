"""Doors of recommendations."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from system.rest import CursorPages, IsAdmin, IsUser, acts_as_admin, caller, named_as
from system.rest.viewsets import ApiViewSet
from trading import services
from trading.api import recommendation_serializers as forms
from trading.api.filters import RecommendationFilters
from trading.models import Recommendation
from trading.selectors.recommendation_states import answers_of
from trading.selectors.recommendations import visible_recommendations

COLUMNS = ("user", "ai_regime_analysis", "ai_sector_analysis", "ai_cross_sector_analysis", "ai_trading_signal")
API_NAMES = {name: f"{name}_id" for name in COLUMNS} | {"decision": "status", "rating": "user_rating"}
"""Names of the services' inputs in the API."""


class RecommendationViewSet(ApiViewSet):
    """Advice to the caller and to everybody, each with the caller's own answer; newest first."""

    permission_classes = (IsUser,)
    serializer_class = forms.RecommendationSerializer
    filterset_class = RecommendationFilters
    pagination_class = CursorPages
    queryset = Recommendation.objects.none()

    def get_queryset(self) -> QuerySet[Recommendation]:
        everything = acts_as_admin(self.request)
        return visible_recommendations(self.request.user, everything=everything).order_by("-created_at")

    @extend_schema(summary="Recommendations (own and general; admins: all)")
    def list(self, request: Request) -> Response:
        """The state that is shown, and filtered by, is the caller's own."""
        rows = self.rows(self.filter_queryset(self.get_queryset()))
        context = {"answers": answers_of(rows, request.user)}
        return self.get_paginated_response(forms.RecommendationSerializer(rows, many=True, context=context).data)

    @extend_schema(summary="One recommendation")
    def retrieve(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """An advice with the own answer."""
        return self.told(pk)

    @extend_schema(
        summary="Create a recommendation",
        request=forms.RecommendationInputSerializer,
        responses={status.HTTP_201_CREATED: forms.RecommendationSerializer},
    )
    def create(self, request: Request) -> Response:
        """Advise a person, or everybody."""
        values = self.given(forms.RecommendationInputSerializer)
        with named_as(API_NAMES):
            made = services.create_recommendation(values, actor=caller(request))
        return self.told(made.pk, code=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change a recommendation, record its outcome",
        request=forms.RecommendationInputSerializer(partial=True),
        responses={status.HTTP_200_OK: forms.RecommendationSerializer},
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        """Its state is changed by reviews and answers only."""
        changes = self.given(forms.RecommendationInputSerializer, partial=True)
        with named_as(API_NAMES):
            services.change_recommendation(pk, changes, actor=caller(request))
        return self.told(pk)

    @extend_schema(
        summary="Rate, comment, follow or ignore",
        request=forms.FeedbackSerializer,
        responses={status.HTTP_200_OK: forms.RecommendationSerializer},
    )
    @action(detail=True, methods=["post"], filter_backends=(), pagination_class=None)
    def feedback(self, request: Request, pk: int) -> Response:
        """An answer to an advice to everybody is the caller's alone. 409 where it is not open any more."""
        said = self.given(forms.FeedbackSerializer)
        with named_as(API_NAMES):
            services.respond_to_recommendation(
                pk,
                user=caller(request),
                status=said.get("status"),
                rating=said.get("user_rating"),
                feedback=said.get("user_feedback"),
                entries=said.get("entries", ()),
            )
        return self.told(pk)

    @extend_schema(
        summary="Approve or reject",
        request=forms.RecommendationReviewSerializer,
        responses={status.HTTP_200_OK: forms.RecommendationSerializer},
    )
    @action(detail=True, methods=["post"], permission_classes=(IsAdmin,), filter_backends=(), pagination_class=None)
    def review(self, request: Request, pk: int) -> Response:
        """Decide about an advice. 409 where it is not open any more."""
        said = self.given(forms.RecommendationReviewSerializer)
        with named_as(API_NAMES):
            services.review_recommendation(
                pk, reviewer=caller(request), decision=said["status"], reason=said.get("reason", "")
            )
        return self.told(pk)

    def get_permissions(self) -> Any:
        return [IsAdmin()] if self.action in ("create", "partial_update") else super().get_permissions()

    def told(self, pk: int, *, code: int = status.HTTP_200_OK) -> Response:
        """An advice with the caller's answer."""
        found = get_object_or_404(self.get_queryset(), pk=pk)
        context = {"answers": answers_of([found], self.request.user)}
        return Response(forms.RecommendationSerializer(found, context=context).data, status=code)
