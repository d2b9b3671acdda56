"""Doors of the pages of lists that change them. Each names the version that was read: what somebody else has changed
meanwhile is refused, and shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts.models import User
from cryptopredict.pages.refusals import refuse
from cryptopredict.pages.watchlists.forms import AddForm, DecisionForm, EntryForm, ListForm, SettingsForm
from cryptopredict.pages.watchlists.page import WatchlistPage, asset_named, lists_page, may_change
from cryptopredict.pages.watchlists.views import entry_of, page_of, shown, shown_entry, shown_lists, visible
from selection import services
from selection.choices import Decision
from selection.models import AISuggestion, Watchlist, WatchlistAsset
from selection.selectors.list_overviews import open_suggestions
from system.exceptions import DomainError, StaleError
from system.pages import Undo, attempt, tell
from system.rest.conditional import version_of


def person(request: HttpRequest) -> User:
    """Who asks."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def undo_of(pk: int, before: int | None) -> Undo | None:
    """What takes back the change that was just made to a list; None where nothing has changed since ``before``."""
    change = Watchlist.objects.filter(pk=pk).values_list("last_change", flat=True).first()
    return Undo(reverse("watchlist-undo", args=[pk]), {"change": str(change)}) if change not in (None, before) else None


@method_decorator([never_cache, login_required], name="dispatch")
class Door(View):
    """Something that changes lists."""

    http_method_names = ("post", "options")


class ListDoor(Door):
    """A change of one list by who keeps it."""

    def own(self, pk: int) -> Watchlist:
        """The list; 404 for one that who asks does not keep."""
        found = visible(self.request, pk)
        if not may_change(found, self.request.user):
            raise Http404
        return found

    @contextmanager
    def held(self, watchlist: Watchlist) -> Iterator[Watchlist]:
        """The list, locked, as it was read.

        Raises:
            StaleError: it has changed since.
        """
        with transaction.atomic():
            row = Watchlist.objects.select_for_update(of=("self",)).get(pk=watchlist.pk)
            read = self.request.POST.get("version", "")
            if read and read != version_of(row):
                raise StaleError(
                    _("%(list)s has changed since you opened it. This is how it stands now; nothing of yours was done.")
                    % {"list": row.name}
                )
            yield row

    def attempt(
        self, watchlist: Watchlist, act: Callable[[Watchlist], Any], words: str, anchor: str = ""
    ) -> HttpResponse:
        """Do something with the list as it was read, and go back to it; what was done can be taken back there."""

        def whole() -> None:
            with self.held(watchlist) as row:
                act(row)

        before = watchlist.last_change_id
        attempt(self.request, whole, words, lambda: undo_of(watchlist.pk, before))
        return redirect(f"{reverse('watchlist', args=[watchlist.pk])}{anchor}")


class NewList(Door):
    """Make a list."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ListForm(request.POST, auto_id="new-%s")
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = services.create_watchlist(
                    given["name"], actor=person(request), description=given["description"] or None
                )
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                messages.success(request, _("Made. Now put assets on it."))
                return redirect("watchlist", pk=made.pk)
        return shown_lists(request, lists_page(request.user, form), HTTPStatus.UNPROCESSABLE_ENTITY)


class CopyList(Door):
    """An own list with the entries of another one."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        source = visible(request, pk)
        name = request.POST.get("name", "").strip() or _("%(list)s, my copy") % {"list": source.name}
        try:
            made = services.duplicate_watchlist(source, actor=person(request), name=name)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("watchlist", pk=pk)
        messages.success(request, _("Copied. This list is yours."))
        return redirect("watchlist", pk=made.pk)


