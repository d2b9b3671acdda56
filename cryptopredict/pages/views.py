"""Pages that need several apps: parse the address, ask for what it names, show it."""

import re
from http import HTTPStatus

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from assets.choices import Timeframe
from assets.models import Asset
from assets.selectors.candle_json import candles_json
from assets.selectors.visible import visible_assets
from assets.services.usage import count_access
from cryptopredict.pages.asset import asset_page, iso
from cryptopredict.pages.forms import CandlesForm
from cryptopredict.pages.home import home_page
from cryptopredict.pages.listing import listing
from cryptopredict.pages.market_page import market_page
from cryptopredict.pages.record_page import FORECAST_COLUMNS, forecast_rows, record_page
from cryptopredict.pages.tables import csv_response
from cryptopredict.pages.tour import steps

CANDLE_COLUMNS = ("time", "open", "high", "low", "close", "volume", "vwap", "trade_count")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page."""
    shown = home_page(request.user, timezone.now(), request.GET.get("signals", ""))
    return render(request, "pages/home.html", {"home": shown, "tour": steps() if "tour" in request.GET else None})


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
def assets(request: HttpRequest) -> HttpResponse:
    """The list of assets."""
    query = request.GET
    found = listing(query.get("q", ""), query.get("sort", ""), query.get("page"))
    return render(request, "pages/assets.html", {"list": found})


@require_safe
def assets_csv(request: HttpRequest) -> HttpResponse:
    """The page of the list that is shown, as a file."""
    query = request.GET
    found = listing(query.get("q", ""), query.get("sort", ""), query.get("page"))
    head = ("symbol", "name", "price_usd", "change_24h_pct", "change_7d_pct", "change_30d_pct",
            "volume_24h_usd", "updated", "source")  # fmt: skip
    rows = (
        (
            one.symbol,
            one.name,
            one.current_price and f"{one.current_price.normalize():f}",
            one.price_change_percentage_24h,
            one.price_change_percentage_7d,
            one.price_change_percentage_30d,
            one.total_volume,
            one.last_price_update and iso(one.last_price_update),
            one.data_source,
        )
        for one in found.page
    )
    return csv_response("assets.csv", head, rows)


@require_safe
def asset(request: HttpRequest, symbol: str) -> HttpResponse:
    """The page of an asset; another spelling of its symbol leads to it."""
    found = visible_asset(symbol)
    if found.symbol != symbol:
        return redirect("asset", symbol=found.symbol)
    timeframe = request.GET.get("timeframe", "")
    if timeframe and timeframe not in Timeframe.values:
        raise Http404
    page = asset_page(found, request.user, timeframe, timezone.now())
    count_access(found.pk, page.timeframe)
    return render(request, "pages/asset.html", {"page": page, "is_demo_page": page.is_demo})


@require_safe
def asset_candles(request: HttpRequest, symbol: str) -> HttpResponse:
    """The candles that the chart shows, as a file."""
    found = visible_asset(symbol)
    query = request.GET
    form = CandlesForm({"timeframe": query.get("timeframe"), "first": query.get("from"), "end": query.get("to")})
    if not form.is_valid():
        return render(request, "pages/bad_request.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    text = candles_json(found.pk, **form.cleaned_data, limit=form.MOST, archive=True)
    rows = ([candle[name] for name in CANDLE_COLUMNS] for candle in orjson.loads(text))
    name = re.sub(r"[^A-Za-z0-9.-]", "_", f"{found.symbol}-{form.cleaned_data['timeframe']}")
    return csv_response(f"{name}.csv", CANDLE_COLUMNS, rows)


def visible_asset(symbol: str) -> Asset:
    """The asset of a symbol, however it is spelled; 404 for one that is not shown."""
    if "\x00" in symbol:  # no text in the database can hold it, and asking for it is an error there
        raise Http404
    return get_object_or_404(visible_assets(), symbol=symbol.upper())
