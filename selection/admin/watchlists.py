"""Curation of the lists: what they say of themselves, their entries, their past, and the way back."""

import csv
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from assets.models import Asset
from assets.selectors.visible import visible_assets
from selection.admin.arranging import arrange_page
from selection.admin.entries import EntryInline, EntryPages
from selection.admin.entry_file import COLUMNS, FileForm, guarded, told
from selection.choices import PositionType, Tier
from selection.models import Watchlist
from selection.selectors.membership import past_entries
from selection.services import (
    add_to_watchlist,
    bulk_update_watchlist_assets,
    change_watchlist,
    create_default_watchlist,
    delete_watchlist,
    undo_last_change,
)
from system.admin_base import AdminForm, Text, actor, row_or_404
from system.admin_rows import rows_page
from system.exceptions import DomainError


class AddForm(AdminForm):
    """An asset for a list."""

    asset = forms.ModelChoiceField(queryset=Asset.objects.none(), label=_("Asset"))
    position_type = forms.ChoiceField(label=_("Direction"), choices=PositionType.choices)
    position = forms.IntegerField(label=_("Position"), required=False, min_value=1, help_text=_("Empty: at the end."))
    notes = forms.CharField(label=_("Why"), required=False, max_length=10_000, widget=forms.Textarea)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["asset"].queryset = visible_assets().order_by("symbol")  # type: ignore[attr-defined]


class MomentForm(AdminForm):
    """A moment."""

    at = forms.DateTimeField(label=_("At (UTC)"), help_text=_("For example 2024-06-01 12:00."))


class DefaultListForm(AdminForm):
    """A default list."""

    name = forms.CharField(label=_("Name"), max_length=100)
    tier = forms.ChoiceField(label=_("Tier"), choices=Tier.choices)
    description = forms.CharField(label=_("Purpose"), required=False, max_length=10_000, widget=forms.Textarea)


class UndoForm(AdminForm):
    """The change that the person has seen."""

    change_id = forms.IntegerField(widget=forms.HiddenInput)


