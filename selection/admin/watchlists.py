"""Curation of the lists: add, move and remove entries."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from assets.models import Asset
from assets.selectors.visible import visible_assets
from selection.choices import PositionType
from selection.models import Watchlist, WatchlistAsset
from selection.services import add_to_watchlist, change_watchlist, move_in_watchlist, remove_from_watchlist
from system.admin_base import AdminForm, AdminPage, HistoryInline, actor, row_or_404


class AddForm(AdminForm):
    """An asset for a list."""

    asset = forms.ModelChoiceField(queryset=Asset.objects.none(), label=_("Asset"))
    position_type = forms.ChoiceField(label=_("Direction"), choices=PositionType.choices)
    position = forms.IntegerField(label=_("Position"), required=False, min_value=1, help_text=_("Empty: at the end."))
    notes = forms.CharField(label=_("Why"), required=False, max_length=10_000, widget=forms.Textarea)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["asset"].queryset = visible_assets().order_by("symbol")  # type: ignore[attr-defined]


class MoveForm(AdminForm):
    """Where an entry goes."""

    position = forms.IntegerField(label=_("New position"), min_value=1)


class EntryInline(HistoryInline):
    """Entries in order, each with what can be done to it."""

    model = WatchlistAsset
    fields = readonly_fields = ("sort_order", "asset", "position_type", "is_active", "notes", "added_by", "changes")
    ordering = ("sort_order",)
    related = ("asset", "added_by")

    @admin.display(description=_("change"))
    def changes(self, entry: WatchlistAsset) -> str:
        return format_html(
            '<a href="{}">{}</a> · <a href="{}">{}</a>',
            reverse("admin:selection_watchlist_move", args=[entry.watchlist_id, entry.pk]),
            _("move"),
            reverse("admin:selection_watchlist_remove", args=[entry.watchlist_id, entry.pk]),
            _("remove"),
        )


@admin.register(Watchlist)
class WatchlistAdmin(AdminPage):
    """Lists. Entries are added, moved and removed one by one, each with its audit row."""

    list_display = ("name", "watchlist_type", "tier", "user", "max_assets", "is_active", "updated_at")
    list_filter = ("watchlist_type", "tier", "is_active")
    search_fields = ("name", "user__email")
    ordering = ("watchlist_type", "sort_order", "name")
    editable = ("name", "description", "max_assets")
    inlines = (EntryInline,)
    actions_detail = ("add_asset",)

    def save_model(self, request: HttpRequest, obj: Watchlist, form: Any, change: bool) -> None:  # noqa: ARG002
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        change_watchlist(obj, actor=actor(request), changes=changes)

    def get_urls(self) -> list[URLPattern]:
        entry = "<int:list_id>/entries/<int:entry_id>"
        own = [
            path(f"{entry}/move/", self.admin_site.admin_view(self.move), name="selection_watchlist_move"),
            path(f"{entry}/remove/", self.admin_site.admin_view(self.remove), name="selection_watchlist_remove"),
        ]
        return own + super().get_urls()

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

    def move(self, request: HttpRequest, list_id: int, entry_id: int) -> HttpResponse:
        """Put an entry somewhere else in its list."""
        entry = self.entry(list_id, entry_id)
        form = MoveForm(request.POST or None, initial={"position": entry.sort_order})
        if request.method == "POST" and form.is_valid():
            position = form.cleaned_data["position"]
            done = _("%(asset)s stands at position %(position)s.") % {"asset": entry.asset, "position": position}
            if self.attempt(request, lambda: move_in_watchlist(entry, position=position, actor=actor(request)), done):
                return self.back(list_id)
        title = _("Move %(asset)s in %(list)s") % {"asset": entry.asset, "list": entry.watchlist}
        return self.form_page(request, form, title=title, button=_("Move"))

    def remove(self, request: HttpRequest, list_id: int, entry_id: int) -> HttpResponse:
        """Take an entry off its list."""
        entry = self.entry(list_id, entry_id)
        if request.method == "POST":
            done = _("%(asset)s has left %(list)s.") % {"asset": entry.asset, "list": entry.watchlist}
            self.attempt(request, lambda: remove_from_watchlist(entry, actor=actor(request)), done)
            return self.back(list_id)
        title = _("Remove %(asset)s from %(list)s") % {"asset": entry.asset, "list": entry.watchlist}
        note = _("Those behind it move up. No new signals are made for an asset that is on no list.")
        return self.form_page(request, AdminForm(), title=title, button=_("Remove"), note=note)

    def entry(self, list_id: int, entry_id: int) -> WatchlistAsset:
        """The entry of the path."""
        entries = WatchlistAsset.objects.select_related("asset", "watchlist")
        return get_object_or_404(entries, pk=entry_id, watchlist=list_id)

    def back(self, list_id: int) -> HttpResponse:
        """The page of the list."""
        return redirect("admin:selection_watchlist_change", list_id)
