"""Where the coins of a portfolio are, and what may be one transfer between own venues."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cryptopredict.pages.portfolios.doors import OwnView, person
from cryptopredict.pages.portfolios.overview import plain
from cryptopredict.pages.tables import csv_response
from selection.models import Portfolio
from system.pages import attempt
from trading.models import TradeAction
from trading.selectors.transfers import transfer_proposals
from trading.selectors.venues import holdings_by_venue
from trading.services.journal import join_transfer

MOST = 50
"""Proposals that the page lists."""
COLUMNS = ("venue", "symbol", "quantity", "value_usd")


class Venues(OwnView):
    """Coins by exchange and wallet."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        portfolio = self.portfolio(request, pk)
        proposals = transfer_proposals(portfolio)
        context = {
            "portfolio": portfolio,
            "rows": [one for one in holdings_by_venue(portfolio) if one.quantity],
            "proposals": proposals[:MOST],
            "waiting": len(proposals),
            "here": "venues",
        }
        return render(request, "pages/portfolio_venues.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Join two entries into one transfer."""
        portfolio = self.portfolio(request, pk)
        sent, arrived = (half(portfolio, request.POST.get(name, "")) for name in ("sent", "arrived"))
        done = _("Joined: lots keep their cost and dates.")
        attempt(request, partial(join_transfer, sent, arrived, actor=person(request)), done)
        return redirect("portfolio-venues", pk=pk)


def half(portfolio: Portfolio, key: str) -> TradeAction:
    """An entry of the portfolio.

    Raises:
        Http404: there is no such entry.
    """
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        raise Http404
    rows = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio)
    return get_object_or_404(rows.select_related("portfolio_asset__portfolio", "portfolio_asset__asset"), pk=int(key))


class VenuesFile(OwnView):
    """The same as a file."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = (
            (one.venue, one.position.asset.symbol, plain(one.quantity), plain(one.value))
            for one in holdings_by_venue(self.portfolio(request, pk))
            if one.quantity
        )
        return csv_response("venues.csv", COLUMNS, rows)