class MoveList(Door):
    """Another order of the own lists."""

    def post(self, request: HttpRequest, pk: int, way: str) -> HttpResponse:
        user = person(request)
        keys = list(
            Watchlist.objects.filter(user=user, is_active=True)
            .order_by("sort_order", "pk")
            .values_list("pk", flat=True)
        )
        if pk not in keys:
            raise Http404
        place = keys.index(pk)
        other = place - 1 if way == "up" else place + 1
        if 0 <= other < len(keys):
            keys[place], keys[other] = keys[other], keys[place]
            attempt(request, lambda: services.order_watchlists(user, keys, actor=user), _("Moved."))
        return redirect(f"{reverse('watchlists')}#list-{pk}")


class ChangeList(ListDoor):
    """Name, purpose, limit and wishes of a list."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = self.own(pk)
        before = found.last_change_id
        form = SettingsForm(request.POST, is_personal=found.user_id is not None, auto_id="list-%s")
        if form.is_valid():
            given = form.cleaned_data | {"description": form.cleaned_data["description"] or None}
            try:
                with self.held(found) as row:
                    services.change_watchlist(row, actor=person(request), changes=given)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                tell(request, _("Kept."), undo_of(pk, before))
                return redirect("watchlist", pk=pk)
        return self.refused(page_of(request, pk), settings=form)

    def refused(self, page: WatchlistPage, **forms: Any) -> HttpResponse:
        """The page with what was typed and why it was refused."""
        return shown(self.request, page.but(**forms), HTTPStatus.UNPROCESSABLE_ENTITY)


class DeleteList(ListDoor):
    """Take a list out of use."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = self.own(pk)

        def delete() -> None:
            with self.held(found) as row:
                services.delete_watchlist(row, actor=person(request))

        gone = attempt(request, delete, _("Deleted. It can be brought back here."))
        return redirect("watchlists") if gone else redirect("watchlist", pk=pk)


class AddEntry(ChangeList):
    """Put an asset on a list."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found, form = self.own(pk), AddForm(request.POST, auto_id="add-%s")
        before = found.last_change_id
        if form.is_valid():
            given = form.cleaned_data
            asset = asset_named(given["symbol"])
            if asset is None:
                form.add_error("symbol", _("No asset is called %(symbol)s.") % {"symbol": given["symbol"]})
                return self.refused(page_of(request, pk), add=form)
            try:
                entry = services.add_to_watchlist(
                    found,
                    asset,
                    actor=person(request),
                    position_type=given["position_type"],
                    notes=given["notes"] or None,
                )
            except DomainError as refusal:
                refuse(form, refusal, {"asset_id": "symbol"})
            else:
                tell(request, _("%(asset)s is on the list.") % {"asset": asset.symbol}, undo_of(pk, before))
                return redirect(f"{reverse('watchlist', args=[pk])}#entry-{entry.pk}")
        return self.refused(page_of(request, pk), add=form)


class EntryAction(ListDoor):
    """Move, remove, pause, promote or demote an entry."""

    def post(self, request: HttpRequest, pk: int, entry_id: int, action: str) -> HttpResponse:
        found, user = self.own(pk), person(request)
        entry = WatchlistAsset.objects.select_related("asset", "watchlist").filter(pk=entry_id, watchlist=found).first()
        if entry is None:
            messages.error(request, _("This entry is not on the list any more."))
            return redirect("watchlist", pk=pk)
        name, steps = {"asset": entry.asset.symbol}, {"up": -1, "down": 1}
        moved = entry.sort_order + steps.get(action, 0)
        acts: dict[str, tuple[Callable[[Watchlist], Any], str, str]] = {
            **{
                way: (
                    lambda _row: services.move_in_watchlist(entry, position=moved, actor=user),
                    _("%(asset)s moved.") % name,
                    f"#{way}-{entry_id}",
                )
                for way in steps
            },
            "remove": (
                lambda _row: services.remove_from_watchlist(entry, actor=user),
                _("%(asset)s is off the list.") % name,
                "",
            ),
            "pause": (
                lambda _row: services.change_entry(entry, actor=user, changes={"is_active": False}),
                _("%(asset)s is paused.") % name,
                f"#entry-{entry_id}",
            ),
            "resume": (
                lambda _row: services.change_entry(entry, actor=user, changes={"is_active": True}),
                _("%(asset)s is analysed again.") % name,
                f"#entry-{entry_id}",
            ),
            "promote": (lambda _row: services.promote(entry, actor=user), _("%(asset)s was promoted.") % name, ""),
            "demote": (lambda _row: services.demote(entry, actor=user), _("%(asset)s was demoted.") % name, ""),
        }
        if action not in acts:
            raise Http404
        return self.attempt(found, *acts[action])


class OrderEntries(ListDoor):
    """Another order of all entries, as they were dragged."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = self.own(pk)
        named = request.POST.get("order", "").split(",")
        keys = [int(one) for one in named if one.isascii() and one.isdigit()]
        words = _("The order is kept.")
        return self.attempt(found, lambda row: services.reorder_watchlist(row, keys, actor=person(request)), words)


