"""Doors of the page of the data."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cryptopredict.pages.data_quality.page import GAP_COLUMNS, gap_rows, quality_page
from cryptopredict.pages.navigation import is_admin
from cryptopredict.pages.tables import csv_response


@require_safe
def data_quality(request: HttpRequest) -> HttpResponse:
    """What is missing, late or refused."""
    page = quality_page(request.GET.dict(), timezone.now(), is_admin=is_admin(request))
    return render(request, "pages/data_quality.html", {"page": page})


@require_safe
def gaps_csv(request: HttpRequest) -> HttpResponse:
    """The gaps that the page lists, further than it goes."""
    return csv_response("gaps.csv", GAP_COLUMNS, gap_rows(request.GET.dict()))
