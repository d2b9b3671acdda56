"""Forecasts and their record."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from aimodels.api.filters import ActiveFilters, PredictionFilters
from aimodels.api.serializers import (
    AccuracySerializer,
    ActivePredictionSerializer,
    AnalyticsQuery,
    AnalyticsSerializer,
    NoteSerializer,
    PredictionSerializer,
)
from aimodels.models import ActivePrediction, Prediction
from aimodels.selectors.hits import hit_record
from aimodels.selectors.visible import visible_predictions
from aimodels.services.asked_forecasts import note_prediction
from system.history import History
from system.rest import CursorPages, IsAdmin, IsUser, acts_as_admin, caller
from system.rest.viewsets import ReadViewSet


@extend_schema_view(list=extend_schema(summary="Predictions"), retrieve=extend_schema(summary="One prediction"))
class PredictionViewSet(ReadViewSet):
    """Forecasts of the live series, newest first."""

    permission_classes = (IsUser,)
    serializer_class = PredictionSerializer
    filterset_class = PredictionFilters
    pagination_class = CursorPages
    needs_match = True
    reads_history = {"list": History.PREDICTIONS, "analytics": History.PREDICTIONS}
    queryset = Prediction.objects.none()

    def get_queryset(self) -> QuerySet[Prediction]:
        visible = visible_predictions(self.request.user, everything=acts_as_admin(self.request))
        return visible.select_related("asset").order_by("-created_at")

    def get_permissions(self) -> Any:
        return [IsAdmin()] if self.action == "update" else super().get_permissions()

    @extend_schema(summary="Note on a prediction", request=NoteSerializer, responses=PredictionSerializer)
    def update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Nothing else is written anew: what a forecast says, and what came of it, stays."""
        given = self.given(NoteSerializer)
        with self.held() as prediction:
            return self.shown(note_prediction(prediction, given["notes"], actor=caller(request)))

    @extend_schema(summary="Evaluation of a prediction", responses=AccuracySerializer)
    @action(detail=True)
    def accuracy(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """What came of a forecast."""
        return Response(AccuracySerializer(get_object_or_404(self.get_queryset(), pk=pk)).data)

    @extend_schema(
        summary="Accuracy over time", parameters=[AnalyticsQuery], responses=AnalyticsSerializer, filters=False
    )
    @action(detail=False, pagination_class=None, filter_backends=())
    def analytics(self, request: Request) -> Response:
        """How often forecasts came true whose target lies in the last days: those of the system and the own ones."""
        wanted, now = self.parameters(AnalyticsQuery), timezone.now()
        found = visible_predictions(request.user, everything=acts_as_admin(request))
        if wanted["layer"] != "all":
            found = found.filter(layer_source=int(wanted["layer"].removeprefix("layer")))
        record = hit_record(found, since=now - timedelta(days=wanted["days"]), until=now)
        return Response(AnalyticsSerializer(record).data)

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
