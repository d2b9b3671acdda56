"""Filters of the ledger in the admin. What can be chosen is read from small tables: the ledger itself is too long to be
read for each page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from aimodels.models import AIModel, PredictionSum


class HorizonFilter(admin.SimpleListFilter):
    """By horizon: those of the sums."""

    title = _("horizon")
    parameter_name = "prediction_horizon"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        found = PredictionSum.objects.order_by("prediction_horizon").values_list("prediction_horizon", flat=True)
        return [(str(hours), _("%(hours)s h") % {"hours": hours}) for hours in found.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:  # noqa: ARG002
        value = self.value() or ""
        return queryset.filter(prediction_horizon=value) if value.isdecimal() else None


class ModelFilter(admin.SimpleListFilter):
    """By the name of the model, of all of its versions."""

    title = _("model")
    parameter_name = "model_name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        names = AIModel.objects.order_by("name").values_list("name", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:  # noqa: ARG002
        return queryset.filter(model_name=self.value()) if self.value() else None
