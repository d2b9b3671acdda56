"""JSON as the API writes it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer

from system.rest.shaping import EPOCH_MS, TIME

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY


class JSONRenderer(BaseRenderer):
    """UTF-8 JSON. Times are UTC with Z, or milliseconds where the caller asks for them; a Decimal that a serializer
    left as it is becomes a number."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:  # noqa: ARG002
        if data is None:
            return b""
        request = (renderer_context or {}).get("request")
        if request is not None and request.GET.get(TIME) == EPOCH_MS:
            return orjson.dumps(data, default=with_milliseconds, option=OPTIONS | orjson.OPT_PASSTHROUGH_DATETIME)
        return orjson.dumps(data, default=plain, option=OPTIONS)


class CSVRenderer(JSONRenderer):
    """Says that lists can be had as CSV. ``ApiViewSet`` writes it; what comes here is a refusal, which is a problem in
    JSON whatever was asked for."""

    media_type = "text/csv"
    format = "csv"


def plain(value: Any) -> Any:
    """What orjson does not know by itself."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Promise):
        return str(value)
    if hasattr(value, "__iter__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def with_milliseconds(value: Any) -> Any:
    """The same, with times as milliseconds since 1970; a day stays a day."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    return value.isoformat() if hasattr(value, "isoformat") else plain(value)
