"""Doors of the model versions and their evaluations."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from aimodels.api.filters import EvaluationFilters, ModelFilters
from aimodels.api.model_serializers import (
    AIModelRowSerializer,
    AIModelSerializer,
    EvaluationSerializer,
    ModelHealthSerializer,
)
from aimodels.models import AIModel, ModelPerformance
from system.rest import IsAdmin
from system.rest.viewsets import ReadViewSet


@extend_schema_view(
    list=extend_schema(summary="AI models", responses=AIModelRowSerializer(many=True)),
    retrieve=extend_schema(summary="One model version"),
)
class ModelViewSet(ReadViewSet):
    """Every version of every model by name, the newest of a name first."""

    permission_classes = (IsAdmin,)
    serializer_class = AIModelSerializer
    filterset_class = ModelFilters
    queryset = AIModel.objects.order_by("name", "-created_at")

    def get_serializer_class(self) -> type[BaseSerializer]:
        return AIModelRowSerializer if self.action == "list" else super().get_serializer_class()

    @extend_schema(summary="Health of a model", responses=ModelHealthSerializer)
    @action(detail=True, serializer_class=ModelHealthSerializer)
    def health(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """How a version was when it was looked at last."""
        return self.shown(get_object_or_404(self.get_queryset(), pk=pk))

    @extend_schema(
        summary="Evaluations of a model",
        responses=EvaluationSerializer(many=True),
        filters=False,
        operation_id="models_own_evaluations_list",
    )
    @action(detail=True, filter_backends=(), serializer_class=EvaluationSerializer)
    def evaluations(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Evaluations of a version, newest first."""
        model = get_object_or_404(self.get_queryset(), pk=pk)
        return self.page(ModelPerformance.objects.filter(model=model).order_by("-evaluation_date"))


@extend_schema_view(list=extend_schema(summary="Evaluations"), retrieve=extend_schema(summary="One evaluation"))
class EvaluationViewSet(ReadViewSet):
    """Evaluations of all model versions."""

    permission_classes = (IsAdmin,)
    serializer_class = EvaluationSerializer
    filterset_class = EvaluationFilters
    queryset: QuerySet[ModelPerformance] = ModelPerformance.objects.order_by("-evaluation_date")
