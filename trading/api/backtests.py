"""Doors of backtests."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.choices import Timeframe
from system.exceptions import InvalidInput
from system.rest import (
    CursorPages,
    IsUser,
    JSONObjectField,
    OffsetPages,
    ResourceSerializer,
    UtcDateTimeField,
    acts_as_admin,
    caller,
)
from system.rest.inputs import InputSerializer
from system.rest.viewsets import ReadViewSet
from trading.api.filters import BacktestFilters
from trading.choices import BacktestStatus
from trading.models import Backtest
from trading.selectors.backtest_trades import StoredTrades
from trading.services.backtests import order_backtest

SIDES = ("long", "short")


class BacktestSerializer(ResourceSerializer):
    """A backtest and its numbers."""

    start = UtcDateTimeField(source="start_at")
    end = UtcDateTimeField(source="end_at")
    progress_pct = serializers.SerializerMethodField(help_text="percent")

    class Meta:
        model = Backtest
        only: Sequence[str] = (
            "id", "name", "status", "error", "source", "start", "end", "timeframe", "configuration", "metrics",
            "trades", "trials", "fingerprint", "progress_pct", "created_at", "finished_at",
        )  # fmt: skip

    def get_progress_pct(self, backtest: Backtest) -> float | None:
        if backtest.status == BacktestStatus.DONE:
            return 100.0
        return None if backtest.job is None else float(backtest.job.progress_pct or 0)


class BacktestDetailSerializer(BacktestSerializer):
    """A backtest with what it assumes."""

    class Meta(BacktestSerializer.Meta):
        only = (*BacktestSerializer.Meta.only, "assumptions")


class BacktestInputSerializer(InputSerializer):
    """What is to be tried, and when. The configuration is that of the command's file."""

    name = serializers.CharField(max_length=100, required=False)
    start = serializers.CharField(max_length=40, help_text="a date, or a time with its zone")
    end = serializers.CharField(max_length=40, help_text="a date, or a time with its zone")
    timeframe = serializers.ChoiceField(choices=[frame for frame in Timeframe.choices if frame[0] != Timeframe.MO1])
    configuration = JSONObjectField(help_text="rules, signals or series; assets, account, costs, folds, seed")


def placed(field: str | None) -> str | None:
    """Where a field of the command's file stands in the body."""
    if field is None or field in BacktestInputSerializer().fields:
        return field
    return f"configuration.{field}"


class BacktestTradeSerializer(serializers.Serializer):
    """A trade; what has not happened is null."""

    symbol = serializers.CharField()
    side = serializers.ChoiceField(choices=[(side, side) for side in SIDES])
    entered_at = UtcDateTimeField()
    exited_at = UtcDateTimeField(allow_null=True)
    entry = serializers.CharField(help_text="dollars per coin")
    exit = serializers.CharField(allow_null=True, help_text="dollars per coin")
    quantity = serializers.CharField(help_text="coins")
    fees = serializers.CharField(help_text="dollars")
    pnl = serializers.CharField(allow_null=True, help_text="dollars, after costs")
    reason = serializers.CharField(allow_null=True)

    def to_representation(self, instance: dict[str, str]) -> dict[str, Any]:
        told: dict[str, Any] = {name: instance[name] or None for name in map(str, self.fields)}
        for name in ("entry", "exit", "quantity", "fees", "pnl"):
            told[name] = None if told[name] is None else f"{Decimal(told[name]):f}"
        for name in ("entered_at", "exited_at"):
            told[name] = told[name] and told[name].replace("+00:00", "Z")
        return told


class StoredPages(OffsetPages):
    """Pages of lines that lie in a file, in their order."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        return super(OffsetPages, self).paginate_queryset(queryset, request, view)


@extend_schema_view(
    list=extend_schema(summary="Own backtests"),
    retrieve=extend_schema(summary="One backtest with its assumptions"),
)
class BacktestViewSet(ReadViewSet):
    """What somebody has tried on the past; newest first."""

    permission_classes = (IsUser,)
    filterset_class = BacktestFilters
    pagination_class: Any = CursorPages
    queryset = Backtest.objects.none()

    def get_queryset(self) -> QuerySet[Backtest]:
        found = Backtest.objects.select_related("job").order_by("-created_at")
        sees_all = acts_as_admin(self.request) and self.detail
        return found if sees_all else found.filter(created_by=self.request.user.pk)

    def get_serializer_class(self) -> Any:
        if self.action == "trades":
            return BacktestTradeSerializer
        return BacktestSerializer if self.action == "list" else BacktestDetailSerializer

    @extend_schema(
        summary="Start a backtest",
        request=BacktestInputSerializer,
        responses={status.HTTP_202_ACCEPTED: BacktestDetailSerializer},
    )
    def create(self, request: Request) -> Response:
        """It is queued, and runs by itself. 409 where too many of the own have not ended."""
        given = self.given(BacktestInputSerializer)
        try:
            ordered = order_backtest(given.pop("configuration") | given, actor=caller(request))
        except InvalidInput as error:
            raise InvalidInput(str(error), field=placed(error.field), code=error.code) from None
        return self.shown(ordered, code=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Its trades", responses=BacktestTradeSerializer(many=True), filters=False)
    @action(detail=True, filter_backends=(), pagination_class=StoredPages)
    def trades(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Every trade, oldest first; none before the backtest is done."""
        backtest = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        page = self.paginate_queryset(StoredTrades(backtest)) or ()
        return self.get_paginated_response(BacktestTradeSerializer(page, many=True).data)
