"""Doors of the portfolios. Foreign ones do not exist, but for admins."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from selection.api.figure_serializers import (
    ExplanationSerializer,
    HistorySerializer,
    PeriodSerializer,
    PortfolioSummarySerializer,
    WorthSerializer,
)
from selection.api.filters import PortfolioFilters
from selection.api.portfolio_serializers import (
    NewPortfolioSerializer,
    PortfolioAnalysisSerializer,
    PortfolioChangeSerializer,
    PortfolioSerializer,
)
from selection.models import AIPortfolioAnalysis, Portfolio
from selection.selectors.explain import ANALYSIS_FIGURES, FIGURES, explain
from selection.selectors.portfolio_summary import portfolio_summary
from selection.selectors.valuation import latest_values
from selection.selectors.value_history import daily_worth, hourly_worth
from selection.selectors.visible import visible_portfolios
from selection.services import count_days
from selection.services.own_portfolios import change_portfolio, create_portfolio, delete_portfolio
from system.choices import LIVE
from system.exceptions import NoData
from system.rest import CursorPages, IsUser, acts_as_admin, caller
from system.rest.conditional import version_of, weak
from system.rest.viewsets import ApiViewSet


class PortfolioViewSet(ApiViewSet):
    """What people hold."""

    domain = "portfolio"
    needs_match = True
    permission_classes = (IsUser,)
    serializer_class = PortfolioSerializer
    filterset_class = PortfolioFilters
    queryset = Portfolio.objects.none()

    def get_queryset(self) -> QuerySet[Portfolio]:
        return visible_portfolios(self.request.user, everything=acts_as_admin(self.request))

    def portfolio(self) -> Portfolio:
        """The portfolio of the path; 404 when the caller may not see it."""
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    @extend_schema(summary="List the own portfolios")
    def list(self, request: Request) -> Response:
        """The own portfolios; admins see other people's when they name the person."""
        asks_for_others = bool(request.query_params.get("user_id")) and acts_as_admin(request)
        own = visible_portfolios(request.user, everything=asks_for_others).order_by("name")
        rows = self.rows(self.filter_queryset(own))
        values = latest_values(portfolio.pk for portfolio in rows)
        return self.get_paginated_response(PortfolioSerializer(rows, many=True, context={"values": values}).data)

    @extend_schema(
        summary="Create the own portfolios",
        request=NewPortfolioSerializer,
        responses={status.HTTP_201_CREATED: PortfolioSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make an empty portfolio. What it holds follows from its journal."""
        made = create_portfolio(actor=caller(request), **self.given(NewPortfolioSerializer))
        return self.valued(made, code=status.HTTP_201_CREATED)

    @extend_schema(summary="One of the own portfolios")
    def retrieve(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """A portfolio at the latest prices."""
        return self.valued(self.portfolio())

    @extend_schema(
        summary="Change one of the own portfolios", request=PortfolioChangeSerializer, responses=PortfolioSerializer
    )
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Change what it is called, and whether it may be shared."""
        given = self.given(PortfolioChangeSerializer)
        with self.held() as portfolio:
            return self.valued(change_portfolio(portfolio, actor=caller(request), **given))

    @extend_schema(summary="Delete one of the own portfolios", responses={status.HTTP_204_NO_CONTENT: None})
    def destroy(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Take a portfolio out of use; its name is free again."""
        with self.held() as portfolio:
            delete_portfolio(portfolio, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def valued(self, portfolio: Portfolio, *, code: int = status.HTTP_200_OK) -> Response:
        """A portfolio at the latest prices, with its version."""
        if self.request.method not in SAFE_METHODS:
            portfolio.refresh_from_db()  # a trigger decides on its version
        self.version = version_of(portfolio)
        context = {"values": latest_values([portfolio.pk])}
        headers = {"ETag": weak(self.version or "")}
        return Response(PortfolioSerializer(portfolio, context=context).data, status=code, headers=headers)

    @extend_schema(summary="Newest AI analysis of a portfolio", responses=PortfolioAnalysisSerializer)
    @action(detail=True)
    def analysis(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """The newest live analysis."""
        newest = self.live_analyses().first()
        if newest is None:
            raise NoData(_("This portfolio has not been analysed yet."), code="no_analysis_yet")
        return Response(PortfolioAnalysisSerializer(newest).data)

    @extend_schema(
        summary="AI analyses of a portfolio", responses=PortfolioAnalysisSerializer(many=True), filters=False
    )
    @action(detail=True, filter_backends=(), pagination_class=CursorPages, serializer_class=PortfolioAnalysisSerializer)
    def analyses(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Live analyses, newest first."""
        return self.page(self.live_analyses())

    def live_analyses(self) -> QuerySet[AIPortfolioAnalysis]:
        """Analyses of the portfolio of the path in the live series."""
        return AIPortfolioAnalysis.objects.filter(portfolio=self.portfolio(), series=LIVE).order_by("-analysis_time")

    @extend_schema(summary="Value, P&L, allocation", responses=PortfolioSummarySerializer)
    @action(detail=True, pagination_class=None, filter_backends=())
    def summary(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """A portfolio at a glance, at the latest prices. Short positions count with their sign."""
        portfolio = self.portfolio()
        count_days(portfolio)
        summary = portfolio_summary(portfolio, timezone.now())
        return Response(PortfolioSummarySerializer(summary, context={"portfolio": portfolio}).data)

    @extend_schema(
        summary="Value over time", parameters=[HistorySerializer], responses=WorthSerializer(many=True), filters=False
    )
    @action(detail=True, pagination_class=None, filter_backends=())
    def history(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """What a portfolio was worth at the ends of its last days, or at the full hours of these; never by the price of
        now. Moments before its first trade are left out."""
        portfolio, wanted = self.portfolio(), self.parameters(HistorySerializer)
        if wanted["interval"] == "1h":
            return Response(WorthSerializer(hourly_worth(portfolio, wanted["days"], timezone.now()), many=True).data)
        count_days(portfolio)
        return Response(WorthSerializer(daily_worth(portfolio, wanted["days"], timezone.now()), many=True).data)

    @extend_schema(
        summary="How a figure came about",
        parameters=[OpenApiParameter("figure", str, "path", enum=(*FIGURES, *ANALYSIS_FIGURES)), PeriodSerializer],
        responses=ExplanationSerializer,
    )
    @action(
        detail=True, url_path="explain/<slug:figure>", url_name="explain", pagination_class=None, filter_backends=()
    )
    def explain(self, request: Request, pk: int, figure: str) -> Response:  # noqa: ARG002
        """Formula, inputs, candles and lots behind a figure, over all days of a portfolio or those of a period. Another
        figure than there are is refused with the names of all of them."""
        portfolio, period = self.portfolio(), self.parameters(PeriodSerializer)
        count_days(portfolio)
        return Response(ExplanationSerializer(explain(portfolio, figure, **period)).data)
