"""Doors of the pages of lists that show them."""

import re
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cryptopredict.pages.tables import csv_response
from cryptopredict.pages.watchlists.forms import EntryForm
from cryptopredict.pages.watchlists.page import (
    ENTRY_COLUMNS,
    PAST_COLUMNS,
    ListsPage,
    WatchlistPage,
    entry_cells,
    lists_page,
    may_change,
    past_cells,
    watchlist_page,
)
from selection.models import Watchlist, WatchlistAsset
from selection.selectors.visible import visible_watchlists
from system.rest.conditional import version_of


@require_safe
def watchlists(request: HttpRequest) -> HttpResponse:
    """Default lists and the own ones."""
    return shown_lists(request, lists_page(request.user))


def shown_lists(request: HttpRequest, page: ListsPage, status: int = 200) -> HttpResponse:
    return render(request, "pages/watchlists.html", {"page": page}, status=status)


@require_safe
def watchlist(request: HttpRequest, pk: int) -> HttpResponse:
    """One list."""
    return shown(request, page_of(request, pk))


def shown(request: HttpRequest, page: WatchlistPage, status: int = 200) -> HttpResponse:
    return render(request, "pages/watchlist.html", {"page": page}, status=status)


@require_safe
def watchlist_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """The entries that the page shows, as a file."""
    page = page_of(request, pk)
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", page.watchlist.name) or "list"
    if page.at:
        return csv_response(f"{name}-{page.at}.csv", PAST_COLUMNS, map(past_cells, page.past))
    return csv_response(f"{name}.csv", ENTRY_COLUMNS, map(entry_cells, page.entries))


@require_safe
def entry(request: HttpRequest, pk: int, entry_id: int) -> HttpResponse:
    """What an entry says, to be changed."""
    found = entry_of(request, pk, entry_id)
    return shown_entry(request, found, EntryForm.of(found))


def shown_entry(request: HttpRequest, found: WatchlistAsset, form: EntryForm, status: int = 200) -> HttpResponse:
    context = {"entry": found, "form": form, "version": version_of(found.watchlist)}
    return render(request, "pages/watchlist/entry.html", context, status=status)


def page_of(request: HttpRequest, pk: int, now: datetime | None = None) -> WatchlistPage:
    return watchlist_page(visible(request, pk), request.user, request.GET.dict(), now or timezone.now())


def visible(request: HttpRequest, pk: int) -> Watchlist:
    """The list of an address; 404 for one that who asks may not see."""
    if pk >= 2**63:
        raise Http404
    return get_object_or_404(visible_watchlists(request.user).select_related("last_change"), pk=pk)


def entry_of(request: HttpRequest, pk: int, entry_id: int) -> WatchlistAsset:
    """An entry that who asks may change; 404 for others."""
    found = visible(request, pk)
    if not may_change(found, request.user) or entry_id >= 2**63:
        raise Http404
    return get_object_or_404(WatchlistAsset.objects.select_related("asset", "watchlist"), pk=entry_id, watchlist=found)