@admin.register(Watchlist)
class WatchlistAdmin(EntryPages):
    """Lists. Every change has its row in the audit trail; the last one can be taken back by who made it."""

    list_display = ("name", "watchlist_type", "tier", "user", "max_assets", "is_active", "updated_at")
    list_filter = ("watchlist_type", "tier", "is_active")
    search_fields = ("name", "user__email")
    ordering = ("watchlist_type", "sort_order", "name")
    editable = ("name", "description", "max_assets", "wants_suggestions")
    exclude = ("last_change",)
    inlines = (EntryInline,)
    actions_list = ("make_default",)
    actions_detail = ("add_asset", "arrange", "import_entries", "undo", "past", "export_entries", "delete_list")

    def save_model(self, request: HttpRequest, obj: Watchlist, form: Any, change: bool) -> None:  # noqa: ARG002
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        change_watchlist(obj, actor=actor(request), changes=changes)

    @action(description=_("Make a default list"), url_path="make-default", icon="playlist_add")
    def make_default(self, request: HttpRequest) -> HttpResponse:
        """A list for a tier that has none."""
        form = DefaultListForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            deed = partial(create_default_watchlist, actor=actor(request), **form.cleaned_data)
            if self.attempt(request, deed, _("%(list)s is made.") % {"list": form.cleaned_data["name"]}):
                return redirect("admin:selection_watchlist_changelist")
        return self.form_page(request, form, title=_("Make a default list"), button=_("Make"))

    @action(description=_("Add an asset"), url_path="add-asset", icon="add")
    def add_asset(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put an asset on the list."""
        watchlist = row_or_404(Watchlist.objects.all(), object_id)
        form = AddForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            asset = form.cleaned_data["asset"]
            done = _("%(asset)s is on %(list)s.") % {"asset": asset, "list": watchlist}
            if self.attempt(
                request, lambda: add_to_watchlist(watchlist, actor=actor(request), **form.cleaned_data), done
            ):
                return self.back(watchlist.pk)
        title = _("Add an asset to %s") % watchlist
        return self.form_page(request, form, title=title, button=_("Add"))

    @action(description=_("Arrange"), url_path="arrange", icon="drag_indicator")
    def arrange(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Another order of the entries."""
        return arrange_page(self, request, row_or_404(Watchlist.objects.all(), object_id))

    @action(description=_("Add or change from a file …"), url_path="import-entries", icon="upload_file")
    def import_entries(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Many entries at once: all of them, or none with every fault by line and column."""
        watchlist = row_or_404(Watchlist.objects.all(), object_id)
        form = FileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                done = bulk_update_watchlist_assets(
                    watchlist, given["rows"].updates, actor=actor(request), mode=given["mode"]
                )
            except DomainError as refusal:
                form.add_error(given["where"], told(refusal, given["rows"].lines))
            else:
                words = _("%(list)s: %(created)s came, %(updated)s changed, %(removed)s left.")
                counts = {"created": done.created, "updated": done.updated, "removed": done.removed}
                messages.success(request, words % {"list": watchlist, **counts})
                return self.back(watchlist.pk)
        title = _("Add or change entries of %s from a file") % watchlist
        note = _("All rows are taken, or none. The last change can be taken back as one.")
        return self.form_page(request, form, title=title, button=_("Take the rows"), note=note)

    @action(description=_("Entries as a file"), url_path="export-entries", icon="download")
    def export_entries(self, request: HttpRequest, object_id: str) -> HttpResponse:  # noqa: ARG002
        """The same columns that a file may bring back."""
        watchlist = row_or_404(Watchlist.objects.all(), object_id)
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="watchlist-{watchlist.pk}.csv"'
        writer = csv.writer(answer)
        writer.writerow(("asset", *COLUMNS))
        fields = [field for field, _taken in COLUMNS.values()]
        columns = ["sort_order" if field == "position" else field for field in fields]
        for row in watchlist.entries.order_by("sort_order").values_list("asset__symbol", *columns):
            writer.writerow(guarded(value) for value in row)
        return answer

    @action(description=_("Take back the last change"), url_path="undo", icon="undo")
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take back what was done last, after a look at what that was."""
        watchlist = row_or_404(Watchlist.objects.select_related("last_change__changed_by"), object_id)
        last = watchlist.last_change
        form = UndoForm(request.POST or None, initial={"change_id": last.pk if last else None})
        if request.method == "POST" and form.is_valid():
            deed = partial(undo_last_change, watchlist, actor=actor(request), **form.cleaned_data)
            self.attempt(request, deed, _("The last change of %(list)s is taken back.") % {"list": watchlist})
            return self.back(watchlist.pk)
        note: Text = _("Nothing has been changed yet.")
        if last is not None:
            who = last.changed_by.full_name if last.changed_by else _("the system")
            moment = f"{last.changed_at:%Y-%m-%d %H:%M} UTC"
            note = _("%(what)s (%(who)s, %(when)s). Only who made a change can take it back.") % {
                "what": last.details,
                "who": who,
                "when": moment,
            }
        title = _("Take back the last change of %(list)s") % {"list": watchlist}
        return self.form_page(request, form, title=title, button=_("Take back"), note=note)

    @action(description=_("As it was"), url_path="past", icon="history")
    def past(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The members of the list at any moment, in the order of then."""
        watchlist = row_or_404(Watchlist.objects.all(), object_id)
        form = MomentForm(request.POST or None, initial={"at": f"{timezone.now():%Y-%m-%d %H:%M}"})
        if request.method != "POST" or not form.is_valid():
            title = _("%(list)s as it was") % {"list": watchlist}
            return self.form_page(request, form, title=title, button=_("Show"))
        at = form.cleaned_data["at"]
        rows = past_entries(watchlist, at)
        return rows_page(
            self,
            request,
            rows.values_list(
                "sort_order", "asset__symbol", "position_type", "weight", "valid_from", "changed_by__email"
            ),
            title=_("%(list)s at %(moment)s UTC") % {"list": watchlist, "moment": f"{at:%Y-%m-%d %H:%M}"},
            columns=(
                _("Position"),
                _("Asset"),
                _("Direction"),
                _("Weight"),
                _("There since (UTC)"),
                _("Put there by"),
            ),
            empty=_("There was nothing on the list."),
        )

    @action(description=_("Delete"), url_path="delete-list", icon="delete")
    def delete_list(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the list out of use."""
        watchlist = row_or_404(Watchlist.objects.all(), object_id)
        form = AdminForm(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            done = _("%(list)s is deleted.") % {"list": watchlist}
            self.attempt(request, partial(delete_watchlist, watchlist, actor=actor(request)), done)
            return self.back(watchlist.pk)
        title = _("Delete %(list)s") % {"list": watchlist}
        note = _("Its entries and its past stay. Taking back the last change brings it back.")
        return self.form_page(request, form, title=title, button=_("Delete"), note=note)
