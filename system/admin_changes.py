"""What the database has noted of changes, in the admin, and the chain that seals it."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template import loader
from django.utils.translation import gettext_lazy as _

from system.admin_base import History
from system.models import RowChange, RowChangeLink
from system.selectors.noted import columns_of, with_emails
from system.trail import AUDITED


class AuditedTable(admin.SimpleListFilter):
    """The tables are known: nobody has to look through all changes for their names."""

    title = _("table")
    parameter_name = "table_name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        called = {model._meta.db_table: model._meta.verbose_name_plural for model in apps.get_models()} | {
            "auth_group_permissions": _("permissions of groups"),
            "users_groups": _("groups of users"),
            "users_user_permissions": _("permissions of users"),
        }
        return sorted(((name, str(called[name]).capitalize()) for name in AUDITED), key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[RowChange]) -> QuerySet[RowChange]:  # noqa: ARG002
        return queryset.filter(table_name=self.value()) if self.value() in AUDITED else queryset


@admin.register(RowChange)
class RowChangeAdmin(History):
    """What the database itself has noted: also bulk updates, and what went past the program."""

    list_display = ("at", "operation", "table_name", "row_id", "who", "door", "request_id")
    list_filter = ("operation", "door", AuditedTable)
    search_fields = ("=row_id", "actor", "=request_id", "=transaction_id")
    date_hierarchy = "at"
    ordering = ("-pk",)
    fields = ("at", "operation", "table_name", "row_id", "columns", "who", "actor", "door", "request_id",
              "transaction_id", "emptied_at")  # fmt: skip
    readonly_fields = ("columns", "who")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RowChange]:
        """Who is a person has an address, which comes with the row."""
        return with_emails(super().get_queryset(request))

    @admin.display(description=_("who"), ordering="actor")
    def who(self, row: RowChange) -> str:
        return str(getattr(row, "email", None) or row.actor)

    @admin.display(description=_("before and after"))
    def columns(self, row: RowChange) -> str:
        return loader.render_to_string("admin/_columns.html", {"columns": columns_of(row)})


@admin.register(RowChangeLink)
class RowChangeLinkAdmin(History):
    list_display = ("position", "of_change", "sealed_at", "hash")
    search_fields = ("=position", "=hash")
    date_hierarchy = "sealed_at"
    ordering = ("-position",)

    @admin.display(description=_("change"), ordering="change_id")
    def of_change(self, row: RowChangeLink) -> int:
        return row.change_id
