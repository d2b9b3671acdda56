"""Doors of the page of suggestions."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cryptopredict.pages.navigation import is_admin
from cryptopredict.pages.suggestions.page import LINE_COLUMNS, suggestion_rows, suggestions_page
from cryptopredict.pages.tables import csv_response


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """What came of the suggestions; who decided is shown to admins alone."""
    page = suggestions_page(request.GET.dict(), timezone.now(), names_reviewers=is_admin(request))
    return render(request, "pages/suggestions.html", {"page": page})


@require_safe
def suggestions_csv(request: HttpRequest) -> HttpResponse:
    """The list of the page as a file, further than the page goes."""
    return csv_response("suggestions.csv", LINE_COLUMNS, suggestion_rows(request.GET.dict(), timezone.now()))
