"""How an operation is described in the OpenAPI document."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

Direction = Literal["request", "response"]


class ProblemItemSerializer(serializers.Serializer):
    """One thing that is wrong with the input."""

    field = serializers.CharField(allow_null=True, help_text="Name of the input; null when it is about the whole")
    code = serializers.CharField(help_text="Kind of the fault")
    detail = serializers.CharField(help_text="The fault in words")


class ProblemSerializer(serializers.Serializer):
    """Why a request was refused (RFC 9457)."""

    type = serializers.CharField(help_text="Kind of the problem, as a URN")
    title = serializers.CharField(help_text="The kind in words")
    status = serializers.IntegerField(help_text="HTTP status")
    detail = serializers.CharField(help_text="What happened this time")
    instance = serializers.CharField(help_text="Path of the request")
    request_id = serializers.CharField(help_text="Id of the request in our logs")

    def get_fields(self) -> dict[str, serializers.Field]:
        """``errors`` is what a serializer calls its own, so it cannot be declared as an attribute."""
        return super().get_fields() | {"errors": ProblemItemSerializer(many=True)}


class Schema(AutoSchema):
    """Every operation may answer with a problem; defaults of filters are shown; two kinds of pages have two names."""

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        problem = self.resolve_serializer(ProblemSerializer, direction)
        content = {"application/problem+json": {"schema": problem.ref}}
        return responses | {"default": {"content": content, "description": "Refused: why"}}

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        defaults = getattr(getattr(self.view, "filterset_class", None), "defaults", {})
        parameters: list[dict[str, Any]] = super()._get_filter_parameters()
        for parameter in parameters:
            if parameter["name"] in defaults:
                parameter["schema"]["default"] = typed(defaults[parameter["name"]], parameter["schema"].get("type"))
        return parameters

    def get_paginated_name(self, serializer_name: str) -> str:
        pages: Any = getattr(self.view, "pagination_class", None)
        return f"{serializer_name}{pages.__name__}"


def typed(text: str, kind: str | None) -> Any:
    """A default as its type is written in JSON."""
    if kind == "boolean":
        return text == "true"
    if kind == "integer":
        return int(text)
    return [text] if kind == "array" else text
