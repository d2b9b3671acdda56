"""Bases of the admin pages: who may do what, where help texts come from, how rows are fetched.

History is read-only. What is changed goes through a service; a refusal becomes a message, not an error page.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.forms.fields import InvalidJSONInput
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from system import admin_empty, formats
from system.column_words import meaning
from system.exceptions import DomainError
from system.json_values import json_fault
from system.selectors.audit import audit_of
from system.selectors.noted import noted_of
from system.services.rows import change_row
from system.trail import AUDITED

Text = str | Promise
BOOKKEEPING = frozenset({"id", "created_at", "updated_at", "run", "series"})
"""Columns that say how a row came about, not what it says."""
LOOKS: list[tuple[type[forms.Widget], type[forms.Widget]]] = [
    (forms.Select, UnfoldAdminSelectWidget),
    (forms.Textarea, UnfoldAdminTextareaWidget),
    (forms.TextInput, UnfoldAdminTextInputWidget),
    (forms.NumberInput, UnfoldAdminTextInputWidget),
    (forms.PasswordInput, UnfoldAdminPasswordWidget),
]
"""Plain widgets and those of the theme that look the part."""


def comments(model: type[models.Model]) -> dict[str, str]:
    """What each column means, as the schema says it; the theme does not escape help texts."""
    return {column.name: escape(meaning(column)) for column in model._meta.concrete_fields}


def words_of(column: "models.Field[Any, Any]") -> Callable[[Any], str] | None:
    """How lists show the values of a column in the digits of the language; None: as the theme does.

    Numbers have no idle zeros: a column may keep eighteen places, a price of them has five.
    """
    if column.is_relation or column.primary_key or column.choices:
        return None
    if isinstance(column, models.DateTimeField):
        return formats.clock
    if isinstance(column, models.DateField):
        return formats.plain_day
    if isinstance(column, models.DecimalField | models.IntegerField | models.FloatField):
        return lambda value: formats.left_to_right(formats.coins(value))
    return None


@cache
def shown_as(column: "models.Field[Any, Any]", words: Callable[[Any], str]) -> Callable[[models.Model], str | None]:
    """A column as lists show it, under its own name and in its own order."""

    def cell(row: models.Model) -> str | None:
        value = getattr(row, column.name)
        return None if value is None else words(value)

    cell.short_description = column.verbose_name  # type: ignore[attr-defined]
    cell.admin_order_field = column.name  # type: ignore[attr-defined]
    return cell


@cache
def cells(model: type[models.Model]) -> dict[str, Callable[[models.Model], str | None]]:
    """The columns of a model that lists show in the digits of the language."""
    told = {column: words_of(column) for column in model._meta.concrete_fields}
    return {column.name: shown_as(column, words) for column, words in told.items() if words}


class Rows(ChangeList):
    """A list of the admin."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_count = formats.Count(self.result_count)


def in_digits(shown: str) -> str:
    """What the theme shows of a number or a time."""
    return mark_safe(formats.digits(shown))  # noqa: S308 - nothing but digits is changed in what it has made safe


