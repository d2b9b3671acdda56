"""What the chart loads besides candles, and the file of all that it shows."""

import re
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from assets.selectors.candle_json import candles_json
from cryptopredict.pages.asset_chart.series import series_beside
from cryptopredict.pages.asset_chart.shown import shown_on_chart
from cryptopredict.pages.forms import CandlesForm
from cryptopredict.pages.tables import csv_response
from cryptopredict.pages.visible import visible_asset

CANDLE_COLUMNS = ("time", "open", "high", "low", "close", "volume", "vwap", "trade_count")


def stretch(request: HttpRequest) -> CandlesForm:
    """The candles that an address names."""
    query = request.GET
    return CandlesForm({"timeframe": query.get("timeframe"), "first": query.get("from"), "end": query.get("to")})


@require_safe
def asset_series(request: HttpRequest, symbol: str) -> HttpResponse:
    """Indicators and other assets' closes of a stretch of candles, for the chart's script."""
    found, form = visible_asset(symbol), stretch(request)
    if not form.is_valid():
        return JsonResponse({"detail": gettext("Which candles?")}, status=HTTPStatus.BAD_REQUEST)
    beside = series_beside(found, shown_on_chart(found, request.GET), *_bounds(form), timezone.now())
    told = {
        "series": [
            {"name": one.name, "times": list(one.values), "values": list(one.values.values())} for one in beside.series
        ],
        "failed": beside.failed,
        "request_id": getattr(request, "request_id", ""),
    }
    return HttpResponse(orjson.dumps(told), content_type="application/json")


@require_safe
def asset_candles(request: HttpRequest, symbol: str) -> HttpResponse:
    """The candles that the chart shows and what is drawn beside them, as a file."""
    found, form = visible_asset(symbol), stretch(request)
    if not form.is_valid():
        return render(request, "pages/bad_request.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    text = candles_json(found.pk, **form.cleaned_data, limit=form.MOST, archive=True)
    series = series_beside(found, shown_on_chart(found, request.GET), *_bounds(form), timezone.now()).series
    rows = (
        [*(candle[name] for name in CANDLE_COLUMNS), *(one.values.get(_seconds(candle)) for one in series)]
        for candle in orjson.loads(text)
    )
    name = re.sub(r"[^A-Za-z0-9.-]", "_", f"{found.symbol}-{form.cleaned_data['timeframe']}")
    return csv_response(f"{name}.csv", [*CANDLE_COLUMNS, *(one.name for one in series)], rows)


def _bounds(form: CandlesForm) -> tuple[Any, Any, Any]:
    return form.cleaned_data["timeframe"], form.cleaned_data["first"], form.cleaned_data["end"]


def _seconds(candle: dict[str, Any]) -> int:
    moment = parse_datetime(candle["time"])
    return int(moment.timestamp()) if moment else 0
