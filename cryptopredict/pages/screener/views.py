"""The screener's doors: the page, its file, and the views that a reader keeps of it."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from django.views.generic import View

from accounts.services.saved_views import delete_view, save_view
from cryptopredict.pages.drafts import person
from cryptopredict.pages.screener.page import PLACE, Screener, finding, screener
from cryptopredict.pages.tables import csv_response
from system.exceptions import InvalidInput


@require_safe
def assets(request: HttpRequest) -> HttpResponse:
    """The page. What is put in by htmx gets the short address, without the fields that are empty."""
    found = screener(request.GET, request.user, timezone.now())
    response = shown(request, found)
    if "HX-Request" in request.headers:
        response["HX-Push-Url"] = address_of(found.csv_query)
    return response


@require_safe
def assets_csv(request: HttpRequest) -> HttpResponse:
    """The page of the list that is shown, as a file."""
    found = screener(request.GET, request.user, timezone.now())
    heads = [head for column in found.columns for head in column.heads]
    rows = ([cell for column in found.columns for cell in column.cells(row)] for row in found.rows)
    return csv_response("assets.csv", heads, rows)


class SavedViews(LoginRequiredMixin, View):
    """Keep a view by name, or forget one."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user, query = person(request), request.POST.get("query", "")
        if "delete" in request.POST:
            name = request.POST["delete"]
            if delete_view(user, PLACE, name=name):
                messages.success(request, gettext("The view “%(name)s” is deleted.") % {"name": name})
            return back(query)
        # Only what the page understands is kept, so that nothing foreign comes into a link.
        understood = screener(QueryDict(query), user, timezone.now()).query
        try:
            kept = save_view(user, PLACE, name=request.POST.get("name", ""), query=understood)
        except InvalidInput as refusal:
            found = screener(QueryDict(query), user, timezone.now())
            told = {"refusal": str(refusal), "typed": request.POST.get("name", "")}
            return shown(request, found, status=HTTPStatus.BAD_REQUEST, **told)
        messages.success(request, gettext("The view “%(name)s” is saved.") % {"name": kept.name})
        return back(understood)


def shown(request: HttpRequest, found: Screener, status: int = HTTPStatus.OK, **more: Any) -> HttpResponse:
    context = {"page": found, "finding": finding(found), **more}
    return render(request, "pages/assets.html", context, status=status)


def back(query: str) -> HttpResponse:
    """To the page as it was."""
    return redirect(address_of(QueryDict(query).urlencode()))


def address_of(query: str) -> str:
    """The page with a query."""
    return f"{reverse('assets')}?{query}" if query else reverse("assets")
