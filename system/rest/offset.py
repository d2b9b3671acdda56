"""Pages of lists that stay short."""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

from system.rest.ordering import totally_ordered
from system.rest.parameters import LIMIT_MAX, limit_schema, page_size, whole_number

FARTHEST = 1_000_000_000


class OffsetPages(LimitOffsetPagination):
    """``{count, next, previous, results}`` by limit and offset."""

    max_limit = LIMIT_MAX

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        return super().paginate_queryset(totally_ordered(queryset), request, view)

    def get_limit(self, request: Request) -> int:
        return page_size(request)

    def get_offset(self, request: Request) -> int:
        return whole_number(request, "offset", default=0, low=0, high=FARTHEST)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:  # noqa: ARG002
        offset = {
            "name": "offset",
            "in": "query",
            "required": False,
            "description": "Rows to skip.",
            "schema": {"type": "integer", "minimum": 0, "maximum": FARTHEST, "default": 0},
        }
        return [limit_schema(), offset]
