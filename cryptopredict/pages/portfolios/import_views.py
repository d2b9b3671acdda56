"""The import of a file of trades: sent, looked at, given a meaning, booked once."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assets.models import Asset
from cryptopredict.pages.portfolios.doors import OwnView, person
from cryptopredict.pages.portfolios.forms import refuse
from selection.models import Portfolio
from system.exceptions import DomainError
from system.file_input import FileInput
from system.pages import attempt
from system.selectors.settings import setting
from trading.choices import ImportSource, ImportStatus
from trading.compute.trade_files.own import COLUMNS, EXPORTED
from trading.models import TradeImport
from trading.services.import_words import sentence
from trading.services.imports import LIMITS, choose_symbols, confirm_import, drafts_of, preview_import

SHOWN = 50
"""Rows that a preview shows of each sort."""
LEAVE_OUT = "-"
"""What is written in place of a symbol to leave its coin out."""


class FileForm(forms.Form):
    """A file of trades."""

    file = forms.FileField(label=_("File"), widget=FileInput, help_text=_("CSV, also packed (.csv.gz)."))
    source = forms.ChoiceField(
        label=_("From"), required=False, choices=[("", _("told by its header")), *ImportSource.choices]
    )
    decimal_comma = forms.BooleanField(label=_("Numbers are written 1.234,56"), required=False)
    accepts_missing = forms.BooleanField(
        label=_("Book sales even if the file lacks the purchase"),
        required=False,
        help_text=_("What is missing counts as brought in at the price of the sale, and is marked ◊."),
    )


class Imports(OwnView):
    """Send a file, and what was sent before."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(request, self.portfolio(request, pk), FileForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        portfolio, form = self.portfolio(request, pk), FileForm(request.POST, request.FILES)
        if form.is_valid():
            given: dict[str, Any] = dict(form.cleaned_data)
            file = given.pop("file")
            try:
                made = preview_import(portfolio, file, actor=person(request), name=file.name, **given)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                return redirect("import", pk=pk, import_id=made.pk)
        return self.page(request, portfolio, form)

    def page(self, request: HttpRequest, portfolio: Portfolio, form: FileForm) -> HttpResponse:
        rows = TradeImport.objects.filter(portfolio=portfolio).defer("content", "errors").order_by("-created_at", "-pk")
        limits = setting(LIMITS)
        context = {
            "portfolio": portfolio, "form": form, "imports": rows[:SHOWN], "here": "import", "needed": COLUMNS,
            "columns": EXPORTED, "limits": limits,
        }  # fmt: skip
        return render(request, "pages/imports.html", context)


class Preview(OwnView):
    """What would become of a file, and what its symbols mean."""

    def get(self, request: HttpRequest, pk: int, import_id: int) -> HttpResponse:
        return self.page(request, one_import(self, request, pk, import_id), {})

    def post(self, request: HttpRequest, pk: int, import_id: int) -> HttpResponse:
        """Give symbols a meaning."""
        row = one_import(self, request, pk, import_id)
        typed = {
            name.removeprefix("symbol:"): str(text) for name, text in request.POST.items() if name.startswith("symbol:")
        }
        chosen, faults = meanings(typed)
        if not faults:
            try:
                choose_symbols(row, chosen, actor=person(request))
            except DomainError as refusal:
                messages.error(request, str(refusal))
            return redirect("import", pk=pk, import_id=import_id)
        return self.page(request, row, faults, typed)

    def page(
        self, request: HttpRequest, row: TradeImport, faults: Mapping[str, str], typed: Mapping[str, str] | None = None
    ) -> HttpResponse:
        is_open = row.status == ImportStatus.PREVIEW and row.expires_at > timezone.now()
        drafts = drafts_of(row)[:SHOWN] if is_open else []
        named = dict(Asset.objects.filter(pk__in=[pk for pk in row.symbols.values() if pk]).values_list("pk", "symbol"))
        context = {
            "portfolio": row.portfolio,
            "row": row,
            "is_open": is_open,
            "drafts": drafts,
            "rejects": [(fault["row"], sentence(fault)) for fault in row.errors[:SHOWN]],
            "unknown": [
                (symbol, count, (typed or {}).get(symbol, ""), faults.get(symbol))
                for symbol, count in sorted(row.unknown_symbols.items())
            ],
            "meant": [(symbol, named.get(pk)) for symbol, pk in sorted(row.symbols.items())],
            "here": "import",
        }
        return render(request, "pages/import.html", context)


def one_import(view: OwnView, request: HttpRequest, pk: int, import_id: int) -> TradeImport:
    portfolio = view.portfolio(request, pk)
    return get_object_or_404(TradeImport.objects.select_related("portfolio"), pk=import_id, portfolio=portfolio)


def meanings(typed: Mapping[str, str]) -> tuple[dict[str, int | None], dict[str, str]]:
    """Assets by what was typed for each symbol, and what is wrong with it; what was left empty is no choice."""
    wanted = {symbol: text.strip().upper() for symbol, text in typed.items() if text.strip()}
    rows = Asset.objects.filter(symbol__in=wanted.values()).order_by("-pk").values_list("symbol", "pk")
    found = dict(rows)
    chosen = {symbol: None if text == LEAVE_OUT else found.get(text) for symbol, text in wanted.items()}
    faults = {
        symbol: gettext("There is no asset %(symbol)s.") % {"symbol": text}
        for symbol, text in wanted.items()
        if text != LEAVE_OUT and text not in found
    }
    return chosen, faults


class Confirm(OwnView):
    """Book a preview."""

    def post(self, request: HttpRequest, pk: int, import_id: int) -> HttpResponse:
        row = one_import(self, request, pk, import_id)
        attempt(request, partial(confirm_import, row, actor=person(request)), gettext("Booked."))
        return redirect("import", pk=pk, import_id=import_id)
