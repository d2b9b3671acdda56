"""Doors of journals: entries are added and taken back, never changed; what is said of them may be."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from selection.models import Portfolio, PortfolioAsset
from selection.selectors.visible import visible_portfolios
from system.exceptions import InvalidInput
from system.rest import CursorPages, IsUser, acts_as_admin, caller, named_as
from system.rest.viewsets import ApiViewSet
from trading import services
from trading.api import journal_serializers as forms
from trading.api.execution_serializers import StatisticsParameters, StatisticsSerializer
from trading.api.filters import ActionFilters
from trading.models import AITradingSignal, TradeAction
from trading.selectors.journal_statistics import journal_statistics
from trading.selectors.visible import visible_signals
from trading.services.journal.entries import REMARKS

SERVICE_NAMES = {"asset_price": "price", "fees_paid": "fee"}
API_NAMES = {"price": "asset_price", "fee": "fees_paid", "fee_asset": "fee_asset_id", "ai_signal": "ai_signal_id"}
API_NAMES |= {"settlement_asset": "settlement_asset_id"}
"""Names of the service's inputs in the API."""


class PortfolioActionViewSet(ApiViewSet):
    """Entries of the journal of a portfolio."""

    domain = "portfolio"
    permission_classes = (IsUser,)
    serializer_class = forms.TradeActionSerializer
    filterset_class = ActionFilters
    pagination_class = CursorPages
    queryset = TradeAction.objects.none()

    def portfolio(self) -> Portfolio:
        """The portfolio of the path; 404 where the caller may not see it."""
        seen = visible_portfolios(self.request.user, everything=acts_as_admin(self.request))
        return get_object_or_404(seen, pk=self.kwargs["pk"])

    @extend_schema(summary="Trade actions of a portfolio", operation_id="portfolio_actions_list")
    def list(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """All entries, reversed ones and reversals too; newest first."""
        entries = TradeAction.objects.filter(portfolio_asset__portfolio=self.portfolio())
        return self.filtered_page(entries.order_by("-executed_at"))

    @extend_schema(
        summary="Record a trade action",
        operation_id="position_actions_create",
        request=forms.NewActionSerializer,
        responses={status.HTTP_201_CREATED: forms.TradeActionSerializer},
    )
    def create(self, request: Request, pk: int, position_id: int) -> Response:  # noqa: ARG002
        """What follows for the position is derived anew. 409 where more leaves it than it holds, then or later."""
        positions = PortfolioAsset.objects.filter(portfolio=self.portfolio()).select_related("asset", "portfolio")
        position = get_object_or_404(positions, pk=position_id)
        given = self.given(forms.NewActionSerializer)
        with named_as(API_NAMES):
            made = services.record_trade(
                position.portfolio,
                position.asset,
                actor=caller(request),
                executed_at=given.pop("executed_at", None) or timezone.now(),
                position=position,
                **self.details(given),
            )
        made.refresh_from_db()  # what was realised is derived after it was written
        return self.shown(made, code=status.HTTP_201_CREATED)

    def details(self, given: dict[str, Any]) -> dict[str, Any]:
        """What is asked for, by the names of the service."""
        signal_id = given.pop("ai_signal_id", None)
        remarks = {name: given.pop(name) for name in REMARKS & given.keys()}
        if signal_id is not None:
            remarks["ai_signal"] = self.signal(signal_id)
        stated = {SERVICE_NAMES.get(name, name): value for name, value in given.items() if value not in (None, "")}
        return stated | {"remarks": {name: value for name, value in remarks.items() if value not in (None, "")}}

    def signal(self, signal_id: int) -> AITradingSignal:
        """The signal that led to an entry."""
        found = visible_signals(self.request.user).filter(pk=signal_id).first()
        if found is None:
            raise InvalidInput(_("There is no such signal."), field="ai_signal_id")
        return found


class TradeActionViewSet(ApiViewSet):
    """Entries of journals, one by one."""

    domain = "portfolio"
    permission_classes = (IsUser,)
    serializer_class = forms.TradeActionSerializer
    queryset = TradeAction.objects.none()
    row_is_all = True

    def get_queryset(self) -> QuerySet[TradeAction]:
        everything = acts_as_admin(self.request)
        seen = visible_portfolios(self.request.user, everything=everything)
        found = TradeAction.objects.filter(portfolio_asset__portfolio__in=seen)
        return found.select_related("portfolio_asset__portfolio")

    def entry(self) -> TradeAction:
        """The entry of the path; 404 where the caller may not see it."""
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    @extend_schema(summary="One trade action")
    def retrieve(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """An entry as it was made."""
        return self.shown(self.entry())

    @extend_schema(
        summary="Change the journal fields (emotion, lessons, notes, ...)",
        request=forms.RemarksSerializer(partial=True),
        responses={status.HTTP_200_OK: forms.TradeActionSerializer},
    )
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Price, quantity, kind and times are fixed: a correction is a reversal and a new entry."""
        remarks = self.given(forms.RemarksSerializer, partial=True)
        return self.shown(services.change_remarks(self.entry(), remarks, actor=caller(request)))

    @extend_schema(summary="Reverse an action", responses={status.HTTP_204_NO_CONTENT: None})
    def destroy(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """A reversal is written; nothing is deleted. 409 where what remains would be impossible."""
        services.reverse_entry(self.entry(), actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Statistics of the own trading journal",
        parameters=[StatisticsParameters],
        responses=StatisticsSerializer,
    )
    @action(detail=False, pagination_class=None, filter_backends=(), serializer_class=StatisticsSerializer)
    def statistics(self, request: Request) -> Response:
        """Closed trades of the last days, in all and by group; what is on paper does not count."""
        until = timezone.now()
        days = self.parameters(StatisticsParameters)["days"]
        found = journal_statistics(request.user, until - timedelta(days=days), until)
        return Response(StatisticsSerializer(found).data)
