"""Doors of what portfolios have from their journal: files of trades, realised gains."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from selection.models import Portfolio
from system.rest import caller
from trading.api import portfolio_serializers as forms
from trading.api.positions import OfPortfolio
from trading.models import TradeImport
from trading.services.gains import gains_by_method
from trading.services.imports import choose_symbols, confirm_import, preview_import

MOST = 200
"""Imports that are listed."""


class OfJournal(OfPortfolio):
    """What a portfolio has from its journal."""

    pagination_class = None
    filter_backends = ()


class GainsViewSet(OfJournal):
    """Realised gains."""

    serializer_class: type[serializers.BaseSerializer[Any]] = forms.GainsSerializer
    queryset = Portfolio.objects.none()

    @extend_schema(
        summary="Realised gains of a year by lot",
        parameters=[forms.YearSerializer],
        responses=forms.GainsSerializer,
        operation_id="portfolios_gains",
    )
    def gains(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Every lot that left in a year, by the method that the portfolio is kept by or by another one: what the gains
        would then be. Nothing is changed."""
        return Response(
            forms.GainsSerializer(gains_by_method(self.portfolio(), **self.parameters(forms.YearSerializer))).data
        )


class ImportViewSet(OfJournal):
    """Files of trades: previewed, then booked once."""

    serializer_class: type[serializers.BaseSerializer[Any]] = forms.ImportSerializer
    queryset = TradeImport.objects.none()

    def get_parsers(self) -> list[BaseParser]:
        """A file comes as a form, what it means as JSON."""
        is_file = getattr(self, "action_map", {}).get("post") == "create"
        return [MultiPartParser()] if is_file else super().get_parsers()

    def imports(self) -> QuerySet[TradeImport]:
        """The imports of the portfolio of the path, without the content of their files."""
        return TradeImport.objects.filter(portfolio=self.portfolio()).defer("content").order_by("-created_at")

    @extend_schema(
        summary="Imports of trades",
        responses=forms.ImportSerializer(many=True),
        operation_id="portfolios_imports_list",
    )
    def list(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """The last files, newest first."""
        return Response(forms.ImportSerializer(self.imports()[:MOST], many=True).data)

    @extend_schema(
        summary="Upload trades for preview; nothing is booked",
        request={"multipart/form-data": forms.NewImportSerializer},
        responses={status.HTTP_201_CREATED: forms.ImportSerializer},
        operation_id="portfolios_imports_create",
    )
    def create(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """See what would become of a file; the same one again gives the same preview. One that is no file of trades is
        refused (unknown-format), one that is too large too (413)."""
        portfolio, given = self.portfolio(), self.given(forms.NewImportSerializer)
        file = given.pop("file")
        made = preview_import(portfolio, file, actor=caller(request), name=file.name, **given)
        return Response(forms.ImportSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Book a previewed import",
        request=forms.ConfirmSerializer,
        responses={status.HTTP_200_OK: forms.ImportSerializer},
        operation_id="portfolios_imports_confirm",
    )
    def confirm(self, request: Request, pk: int, import_id: int) -> Response:  # noqa: ARG002
        """Book all sound rows or none, once. Symbols that nobody knows have to be given a meaning first, in this
        request or an earlier one; what the journal does not allow is a conflict (impossible-history)."""
        found = get_object_or_404(self.imports(), pk=import_id)
        symbols = self.given(forms.ConfirmSerializer).get("symbols")
        if symbols:
            found = choose_symbols(found, symbols, actor=caller(request))
        return Response(forms.ImportSerializer(confirm_import(found, actor=caller(request))).data)
