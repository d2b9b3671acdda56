"""Bases of the viewsets. A viewset parses, calls one selector or service, and presents."""

from typing import Any, TypeVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet

Row = TypeVar("Row")


class ApiViewSet(GenericViewSet):
    """Ids are whole numbers; fixed words in their place are other paths."""

    lookup_value_converter = "int"

    def parameters(self, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
        """Query parameters of an address that is no list, checked."""
        return checked(serializer_class, self.request)

    def page(self, queryset: QuerySet[Any]) -> Response:
        """A page of rows in the serializer of the action."""
        rows = self.paginate_queryset(queryset)
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    def filtered_page(self, queryset: QuerySet[Any]) -> Response:
        """A page of rows that pass the filters of the action."""
        return self.page(self.filter_queryset(queryset))

    def one(self, queryset: QuerySet[Any]) -> Response:
        """The row of the path, in the serializer of the action; 404 when the caller may not see it."""
        return Response(self.get_serializer(get_object_or_404(queryset, pk=self.kwargs["pk"])).data)


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """A list and its rows."""


def checked(serializer_class: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Query parameters by the names and rules of a serializer."""
    form = serializer_class(data=request.query_params)
    form.is_valid(raise_exception=True)
    values: dict[str, Any] = form.validated_data
    return values


def router() -> SimpleRouter:
    """Paths without a slash at their end; ``ApiPaths`` answers the other spelling too."""
    return SimpleRouter(trailing_slash=False, use_regex_path=False)
