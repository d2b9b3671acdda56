"""Doors of the model versions and their evaluations."""

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from aimodels.api.filters import EvaluationFilters, ModelFilters
from aimodels.api.model_inputs import (
    EvaluationChangeSerializer,
    NewEvaluationSerializer,
    NewModelSerializer,
    ReasonSerializer,
    RetrainSerializer,
)
from aimodels.api.model_serializers import (
    AIModelRowSerializer,
    AIModelSerializer,
    EvaluationSerializer,
    ModelHealthSerializer,
    OrderedJobSerializer,
)
from aimodels.choices import EvaluationType
from aimodels.models import AIModel, ModelJob, ModelPerformance
from aimodels.services.activation import activate, demote, deprecate
from aimodels.services.model_orders import (
    annotate_evaluation,
    order_evaluation,
    order_training,
    record_evaluation,
)
from aimodels.services.registration import change_version, register_version
from system.rest import IsAdmin, caller
from system.rest.viewsets import ApiViewSet, ReadViewSet


@extend_schema_view(
    list=extend_schema(summary="AI models", responses=AIModelRowSerializer(many=True)),
    retrieve=extend_schema(summary="One model version"),
)
class ModelViewSet(ReadViewSet):
    """Every version of every model by name, the newest of a name first."""

    permission_classes = (IsAdmin,)
    serializer_class = AIModelSerializer
    filterset_class = ModelFilters
    needs_match = True
    queryset = AIModel.objects.order_by("name", "-created_at")

    def get_serializer_class(self) -> type[BaseSerializer]:
        return AIModelRowSerializer if self.action == "list" else super().get_serializer_class()

    @extend_schema(
        summary="Register a model version",
        request=NewModelSerializer,
        responses={status.HTTP_201_CREATED: AIModelSerializer},
    )
    def create(self, request: Request) -> Response:
        """A version that was made elsewhere. It is inactive, and without a training of ours no gate lets it serve."""
        return self.shown(
            register_version(self.given(NewModelSerializer), actor=caller(request)), code=status.HTTP_201_CREATED
        )

    @extend_schema(
        summary="Change a model version", request=NewModelSerializer(partial=True), responses=AIModelSerializer
    )
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Its limits and descriptions; what it is only while nothing rests on it: 409 version_in_use afterwards."""
        given = self.given(NewModelSerializer, partial=True)
        with self.held() as model:
            return self.shown(change_version(model, given, actor=caller(request)))

    @extend_schema(
        summary="Train a new version",
        request=RetrainSerializer,
        responses={status.HTTP_202_ACCEPTED: OrderedJobSerializer},
    )
    @action(detail=True, methods=["post"], serializer_class=OrderedJobSerializer)
    def retrain(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """A job trains the model anew and registers the next version, inactive. One at a time: 409 already_training."""
        given = self.given(RetrainSerializer)
        job = order_training(
            self.version_of_path(),
            actor=caller(request),
            days=given.get("training_data_days"),
            share=given.get("validation_split"),
            hyperparameters=given.get("hyperparameters"),
        )
        return ordered(job)

    @extend_schema(
        summary="Take a version out of use",
        request=ReasonSerializer,
        responses=AIModelSerializer,
    )
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """The rules serve again. 409 where it does not serve, or is one of rules."""
        reason, model = self.given(ReasonSerializer).get("reason"), self.version_of_path()
        demote(model.pk, at=timezone.now(), actor=caller(request), reason=reason or "by hand")
        return self.shown(self.version_of_path())

    @extend_schema(summary="Mark a version as deprecated", request=None, responses=AIModelSerializer)
    @action(detail=True, methods=["post"])
    def deprecate(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """That it is not to be used any more. 409 active_model while it serves."""
        return self.shown(deprecate(self.version_of_path().pk, actor=caller(request)))

    def version_of_path(self) -> AIModel:
        """The version that the path names."""
        found: AIModel = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        return found

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

    @extend_schema(
        summary="Start an evaluation, or record one made elsewhere",
        request=NewEvaluationSerializer,
        responses={status.HTTP_202_ACCEPTED: OrderedJobSerializer, status.HTTP_201_CREATED: EvaluationSerializer},
        operation_id="models_evaluations_create",
    )
    @evaluations.mapping.post
    def evaluate(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Without results a job judges the version over days that it had not seen (202). With results they are kept as
        made elsewhere (201): no gate asks them."""
        given, model = self.given(NewEvaluationSerializer), self.version_of_path()
        kind, start, end = EvaluationType(given["evaluation_type"]), given.get("start_date"), given.get("end_date")
        if given.get("results") is None:
            return ordered(order_evaluation(model, kind=kind, start=start, end=end, actor=caller(request)))
        made = record_evaluation(
            model, kind=kind, start=start, end=end, results=given["results"], actor=caller(request)
        )
        return Response(EvaluationSerializer(made).data, status=status.HTTP_201_CREATED)


class ActivationViewSet(ApiViewSet):
    """Putting versions into force. A refusal stays in the audit, so a key could not undo it."""

    permission_classes = (IsAdmin,)
    serializer_class = AIModelSerializer
    pagination_class = None
    replayable = False
    queryset = AIModel.objects.all()

    @extend_schema(
        summary="Deploy this version (the active one of the same name and type steps back)",
        request=ReasonSerializer,
        responses=AIModelSerializer,
        operation_id="models_activate_create",
    )
    def activate(self, request: Request, pk: int) -> Response:
        """Its gates decide, and none can be skipped: 409 threshold_not_met names each one that failed with its figures
        in ``errors``."""
        given = self.given(ReasonSerializer)
        model = get_object_or_404(self.get_queryset(), pk=pk)
        activate(model.pk, at=timezone.now(), actor=caller(request), reason=given.get("reason", ""))
        return self.shown(get_object_or_404(self.get_queryset(), pk=pk))


def ordered(job: ModelJob) -> Response:
    """A job that waits, with the address where it is followed."""
    headers = {"Location": f"/api/v1/models/jobs/{job.pk}"}
    return Response(OrderedJobSerializer(job).data, status=status.HTTP_202_ACCEPTED, headers=headers)


@extend_schema_view(list=extend_schema(summary="Evaluations"), retrieve=extend_schema(summary="One evaluation"))
class EvaluationViewSet(ReadViewSet):
    """Evaluations of all model versions."""

    permission_classes = (IsAdmin,)
    serializer_class = EvaluationSerializer
    filterset_class = EvaluationFilters
    queryset: QuerySet[ModelPerformance] = ModelPerformance.objects.order_by("-evaluation_date")

    @extend_schema(summary="Notes, or invalidate", request=EvaluationChangeSerializer, responses=EvaluationSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Figures never change. What was declared invalid stays so."""
        given = self.given(EvaluationChangeSerializer)
        with transaction.atomic():
            rows = self.get_queryset().select_for_update(of=("self",))
            evaluation = get_object_or_404(rows, pk=self.kwargs["pk"])
            return self.shown(annotate_evaluation(evaluation, given, actor=caller(request)))
