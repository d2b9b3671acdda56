"""Entries of the lists in the admin: what can be done to one on the page of its list, and to several in their table."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from selection.choices import CurationAction, PositionType, Tier, WatchlistType
from selection.models import WatchlistAsset
from selection.services import (
    change_entry,
    curate_default_lists,
    demote,
    move_in_watchlist,
    promote,
    remove_from_watchlist,
)
from system.admin_base import AdminForm, AdminPage, History, HistoryInline, Text, actor


class MoveForm(AdminForm):
    """Where an entry goes."""

    position = forms.IntegerField(label=_("New position"), min_value=1)


class EntryForm(AdminForm):
    """What an entry says."""

    position_type = forms.ChoiceField(label=_("Direction"), choices=PositionType.choices)
    weight = forms.DecimalField(label=_("Weight"), min_value=0, max_value=1, decimal_places=4)
    target_allocation = forms.DecimalField(
        label=_("Target"), min_value=0, max_value=1, decimal_places=4, required=False
    )
    notes = forms.CharField(label=_("Why"), required=False, max_length=10_000, widget=forms.Textarea)
    is_active = forms.BooleanField(
        label=_("Watched"), required=False, help_text=_("Otherwise paused: it keeps its place and is not analysed.")
    )


class NotesForm(AdminForm):
    """Why several entries are changed."""

    notes = forms.CharField(label=_("Why"), required=False, max_length=10_000, widget=forms.Textarea)


class EntryInline(HistoryInline):
    """Entries in order, each with what can be done to it."""

    model = WatchlistAsset
    fields = readonly_fields = (
        "sort_order",
        "asset",
        "position_type",
        "weight",
        "is_active",
        "notes",
        "added_by",
        "changes",
    )
    ordering = ("sort_order",)
    related = ("asset", "added_by", "watchlist")

    @admin.display(description=_("change"))
    def changes(self, entry: WatchlistAsset) -> str:
        links = [("entry", _("change")), ("move", _("move")), ("remove", _("remove"))]
        if entry.watchlist.watchlist_type == WatchlistType.DEFAULT:
            links.insert(2, ("step", _("demote") if entry.watchlist.tier == Tier.TIER1 else _("promote")))
        keys = [entry.watchlist_id, entry.pk]
        rows = ((reverse(f"admin:selection_watchlist_{name}", args=keys), word) for name, word in links)
        return format_html_join(" · ", '<a href="{}">{}</a>', rows)


class EntryPages(AdminPage):
    """Pages of one entry, below the page of its list."""

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, Callable[..., HttpResponse]] = {
            "entry": self.say,
            "move": self.move,
            "step": self.step,
            "remove": self.remove,
        }
        own = [
            path(
                f"<int:list_id>/entries/<int:entry_id>/{name}/",
                self.admin_site.admin_view(page),
                name=f"selection_watchlist_{name}",
            )
            for name, page in pages.items()
        ]
        return own + super().get_urls()

    def say(self, request: HttpRequest, list_id: int, entry_id: int) -> HttpResponse:
        """Change what an entry says."""
        entry = self.entry(list_id, entry_id)
        initial = {name: getattr(entry, name) for name in EntryForm.base_fields}
        form = EntryForm(request.POST or None, initial=initial)
        title = _("Change %(asset)s on %(list)s") % {"asset": entry.asset, "list": entry.watchlist}
        done = _("%(asset)s on %(list)s is changed.") % {"asset": entry.asset, "list": entry.watchlist}
        deed = partial(change_entry, entry, actor=actor(request))
        return self.ask(
            request, entry, form, lambda: deed(changes=form.cleaned_data), title=title, button=_("Save"), done=done
        )

    def move(self, request: HttpRequest, list_id: int, entry_id: int) -> HttpResponse:
        """Put an entry somewhere else in its list."""
        entry = self.entry(list_id, entry_id)
        form = MoveForm(request.POST or None, initial={"position": entry.sort_order})
        title = _("Move %(asset)s in %(list)s") % {"asset": entry.asset, "list": entry.watchlist}
        deed = partial(move_in_watchlist, entry, actor=actor(request))
        done = _("%(asset)s is moved.") % {"asset": entry.asset}
        return self.ask(
            request, entry, form, lambda: deed(**form.cleaned_data), title=title, button=_("Move"), done=done
        )

    def step(self, request: HttpRequest, list_id: int, entry_id: int) -> HttpResponse:
        """Promote an entry of tier 2, demote one of tier 1."""
        entry = self.entry(list_id, entry_id)
        falls = entry.watchlist.tier == Tier.TIER1
        form = AdminForm(request.POST if request.method == "POST" else None)
        title = (_("Demote %(asset)s to tier 2") if falls else _("Promote %(asset)s to tier 1")) % {
            "asset": entry.asset
        }
        done = (_("%(asset)s is in tier 2.") if falls else _("%(asset)s is in tier 1.")) % {"asset": entry.asset}
        deed = partial(demote if falls else promote, entry, actor=actor(request))
        button = _("Demote") if falls else _("Promote")
        note = _("It goes to the end of that list with all that its entry says.")
        return self.ask(request, entry, form, deed, title=title, button=button, done=done, note=note)

    def remove(self, request: HttpRequest, list_id: int, entry_id: int) -> HttpResponse:
        """Take an entry off its list."""
        entry = self.entry(list_id, entry_id)
        form = AdminForm(request.POST if request.method == "POST" else None)
        title = _("Remove %(asset)s from %(list)s") % {"asset": entry.asset, "list": entry.watchlist}
        done = _("%(asset)s has left %(list)s.") % {"asset": entry.asset, "list": entry.watchlist}
        deed = partial(remove_from_watchlist, entry, actor=actor(request))
        note = _("Those behind it move up. No new signals are made for an asset that is on no list.")
        return self.ask(request, entry, form, deed, title=title, button=_("Remove"), done=done, note=note)

    def ask(
        self,
        request: HttpRequest,
        entry: WatchlistAsset,
        form: forms.Form,
        deed: Callable[[], Any],
        *,
        title: Text,
        button: Text,
        done: Text,
        note: Text = "",
    ) -> HttpResponse:
        """The form of a deed; the deed, once it is filled in; the form once more, where it is refused."""
        if request.method == "POST" and form.is_valid() and self.attempt(request, deed, done):
            return self.back(entry.watchlist_id)
        return self.form_page(request, form, title=title, button=button, note=note)

    def entry(self, list_id: int, entry_id: int) -> WatchlistAsset:
        """The entry of the path."""
        entries = WatchlistAsset.objects.select_related("asset", "watchlist")
        return get_object_or_404(entries, pk=entry_id, watchlist=list_id)

    def back(self, list_id: int) -> HttpResponse:
        """The page of the list."""
        return redirect("admin:selection_watchlist_change", list_id)


@admin.register(WatchlistAsset)
class WatchlistAssetAdmin(History):
    """Entries of all lists. Those of the tier lists are curated together: all that are ticked, or none."""

    list_display = ("watchlist", "sort_order", "asset", "position_type", "is_active", "added_by", "updated_at")
    list_filter = ("watchlist__watchlist_type", "watchlist__tier", "position_type", "is_active")
    search_fields = ("=asset__symbol", "watchlist__name")
    ordering = ("watchlist", "sort_order")
    actions = ("promote", "demote", "pause", "resume", "remove")

    @admin.action(description=_("Promote the selected assets to tier 1 …"))
    def promote(self, request: HttpRequest, entries: QuerySet[WatchlistAsset]) -> HttpResponse | None:
        return self.curate(request, entries, CurationAction.PROMOTE_TO_TIER1)

    @admin.action(description=_("Demote the selected assets to tier 2 …"))
    def demote(self, request: HttpRequest, entries: QuerySet[WatchlistAsset]) -> HttpResponse | None:
        return self.curate(request, entries, CurationAction.DEMOTE_TO_TIER2)

    @admin.action(description=_("Pause the selected assets on the tier lists …"))
    def pause(self, request: HttpRequest, entries: QuerySet[WatchlistAsset]) -> HttpResponse | None:
        return self.curate(request, entries, CurationAction.PAUSE)

    @admin.action(description=_("Resume the selected assets on the tier lists …"))
    def resume(self, request: HttpRequest, entries: QuerySet[WatchlistAsset]) -> HttpResponse | None:
        return self.curate(request, entries, CurationAction.RESUME)

    @admin.action(description=_("Remove the selected assets from the tier lists …"))
    def remove(self, request: HttpRequest, entries: QuerySet[WatchlistAsset]) -> HttpResponse | None:
        return self.curate(request, entries, CurationAction.REMOVE)

    def curate(
        self, request: HttpRequest, entries: QuerySet[WatchlistAsset], action: CurationAction
    ) -> HttpResponse | None:
        """A page that asks why; the action once it has been sent."""
        assets = dict(entries.order_by("asset__symbol").values_list("asset", "asset__symbol"))
        form = NotesForm(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            done = _("%(action)s: %(assets)s") % {"action": action.label, "assets": ", ".join(assets.values())}
            deed = partial(curate_default_lists, action, list(assets), actor=actor(request), **form.cleaned_data)
            self.attempt(request, deed, done)
            return None
        hidden: list[tuple[str, Any]] = [("action", request.POST["action"])]
        hidden += [(ACTION_CHECKBOX_NAME, key) for key in entries.order_by("pk").values_list("pk", flat=True)]
        title = _("%(action)s: %(count)s assets") % {"action": action.label, "count": len(assets)}
        note = ", ".join(assets.values())
        return self.form_page(request, form, title=title, button=_("Confirm"), note=note, hidden=hidden)
