"""What the API doors of every app share: rendering, paging, permissions, fields, filters, schema.

Viewsets are in ``system.rest.viewsets``: REST framework imports this package while it loads its own views.
"""

from system.rest.cursor import CursorPages
from system.rest.filters import (
    Filters,
    FlagFilter,
    IdFilter,
    IdsFilter,
    LayerFilter,
    OrderingFilter,
    PeriodFilters,
    WholeNumberFilter,
)
from system.rest.naming import named_as
from system.rest.offset import OffsetPages
from system.rest.parsing import JSONParser
from system.rest.permissions import IsAdmin, IsUser, acts_as_admin, caller, require_owner
from system.rest.rendering import CSVRenderer, JSONRenderer
from system.rest.serializers import (
    ExactDecimalField,
    JSONObjectField,
    NumberField,
    ResourceSerializer,
    UtcDateTimeField,
)
from system.rest.throttles import CallRate

__all__ = [
    "CSVRenderer",
    "CallRate",
    "CursorPages",
    "ExactDecimalField",
    "Filters",
    "FlagFilter",
    "IdFilter",
    "IdsFilter",
    "IsAdmin",
    "IsUser",
    "JSONObjectField",
    "JSONParser",
    "JSONRenderer",
    "LayerFilter",
    "NumberField",
    "OffsetPages",
    "OrderingFilter",
    "PeriodFilters",
    "ResourceSerializer",
    "UtcDateTimeField",
    "WholeNumberFilter",
    "acts_as_admin",
    "caller",
    "named_as",
    "require_owner",
]
