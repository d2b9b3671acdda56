"""How an operation is described in the OpenAPI document."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from system.rest.idempotency import HEADER, LONGEST
from system.rest.permissions import access_of
from system.rest.rendering import CSVRenderer

Direction = Literal["request", "response"]


class ProblemItemSerializer(serializers.Serializer):
    """One thing that is wrong with the input."""

    field = serializers.CharField(allow_null=True, help_text="Name of the input; null when it is about the whole")
    pointer = serializers.CharField(
        allow_null=True, help_text="Its place in the body (RFC 6901); null for a parameter, a header or the whole"
    )
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

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Says who may call it, too."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        return operation and operation | {"x-access": access_of(self.view, self.method)}

    def _get_serializer_field_meta(self, field: Any, direction: Direction) -> dict[str, Any]:
        """What is null where its source is not there says so."""
        meta: dict[str, Any] = super()._get_serializer_field_meta(field, direction)
        return meta | {"nullable": True} if direction == "response" and field.default is None else meta

    def _map_serializer_field(self, field: Any, direction: Direction, bypass_extensions: bool = False) -> Any:
        """A decimal that may not be below 0 has no sign."""
        found: Any = super()._map_serializer_field(field, direction, bypass_extensions)
        least = getattr(field, "min_value", None)
        if isinstance(field, serializers.DecimalField) and least is not None and least >= 0 and "pattern" in found:
            return found | {"pattern": found["pattern"].replace("^-?", "^", 1)}
        return found

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        problem = self.resolve_serializer(ProblemSerializer, direction)
        content = {"application/problem+json": {"schema": problem.ref}}
        return responses | {"default": {"content": content, "description": "Refused: why"}}

    def _get_parameters(self) -> list[dict[str, Any]]:
        return [*super()._get_parameters(), *self.shared_parameters()]

    def shared_parameters(self) -> list[dict[str, Any]]:
        """Parameters that ``ApiViewSet`` gives to every operation of a kind.

        ``fields`` and ``time`` are not among them: what they make of an answer is not what its schema says, so they
        stand in the words about the whole.
        """
        if self.method == "POST":
            return [KEY] if getattr(self.view, "replayable", False) else []
        return [MATCH] if self.method not in SAFE_METHODS and getattr(self.view, "needs_match", False) else []

    def _get_request_for_media_type(self, serializer: Any, direction: Direction = "request") -> Any:
        """A PATCH is taken in part only where its door says so (``partial=True``)."""
        in_part = not isinstance(serializer, type) and getattr(serializer, "partial", True)
        if self.method != "PATCH" or in_part:
            return super()._get_request_for_media_type(serializer, direction)
        self.method = "PUT"  # the generator makes every PATCH one in part
        try:
            return super()._get_request_for_media_type(serializer, direction)
        finally:
            self.method = "PATCH"

    def _get_request_body(self, direction: Direction = "request") -> Any:
        """A DELETE that has to be confirmed, by a password, has a body."""
        if self.method != "DELETE" or not getattr(self.view, "delete_has_body", False):
            return super()._get_request_body(direction)
        self.method = "POST"  # the generator knows no body of other methods
        try:
            return super()._get_request_body(direction)
        finally:
            self.method = "DELETE"

    def map_renderers(self, attribute: str) -> list[Any]:
        """Lists can be had as CSV too."""
        holds_rows = self._is_list_view() or getattr(self.view, "rows_in", None) is not None
        is_table = self.method == "GET" and holds_rows and getattr(self.view, "shapes", False)
        found: list[Any] = super().map_renderers(attribute)
        unwanted = getattr(CSVRenderer, attribute)
        return found if is_table else [one for one in found if one != unwanted]

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        filters = getattr(self.view, "filterset_class", None)
        defaults = getattr(filters, "defaults", {})
        parameters: list[dict[str, Any]] = super()._get_filter_parameters()
        for parameter in parameters:
            known = filters.base_filters.get(parameter["name"]) if filters else None
            for word, limit in (("minimum", "min_value"), ("maximum", "max_value")):
                if known is not None and known.extra.get(limit) is not None:
                    parameter["schema"][word] = known.extra[limit]
            if parameter["name"] in defaults:
                parameter["schema"]["default"] = typed(defaults[parameter["name"]], parameter["schema"].get("type"))
        return parameters

    def get_paginated_name(self, serializer_name: str) -> str:
        pages: Any = getattr(self.view, "pagination_class", None)
        return f"{serializer_name}{pages.__name__}"


KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Makes it safe to send the request again: the same key with the same content acts once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
}
MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "ETag of what was read; the change is refused with 412 when it is another one by now.",
    "schema": {"type": "string"},
}


def typed(text: str, kind: str | None) -> Any:
    """A default as its type is written in JSON."""
    if kind == "boolean":
        return text == "true"
    if kind == "integer":
        return int(text)
    return [text] if kind == "array" else text