def id_or_404(text: str) -> int:
    """The id of a row that an address or a form names; 404 for what cannot be one."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise Http404
    return int(text)


def row_or_404(rows: models.QuerySet[Any], object_id: str) -> Any:
    """The row that an address names."""
    return get_object_or_404(rows, pk=id_or_404(object_id))


def actor(request: HttpRequest) -> Any:
    """The admin who acts."""
    return request.user


class JSONInput(forms.JSONField):
    """JSON that can be stored. What is refused is shown again as it was typed."""

    def to_python(self, value: Any) -> Any:
        try:
            found = super().to_python(value)
        except RecursionError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        if fault := json_fault(found):
            raise forms.ValidationError(fault, code="invalid")
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            self.to_python(data)
        except forms.ValidationError:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)


class AdminPage(ModelAdmin):
    """A table in the admin. Admins see everything; what they may change, a subclass says.

    Attributes:
        related: relations beside those in ``list_display`` that the rows of the list need, e.g. for their ``__str__``.
        editable: columns that may be changed by hand; the rest is read-only.
    """

    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True
    warn_unsaved_form = True
    formfield_overrides = {models.JSONField: {"form_class": JSONInput}}
    related: Sequence[str] = ()
    editable: Sequence[str] = ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(actor(request).is_staff)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.editable) and self.has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        """Numbers and times in the digits of the language."""
        own = cells(self.model)
        return [own.get(name, name) for name in super().get_list_display(request)]

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:  # noqa: ARG002
        return Rows

    @property
    def comes_from(self) -> Promise:
        """Where the rows come from: said while there are none."""
        return admin_empty.comes_from(self.model)

    @property
    def readonly_preprocess_fields(self) -> dict[str, Callable[[str], str]]:
        """Numbers and times that are only shown, in the digits of the language."""
        return dict.fromkeys(cells(self.model), in_digits)

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """Every relation that the list shows, the ones that may be empty too: no query per row."""
        shown = set(self.get_list_display(request))
        direct = [column.name for column in self.opts.concrete_fields if column.is_relation and column.name in shown]
        return [*direct, *self.related]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        left = {*self.editable, *(self.exclude or ())}
        fixed = [column.name for column in self.opts.concrete_fields if column.name not in left]
        return [*fixed, *super().get_readonly_fields(request, obj)]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What may be changed first, bookkeeping last."""
        names = list(super().get_fields(request, obj))
        return sorted(names, key=lambda name: (name not in self.editable, name in BOOKKEEPING))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **({"help_texts": comments(self.model)} | options))
        refusal: DomainError | None = getattr(request, "refusal", None)
        return form if refusal is None else refused(form, refusal)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The form; after a refusal of the service once more, with what was typed and the reason."""
        try:
            answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            answer = super().changeform_view(request, object_id, form_url, extra_context)
        return answer

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What the audit trail knows of the row, field by field; not only what was done in the admin."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        context = self.admin_site.each_context(request) | {
            "title": gettext("History of %(row)s") % {"row": row},
            "trail": audit_of(row),
            "noted": noted_of(row),
            "is_noted": self.opts.db_table in AUDITED,
            "all_noted": f"{reverse('admin:system_rowchange_changelist')}?"
            + urlencode({"table_name": self.opts.db_table, "row_id": row.pk}),
            "whole": f"{reverse('admin:system_auditlog_changelist')}?"
            + urlencode({"table_name": self.opts.db_table, "record_id": row.pk}),
            "opts": self.opts,
            "original": row,
        }
        return TemplateResponse(request, "admin/audit_history.html", context | (extra_context or {}))

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
        """Carry out an action on the ticked rows; a form that was tampered with may name what cannot be one."""
        for text in request.POST.getlist(ACTION_CHECKBOX_NAME):
            id_or_404(text)
        answer: HttpResponse | None = super().response_action(request, queryset)
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002
        change_row(obj, actor=actor(request), changes={name: form.cleaned_data[name] for name in form.changed_data})

    def attempt(self, request: HttpRequest, deed: Callable[[], Any], done: Text, *, about: str = "") -> bool:
        """Do something and say how it went, naming what it was about. True if it was done."""
        try:
            deed()
        except DomainError as refusal:
            messages.error(request, f"{about}: {refusal}" if about else str(refusal))
            return False
        messages.success(request, str(done))
        return True

    def form_page(
        self,
        request: HttpRequest,
        form: forms.Form,
        *,
        title: Text,
        button: Text,
        note: Text = "",
        hidden: Sequence[tuple[str, Any]] = (),
        columns: Sequence[Text] = (),
        rows: Sequence[Sequence[Any]] = (),
    ) -> TemplateResponse:
        """A page that asks for what an action needs.

        Args:
            request: the request.
            form: what is asked for.
            title: what will be done.
            button: the verb on the button.
            note: the consequence, in words.
            hidden: names and values to send along, such as the selected rows.
            columns, rows: a table to read before the button is used.
        """
        context = self.admin_site.each_context(request) | {
            "form": form,
            "title": title,
            "note": note,
            "button": button,
            "hidden": hidden,
            "columns": columns,
            "rows": rows,
            "opts": self.opts,
            "back": request.headers.get("Referer", ""),
        }
        return TemplateResponse(request, "admin/form_page.html", context)


def refused(form: type[forms.ModelForm], refusal: DomainError) -> type[forms.ModelForm]:
    """The same form with the refusal as its error: beside the field at fault, or beside the only one there is."""

    class Refused(form):  # type: ignore[misc, valid-type]
        def clean(self) -> Any:
            cleaned = super().clean()
            names = [refusal.field] if refusal.field in self.fields else list(self.fields)
            self.add_error(names[0] if len(names) == 1 else None, str(refusal))
            return cleaned

    return Refused


class History(AdminPage):
    """Rows that nobody changes by hand."""


class HistoryInline(TabularInline):
    """Rows of another table on the page of theirs, to look at."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    related: Sequence[str] = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(actor(request).is_staff)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.related)


class AdminForm(forms.Form):
    """A form of an action, dressed like the rest of the admin."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.dress_all()

    def dress_all(self) -> None:
        """Once more after fields were added."""
        for field in self.fields.values():
            dress(field)


def dress(field: forms.Field) -> None:
    """Give a field the admin theme's look."""
    for plain, themed in LOOKS:
        if isinstance(field.widget, plain):
            classes = themed().attrs.get("class", "")
            field.widget.attrs["class"] = f"{field.widget.attrs.get('class', '')} {classes}".strip()
            return
