"""Doors of help."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cryptopredict.pages.help.keys import groups
from cryptopredict.pages.help.terms import TERMS, found
from cryptopredict.pages.navigation import hidden

LONGEST_SEARCH = 60


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """How to read the pages, which keys there are, and every word with its formula."""
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    context = {
        "search": search,
        "chapters": found(search),
        "count": len(TERMS),
        "key_groups": groups(),
        "hidden": hidden(request),
    }
    return render(request, "pages/help.html", context)
