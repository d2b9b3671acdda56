"""Pages that need several apps: parse the address, ask for what it names, show it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from assets.choices import Timeframe
from assets.services.usage import count_access
from cryptopredict.pages.asset import asset_page
from cryptopredict.pages.asset_chart.shown import STUDIES, shown_on_chart
from cryptopredict.pages.market_page import market_page
from cryptopredict.pages.record_page import FORECAST_COLUMNS, forecast_rows, record_page
from cryptopredict.pages.tables import csv_response
from cryptopredict.pages.visible import visible_asset


@require_safe
def market(request: HttpRequest) -> HttpResponse:
    """The state of the market with everything behind it."""
    return render(request, "pages/market.html", {"page": market_page(request.GET.get("range", ""), timezone.now())})


@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """How good the forecasts were, and every single one."""
    return render(request, "pages/record.html", {"page": record_page(request.GET.dict(), timezone.now())})


@require_safe
def record_csv(request: HttpRequest) -> HttpResponse:
    """The forecasts that the page shows first, as a file; further than the page goes."""
    return csv_response("forecasts.csv", FORECAST_COLUMNS, forecast_rows(request.GET.dict(), timezone.now()))


@require_safe
def asset(request: HttpRequest, symbol: str) -> HttpResponse:
    """The page of an asset; another spelling of its symbol leads to it."""
    found = visible_asset(symbol)
    if found.symbol != symbol:
        return redirect("asset", symbol=found.symbol)
    timeframe = request.GET.get("timeframe", "")
    if timeframe and timeframe not in Timeframe.values:
        raise Http404
    page = asset_page(found, request.user, timeframe, shown_on_chart(found, request.GET), timezone.now())
    count_access(found.pk, page.timeframe)
    return render(request, "pages/asset.html", {"page": page, "studies": STUDIES, "is_demo_page": page.is_demo})
