"""The order of a list in the admin: by dragging, or by keyboard with the buttons beside each entry."""

from dataclasses import dataclass
from urllib.parse import quote

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from selection.models import Watchlist, WatchlistAsset
from selection.services import reorder_watchlist
from system.admin_base import AdminPage, actor
from system.exceptions import StaleError
from system.rest.conditional import version_of


@dataclass(frozen=True)
class Place:
    """An entry in its place, and the orders in which it stands a step before or after it; empty where there is none."""

    entry: WatchlistAsset
    earlier: str
    later: str


def arrange_page(page: AdminPage, request: HttpRequest, watchlist: Watchlist) -> HttpResponse:
    """The entries to be brought into another order; each step is kept at once."""
    if request.method == "POST":
        pressed, _colon, step = request.POST.get("step", "").partition(":")
        order = step or request.POST.get("order", "")
        done = _("The order of %(list)s is kept.") % {"list": watchlist}
        page.attempt(request, lambda: keep_order(request, watchlist, order), done)
        return HttpResponseRedirect(f"{request.path}#{quote(pressed)}")
    entries = watchlist.entries.select_related("asset").order_by("sort_order")
    context = page.admin_site.each_context(request) | {
        "title": _("Order of %(list)s") % {"list": watchlist},
        "opts": page.opts,
        "places": places_of(list(entries)),
        "version": version_of(watchlist),
    }
    return TemplateResponse(request, "admin/arrange_page.html", context)


def keep_order(request: HttpRequest, watchlist: Watchlist, order: str) -> None:
    """Bring a list into an order: ids of its entries, with commas between them.

    Raises:
        StaleError: the list is another one than was shown.
        DomainError: see ``reorder_watchlist``.
    """
    keys = [int(one) for one in order.split(",") if one.isascii() and one.isdigit()]
    with transaction.atomic():
        row = Watchlist.objects.select_for_update(of=("self",)).get(pk=watchlist.pk)
        if request.POST.get("version") != version_of(row):
            raise StaleError(_("It has changed since you opened it. This is how it stands now; nothing was moved."))
        reorder_watchlist(row, keys, actor=actor(request))


def places_of(entries: list[WatchlistAsset]) -> list[Place]:
    """Entries in their order, each with the orders a step away."""
    keys = [entry.pk for entry in entries]

    def exchanged(first: int) -> str:
        if not 0 <= first < len(keys) - 1:
            return ""
        order = [*keys[:first], keys[first + 1], keys[first], *keys[first + 2 :]]
        return ",".join(map(str, order))

    return [Place(entry, exchanged(number - 1), exchanged(number)) for number, entry in enumerate(entries)]
