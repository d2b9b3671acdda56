"""Forecasts and their record."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from aimodels.api.filters import ActiveFilters, PredictionFilters
from aimodels.api.serializers import (
    AccuracySerializer,
    ActivePredictionSerializer,
    PredictionSerializer,
)
from aimodels.models import ActivePrediction, Prediction
from aimodels.selectors.visible import visible_predictions
from system.rest import CursorPages, IsAdmin, IsUser, acts_as_admin
from system.rest.viewsets import ReadViewSet


@extend_schema_view(list=extend_schema(summary="Predictions"), retrieve=extend_schema(summary="One prediction"))
class PredictionViewSet(ReadViewSet):
    """Forecasts of the live series, newest first."""

    permission_classes = (IsUser,)
    serializer_class = PredictionSerializer
    filterset_class = PredictionFilters
    pagination_class = CursorPages
    queryset = Prediction.objects.none()

    def get_queryset(self) -> QuerySet[Prediction]:
        visible = visible_predictions(self.request.user, everything=acts_as_admin(self.request))
        return visible.select_related("asset").order_by("-created_at")

    @extend_schema(summary="Evaluation of a prediction", responses=AccuracySerializer)
    @action(detail=True)
    def accuracy(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """What came of a forecast."""
        return Response(AccuracySerializer(get_object_or_404(self.get_queryset(), pk=pk)).data)

    @extend_schema(summary="Open predictions with asset and user", responses=ActivePredictionSerializer(many=True))
    @action(
        detail=False,
        permission_classes=(IsAdmin,),
        filterset_class=ActiveFilters,
        serializer_class=ActivePredictionSerializer,
    )
    def active(self, request: Request) -> Response:  # noqa: ARG002
        """Forecasts that wait for their outcome, newest first."""
        return self.filtered_page(ActivePrediction.objects.order_by("-created_at"))
