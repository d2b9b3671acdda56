"""Signals."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.selectors.visible import visible_assets
from selection.choices import PositionType
from system.rest import CursorPages, IsAdmin, IsUser, acts_as_admin, caller, named_as
from system.rest.viewsets import ReadViewSet
from trading.api.execution_serializers import ExecuteSerializer, ExecutionSerializer
from trading.api.executions import API_NAMES, key_of, own_portfolio
from trading.api.filters import SignalFilters
from trading.api.performance_serializers import PERIODS, PerformanceQuery, PerformanceSerializer
from trading.api.serializers import SignalDetailSerializer, SignalSerializer, WithdrawSerializer
from trading.api.signal_inputs import NewSignalSerializer
from trading.choices import SignalStatus
from trading.models import AITradingSignal, SignalExecution
from trading.selectors.signal_performance import signal_performance
from trading.selectors.visible import live_signals, visible_signals
from trading.services import execute_signal, withdraw_signal
from trading.services.own_signals import OwnPlan, enter_signal

SERVICE_NAMES = {"execution_price": "price", "target_price": "target", "risk_confirmation": "risk_confirmed"}
"""Names of the API's inputs in the service."""


@extend_schema_view(
    list=extend_schema(summary="Trading signals"), retrieve=extend_schema(summary="One signal with AI analysis")
)
class SignalViewSet(ReadViewSet):
    """Signals of the live series that the caller may see; admins see those for every portfolio."""

    permission_classes = (IsUser,)
    filterset_class = SignalFilters
    pagination_class = CursorPages
    queryset = AITradingSignal.objects.none()

    def get_queryset(self) -> QuerySet[AITradingSignal]:
        is_of_all = acts_as_admin(self.request)
        signals = live_signals() if is_of_all else visible_signals(self.request.user)
        return signals.select_related("asset")

    def get_serializer_class(self) -> Any:
        if self.action in ("execute", "executions"):
            return ExecutionSerializer
        return SignalDetailSerializer if self.action == "retrieve" else SignalSerializer

    def get_permissions(self) -> Any:
        return [IsAdmin()] if self.action in ("create", "partial_update", "destroy") else super().get_permissions()

    @extend_schema(
        summary="Enter a signal by hand",
        request=NewSignalSerializer,
        responses={status.HTTP_201_CREATED: SignalSerializer},
    )
    def create(self, request: Request) -> Response:
        """A plan of the admin. It is followed and scored as every signal, has a record of its own, and no size."""
        given = self.given(NewSignalSerializer)
        names = ("signal_origin", "signal_quality", "risk_level", "market_context", "ai_analysis")
        plan = OwnPlan(
            asset=get_object_or_404(visible_assets(everything=True), pk=given["asset_id"]),
            side=PositionType(given["signal_type"]),
            entry=given["entry_price"],
            target=given["target_price"],
            stop=given["stop_loss"],
            confidence=given["confidence_score"],
            hours=given["time_horizon_hours"],
            expires_at=given.get("expires_at"),
            words={name: given[name] for name in names if given.get(name) is not None},
        )
        made = enter_signal(plan, actor=caller(request))
        return self.shown(get_object_or_404(self.get_queryset(), pk=made.pk), code=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Results of the signals",
        parameters=[PerformanceQuery],
        responses=PerformanceSerializer,
        filters=False,
    )
    @action(detail=False, pagination_class=None, filter_backends=(), serializer_class=PerformanceSerializer)
    def performance(self, request: Request) -> Response:  # noqa: ARG002
        """What came of the live signals that were planned in the last days: all of them, those that run counted as not
        successful, and by risk, model, regime, sector and confidence, each with its number and its 95 % interval."""
        wanted, now = self.parameters(PerformanceQuery), timezone.now()
        found = signal_performance(now - PERIODS[wanted["timeframe"]], now, model=wanted["model"])
        return Response(PerformanceSerializer(found).data)

    @extend_schema(
        summary="Cancel or invalidate a signal",
        request=WithdrawSerializer,
        responses={status.HTTP_200_OK: SignalSerializer},
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        """Levels and probability never change: a changed plan is a new signal. 409 where it is not active any more."""
        withdraw_signal(pk, actor=caller(request), **self.given(WithdrawSerializer))
        return Response(SignalSerializer(get_object_or_404(self.get_queryset(), pk=pk)).data)

    @extend_schema(summary="Cancel an active signal (status=cancelled)", responses={status.HTTP_204_NO_CONTENT: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """It stays readable. 409 where it is not active any more."""
        withdraw_signal(pk, actor=caller(request), status=SignalStatus.CANCELLED)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Execute a signal",
        request=ExecuteSerializer,
        responses={status.HTTP_201_CREATED: ExecutionSerializer},
    )
    @action(detail=True, methods=["post"], filter_backends=(), pagination_class=None)
    def execute(self, request: Request, pk: int) -> Response:
        """Book what was done, within the own limits; without a price or portfolio it is a plan that is filled later."""
        form = ExecuteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = {SERVICE_NAMES.get(name, name): value for name, value in form.validated_data.items()}
        portfolio = own_portfolio(request, given.pop("portfolio_id", None))
        with named_as(API_NAMES):
            made = execute_signal(pk, user=caller(request), portfolio=portfolio, key=key_of(request), **given)
        return Response(ExecutionSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Executions of a signal",
        operation_id="signal_executions_list",
        responses=ExecutionSerializer(many=True),
        filters=False,
    )
    @action(detail=True, permission_classes=(IsAdmin,), filter_backends=(), serializer_class=ExecutionSerializer)
    def executions(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """What people did with a signal, newest first."""
        signal = get_object_or_404(self.get_queryset(), pk=pk)
        return self.page(SignalExecution.objects.filter(signal=signal).order_by("-created_at"))
