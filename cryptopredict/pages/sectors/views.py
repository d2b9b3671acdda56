"""The doors of the sectors' pages."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cryptopredict.pages.sectors import table
from cryptopredict.pages.sectors.address import Asked, address_of, named
from cryptopredict.pages.sectors.overview import SectorsPage, sectors_page
from cryptopredict.pages.sectors.sector import MEMBER_FILE, member_rows, sector_page
from cryptopredict.pages.tables import csv_response
from sectors.models import Sector

ROTATION_FILE = ("sector", "time", "strength", "momentum", "quadrant")
FLOW_FILE = ("from", "to", "percentage_points", "basis", "horizon_hours", "as_of")


@require_safe
def sectors(request: HttpRequest) -> HttpResponse:
    """All sectors side by side."""
    page = sectors_page(Asked.read(request.GET), timezone.now())
    return render(request, "pages/sectors.html", {"page": page})


def asked_page(request: HttpRequest) -> SectorsPage:
    """What the page shows; 404 where it shows nothing."""
    page = sectors_page(Asked.read(request.GET), timezone.now())
    if page is None:
        raise Http404
    return page


@require_safe
def sectors_csv(request: HttpRequest) -> HttpResponse:
    """The table as it is shown."""
    page = asked_page(request)
    return csv_response("sectors.csv", table.FILE, table.file_rows(page.lines, page.comparison.analysis_time))


@require_safe
def rotation_csv(request: HttpRequest) -> HttpResponse:
    """Every point of the rotation graph."""
    page = asked_page(request)
    tails = page.rotation.tails if page.rotation else []
    rows = (
        (tail.row.analysis.sector.name, point.time.isoformat(), point.strength, point.momentum, point.quadrant)
        for tail in tails
        for point in tail.points
    )
    return csv_response("rotation.csv", ROTATION_FILE, rows)


@require_safe
def flows_csv(request: HttpRequest) -> HttpResponse:
    """Every flow."""
    page = asked_page(request)
    return csv_response("flows.csv", FLOW_FILE, flow_rows(page))


def flow_rows(page: SectorsPage) -> Iterator[tuple[Any, ...]]:
    """Flows of the comparison that is shown."""
    if not page.flows:
        return
    as_of = page.comparison.analysis_time.isoformat()
    for one in page.flows.ribbons:
        yield one.source, one.target, one.points, page.flows.basis, page.flows.hours, as_of


@require_safe
def sector(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a sector; another spelling of its name, or its key, leads to it."""
    found = found_sector(name)
    if address_of(found) != name and named(address_of(found)) == found:
        return redirect("sector", name=address_of(found))
    page = sector_page(found, request.GET, timezone.now())
    return render(request, "pages/sector.html", {"page": page})


@require_safe
def members_csv(request: HttpRequest, name: str) -> HttpResponse:
    """The members of a sector as they are shown."""
    page = sector_page(found_sector(name), request.GET, timezone.now())
    return csv_response("members.csv", MEMBER_FILE, member_rows(page))


def found_sector(name: str) -> Sector:
    found = named(name)
    if found is None:
        raise Http404
    return found
