"""Pages of portfolios."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from cryptopredict.pages.portfolios import lots, overview
from cryptopredict.pages.portfolios.doors import OwnView, person
from cryptopredict.pages.portfolios.explained import INPUT_COLUMNS, explained_page, input_cells
from cryptopredict.pages.portfolios.forms import KeepingForm, NewPortfolioForm, refuse
from cryptopredict.pages.portfolios.summaries import list_page
from cryptopredict.pages.tables import csv_response
from selection.choices import LotMethod
from selection.services.own_portfolios import change_portfolio, create_portfolio, delete_portfolio
from system.exceptions import DomainError, InvalidInput
from system.pages import attempt
from trading.services.journal import change_keeping, us_dollar
from trading.services.portfolio_analyses import order_analysis


class Portfolios(OwnView):
    """Own portfolios."""

    def get(self, request: HttpRequest) -> HttpResponse:
        page = list_page(person(request), timezone.now())
        return render(request, "pages/portfolios.html", {"page": page})


class NewPortfolio(OwnView):
    """Make a portfolio."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.form(request, NewPortfolioForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewPortfolioForm(request.POST)
        if form.is_valid():
            try:
                made = self.made(request, **form.cleaned_data)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                messages.success(request, _("Made. Enter what you hold, or bring in a file."))
                return redirect("portfolio", pk=made.pk)
        return self.form(request, form)

    @transaction.atomic
    def made(self, request: HttpRequest, name: str, **keeping: Any) -> Any:
        """The portfolio, kept as was asked for; nothing where that cannot be."""
        actor = person(request)
        return change_keeping(create_portfolio(name, actor=actor), actor=actor, **keeping)

    def form(self, request: HttpRequest, form: NewPortfolioForm) -> HttpResponse:
        return render(request, "pages/portfolio_new.html", {"form": form})


class PortfolioView(OwnView):
    """One portfolio."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        portfolio, user = self.portfolio(request, pk), person(request)
        page = overview.portfolio_page(portfolio, user, request.GET.dict(), timezone.now())
        return render(request, "pages/portfolio.html", {"page": page, "portfolio": portfolio, "here": "overview"})


class PositionsFile(OwnView):
    """What a portfolio holds, as a file."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = overview.position_rows(self.portfolio(request, pk))
        return csv_response("positions.csv", overview.POSITION_COLUMNS, rows)


class Lots(OwnView):
    """Open lots, by the own method or what they would be by another."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        portfolio, query = self.portfolio(request, pk), request.GET
        page = lots.lots_page(portfolio, query.get("method", ""), query.get("page"), timezone.now())
        return render(request, "pages/portfolio_lots.html", {"page": page, "portfolio": portfolio, "here": "lots"})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep the portfolio by another method."""
        portfolio, method = self.portfolio(request, pk), request.POST.get("method", "")
        before = portfolio.lot_method
        if method not in LotMethod.values:
            raise Http404
        act = partial(change_keeping, portfolio, actor=person(request), lot_method=method)
        attempt(request, act, _("The history was derived anew. Before it was: %(method)s.") % {
            "method": dict(lots.methods())[before]
        })  # fmt: skip
        return redirect("portfolio-lots", pk=pk)


class LotsFile(OwnView):
    """The same as a file."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = lots.lot_cells(self.portfolio(request, pk), request.GET.get("method", ""), timezone.now())
        return csv_response("lots.csv", lots.LOT_COLUMNS, rows)


class Gains(OwnView):
    """Realised gains of a year."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        portfolio, query = self.portfolio(request, pk), request.GET
        page = lots.gains_page(
            portfolio, query.get("year", ""), query.get("method", ""), query.get("page"), timezone.now()
        )
        return render(request, "pages/portfolio_gains.html", {"page": page, "portfolio": portfolio, "here": "gains"})


class GainsFile(OwnView):
    """The same as a file: every lot that was sold in the year."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        query = request.GET
        report = lots.gains_report(
            self.portfolio(request, pk), query.get("year", ""), query.get("method", ""), timezone.now()
        )
        name = f"gains-{report.year}-{report.method}.csv"
        return csv_response(name, lots.GAIN_COLUMNS, lots.gain_cells(report))


class Explained(OwnView):
    """How a figure came about, with every input."""

    def get(self, request: HttpRequest, pk: int, figure: str) -> HttpResponse:
        portfolio = self.portfolio(request, pk)
        try:
            page = explained_page(portfolio, figure, request.GET.dict(), timezone.now())
        except InvalidInput:
            raise Http404 from None
        return render(request, "pages/portfolio_explained.html", {"page": page, "portfolio": portfolio})


class ExplainedFile(OwnView):
    """Every input of a figure as a file."""

    def get(self, request: HttpRequest, pk: int, figure: str) -> HttpResponse:
        portfolio = self.portfolio(request, pk)
        try:
            page = explained_page(portfolio, figure, request.GET.dict(), timezone.now())
        except InvalidInput:
            raise Http404 from None
        return csv_response(f"{figure}.csv", INPUT_COLUMNS, input_cells(page))


class Settings(OwnView):
    """What a portfolio is called and how it is kept."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        portfolio = self.portfolio(request, pk)
        us_dollar()  # it is among the choices, whether somebody has needed it yet or not
        return self.form(request, pk, KeepingForm.of(portfolio))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        portfolio, form = self.portfolio(request, pk), KeepingForm(request.POST)
        if form.is_valid():
            try:
                self.keep(request, portfolio, **form.cleaned_data)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                messages.success(request, _("Kept."))
                return redirect("portfolio", pk=pk)
        return self.form(request, pk, form)

    @transaction.atomic
    def keep(self, request: HttpRequest, portfolio: Any, name: str, **keeping: Any) -> None:
        """All of it or nothing."""
        actor = person(request)
        change_portfolio(portfolio, actor=actor, name=name)
        changes = {key: value for key, value in keeping.items() if getattr(portfolio, key) != value}
        if changes:
            change_keeping(portfolio, actor=actor, **changes)

    def form(self, request: HttpRequest, pk: int, form: KeepingForm) -> HttpResponse:
        context = {"form": form, "portfolio": self.portfolio(request, pk), "here": "settings"}
        return render(request, "pages/portfolio_settings.html", context)


class PortfolioAction(OwnView):
    """What is done with a portfolio as a whole."""

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        portfolio, actor = self.portfolio(request, pk), person(request)
        if action == "analyse":
            attempt(
                request,
                partial(order_analysis, portfolio, actor=actor),
                _("It is being analysed. What comes of it stands here in a minute."),
            )
            return redirect("portfolio", pk=pk)
        if action == "delete":
            done = attempt(request, partial(delete_portfolio, portfolio, actor=actor), _("Deleted."))
            return redirect("portfolios") if done else redirect("portfolio-settings", pk=pk)
        raise Http404
