"""Doors of positions: opened by the journal, planned by their owners, analysed by the product."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from assets.models import Asset
from selection.api.filters import PositionFilters
from selection.api.portfolio_serializers import PortfolioAssetSerializer
from selection.models import Portfolio, PortfolioAsset
from selection.selectors.valuation import latest_values
from selection.selectors.visible import visible_portfolios
from system.choices import LIVE
from system.exceptions import NoData
from system.rest import CursorPages, IsUser, OffsetPages, acts_as_admin, caller, named_as
from system.rest.conditional import version_of, weak
from system.rest.ordered import OrderedSerializer, accepted
from system.rest.viewsets import ApiViewSet
from trading.api import position_serializers as forms
from trading.models import AIPortfolioAssetAnalysis
from trading.services.journal.booking import locked
from trading.services.own_positions import LEVELS, PLANS, Opening, change_position, open_position, remove_position
from trading.services.portfolio_analyses import order_analysis

API_NAMES = {
    "price": "entry_price",
    "fee": "fees_paid",
    "leverage": "leverage_ratio",
    "stop_loss": "stop_loss_price",
    "take_profit": "take_profit_price",
}
"""Names of the journal's inputs in the API."""


class OfPortfolio(ApiViewSet):
    """What belongs to a portfolio. Foreign ones do not exist, but for admins."""

    domain = "portfolio"
    permission_classes = (IsUser,)

    def portfolio(self) -> Portfolio:
        """The portfolio of the path; 404 when the caller may not see it."""
        visible = visible_portfolios(self.request.user, everything=acts_as_admin(self.request))
        return get_object_or_404(visible, pk=self.kwargs["pk"])


