"""Bases of the viewsets. A viewset parses, calls one selector or service, and presents."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet


class ApiViewSet(GenericViewSet):
    """Ids are whole numbers; fixed words in their place are other paths."""

    lookup_value_converter = "int"

    def parameters(self, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
        """Query parameters of an address that is no list, checked."""
        return checked(serializer_class, self.request)

    def rows(self, queryset: QuerySet[Any]) -> list[Any]:
        """The rows of the page that is asked for."""
        return list(self.paginate_queryset(queryset) or ())

    def page(self, queryset: QuerySet[Any]) -> Response:
        """A page of rows in the serializer of the action."""
        return self.get_paginated_response(self.get_serializer(self.rows(queryset), many=True).data)

    def filtered_page(self, queryset: QuerySet[Any]) -> Response:
        """A page of rows that pass the filters of the action."""
        return self.page(self.filter_queryset(queryset))


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """A list and its rows."""

    def get_object(self) -> Any:
        """The row of the path. Filters, and their defaults, are for lists only."""
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])


def checked(serializer_class: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Query parameters by the names and rules of a serializer."""
    form = serializer_class(data=request.query_params)
    form.is_valid(raise_exception=True)
    values: dict[str, Any] = form.validated_data
    return values


def router() -> SimpleRouter:
    """Paths without a slash at their end; ``ApiMiddleware`` answers the other spelling too."""
    return SimpleRouter(trailing_slash=False, use_regex_path=False)