class ChangeEntry(ListDoor):
    """What an entry says."""

    def post(self, request: HttpRequest, pk: int, entry_id: int) -> HttpResponse:
        found, form = entry_of(request, pk, entry_id), EntryForm(request.POST)
        before = found.watchlist.last_change_id
        if form.is_valid():
            try:
                with self.held(found.watchlist):
                    services.change_entry(found, actor=person(request), changes=form.changes)
            except DomainError as refusal:
                refuse(form, refusal, {"asset_id": "position_type"})
            else:
                tell(request, _("Kept."), undo_of(pk, before))
                return redirect(f"{reverse('watchlist', args=[pk])}#entry-{entry_id}")
        return shown_entry(request, found, form, HTTPStatus.UNPROCESSABLE_ENTITY)


class UndoChange(Door):
    """Take back the last change of a list, by who made it; a deleted one comes back."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = person(request)
        found = get_object_or_404(Watchlist, pk=pk)
        if not may_change(found, user):
            raise Http404
        seen = request.POST.get("change", "")
        number = int(seen) if seen.isascii() and seen.isdigit() else None
        attempt(request, lambda: services.undo_last_change(found, actor=user, change_id=number), _("Taken back."))
        found.refresh_from_db()
        return redirect("watchlist", pk=pk) if found.is_active else redirect("watchlists")


class Review(ListDoor):
    """A word on a suggestion; an approval changes the list."""

    def post(self, request: HttpRequest, pk: int, suggestion: int) -> HttpResponse:
        found, form = self.own(pk), DecisionForm(request.POST, auto_id=f"suggestion-{suggestion}-%s")
        before = found.last_change_id
        if not AISuggestion.objects.filter(pk=suggestion, watchlist=found).exists():
            raise Http404
        if form.is_valid():
            given = form.cleaned_data
            until = given["until"]
            try:
                services.review_suggestion(
                    suggestion,
                    reviewer=person(request),
                    decision=given["decision"],
                    notes=given["notes"],
                    defer_until=datetime.combine(until, time.min, UTC) if until else None,
                )
            except DomainError as refusal:
                refuse(form, refusal, {"defer_until": "until"})
            else:
                tell(
                    request,
                    DECIDED[given["decision"]](),
                    undo_of(pk, before) if given["decision"] == Decision.APPROVE else None,
                )
                return redirect(f"{reverse('watchlist', args=[pk])}#suggestions")
        if not open_suggestions([found.pk]).filter(pk=suggestion).exists():
            for error in form.non_field_errors():
                messages.error(request, str(error))
            return redirect(f"{reverse('watchlist', args=[pk])}#suggestions")
        return shown(request, page_of(request, pk).answered(suggestion, form), HTTPStatus.UNPROCESSABLE_ENTITY)


DECIDED: dict[str, Callable[[], str]] = {
    Decision.APPROVE: lambda: _("Approved; the list has changed."),
    Decision.REJECT: lambda: _("Rejected."),
    Decision.DEFER: lambda: _("Deferred; it comes back on that day."),
}
"""What is said of a decision."""