class PositionViewSet(OfPortfolio):
    """Positions of a portfolio."""

    needs_match = True
    serializer_class = PortfolioAssetSerializer
    filterset_class = PositionFilters
    pagination_class = OffsetPages
    queryset = PortfolioAsset.objects.none()

    def positions(self) -> QuerySet[PortfolioAsset]:
        """All positions of the portfolio of the path, those that were removed too."""
        return PortfolioAsset.objects.filter(portfolio=self.portfolio()).order_by("sort_order")

    def position(self) -> PortfolioAsset:
        """The position of the path."""
        return get_object_or_404(self.positions().select_related("asset", "portfolio"), pk=self.kwargs["position_id"])

    @extend_schema(summary="Positions", operation_id="portfolios_assets_list")
    def list(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Positions of a portfolio at the latest prices, in its order."""
        rows = self.rows(self.filter_queryset(self.positions()))
        context = {"value": latest_values([pk])[pk]}
        return self.get_paginated_response(PortfolioAssetSerializer(rows, many=True, context=context).data)

    @extend_schema(
        summary="Open a position",
        request=forms.NewPositionSerializer,
        responses={status.HTTP_201_CREATED: PortfolioAssetSerializer},
        operation_id="portfolios_assets_create",
    )
    def create(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """By its first entry in the journal; a stop and a target are entries too. 409 where such a position is open
        already, or the cash is not there."""
        portfolio, given = self.portfolio(), self.given(forms.NewPositionSerializer)
        opening = Opening(
            asset=get_object_or_404(Asset, pk=given["asset_id"]),
            kind=given.get("asset_type"),
            quantity=given["quantity"],
            price=given["entry_price"],
            fee=given.get("fees_paid"),
            leverage=given["leverage_ratio"],
            opened_at=given.get("executed_at") or timezone.now(),
            timeframe=given.get("timeframe"),
            levels={name: given[name] for name in LEVELS if given.get(name) is not None},
            plans={name: value for name, value in given.items() if name in PLANS},
        )
        with named_as(API_NAMES):
            made = open_position(portfolio, opening, actor=caller(request))
        return self.valued(made, code=status.HTTP_201_CREATED)

    @extend_schema(summary="One position", operation_id="portfolios_assets_retrieve")
    def retrieve(self, request: Request, pk: int, position_id: int) -> Response:  # noqa: ARG002
        """A position at the latest price."""
        return self.valued(self.position())

    @extend_schema(
        summary="Change targets, stops, notes",
        request=forms.PositionChangeSerializer(partial=True),
        responses=PortfolioAssetSerializer,
        operation_id="portfolios_assets_partial_update",
    )
    def partial_update(self, request: Request, pk: int, position_id: int) -> Response:  # noqa: ARG002
        """A changed stop or target is recorded in the journal; null takes it away. Quantity, prices and profit follow
        from the journal alone."""
        given = self.given(forms.PositionChangeSerializer, partial=True)
        with transaction.atomic(), named_as(API_NAMES):
            locked(self.portfolio())  # before the position, as every entry of the journal does
            with self.held(self.positions(), pk=position_id) as position:
                changed = change_position(position, given, actor=caller(request))
        return self.valued(changed)

    @extend_schema(
        summary="Remove a position (is_active=false)",
        parameters=[forms.RemovalSerializer],
        responses={status.HTTP_204_NO_CONTENT: None},
        operation_id="portfolios_assets_destroy",
    )
    def destroy(self, request: Request, pk: int, position_id: int) -> Response:  # noqa: ARG002
        """It is out of sight, its journal stays. 409 position_open while it holds something, unless ``force``."""
        force = self.parameters(forms.RemovalSerializer)["force"]
        with transaction.atomic():
            locked(self.portfolio())
            with self.held(self.positions(), pk=position_id) as position:
                remove_position(position, actor=caller(request), force=force)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def valued(self, position: PortfolioAsset, *, code: int = status.HTTP_200_OK) -> Response:
        """A position at the latest price, with its version."""
        position.refresh_from_db()  # what follows from the journal, and the version, are set behind it
        self.version = version_of(position)
        context = {"value": latest_values([position.portfolio_id])[position.portfolio_id]}
        headers = {"ETag": weak(self.version or "")}
        return Response(PortfolioAssetSerializer(position, context=context).data, status=code, headers=headers)


class PositionAnalysisViewSet(OfPortfolio):
    """Analyses of a position."""

    serializer_class = forms.PositionAnalysisSerializer
    pagination_class = CursorPages
    filter_backends = ()
    queryset = AIPortfolioAssetAnalysis.objects.none()

    def analyses(self) -> QuerySet[AIPortfolioAssetAnalysis]:
        """Live analyses of the position of the path, newest first."""
        positions = PortfolioAsset.objects.filter(portfolio=self.portfolio())
        position = get_object_or_404(positions, pk=self.kwargs["position_id"])
        found = AIPortfolioAssetAnalysis.objects.filter(portfolio_asset=position, series=LIVE)
        return found.order_by("-analysis_time")

    @extend_schema(summary="AI analyses of a position", operation_id="portfolios_assets_analyses_list")
    def list(self, request: Request, pk: int, position_id: int) -> Response:  # noqa: ARG002
        """Live analyses, newest first."""
        return self.page(self.analyses())

    @extend_schema(summary="Newest AI analysis of a position", operation_id="portfolios_assets_analysis")
    def newest(self, request: Request, pk: int, position_id: int) -> Response:  # noqa: ARG002
        """The newest live analysis."""
        found = self.analyses().first()
        if found is None:
            raise NoData(_("This position has not been analysed yet."), code="no_analysis_yet")
        return Response(forms.PositionAnalysisSerializer(found).data)


class AnalysisOrderViewSet(OfPortfolio):
    """Analyses that are asked for."""

    serializer_class: type[Any] = OrderedSerializer
    pagination_class = None
    filter_backends = ()
    queryset = Portfolio.objects.none()

    @extend_schema(
        summary="Start an analysis",
        request=None,
        responses={status.HTTP_202_ACCEPTED: OrderedSerializer},
        operation_id="portfolios_analyze_create",
    )
    def analyze(self, request: Request, pk: int) -> Response:
        """Of the portfolio and its positions, on the newest snapshot. While one is under way, it is that one; 429 for
        a minute after it. What came of it is at /analysis."""
        order = order_analysis(self.portfolio(), actor=caller(request))
        return accepted(order, see=f"/api/v1/portfolios/{pk}/analysis")
