"""Entering what happened: entries of the journal, transfers with both halves, prices that no source has."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from cryptopredict.pages.portfolios.doors import OwnView, person
from cryptopredict.pages.portfolios.entry_forms import KINDS, PRICE, TRANSFER, EntryForm, PriceForm, symbols
from cryptopredict.pages.portfolios.forms import refuse
from selection.models import Portfolio
from system.exceptions import DomainError
from trading.choices import ActionType
from trading.services.journal import NewEntry, RefusedEntries, record_trade, record_trades, state_price

FORM_NAMES = {"action_type": "", "position": "leverage", "matches": "", "remarks": "primary_setup"}
"""What the journal calls an input, by the field of the form."""


class NewEntryView(OwnView):
    """Enter something of the chosen kind."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        given = {name: request.GET[name] for name in ("asset", "leverage", "side") if name in request.GET}
        return self.form(request, pk, EntryForm(kind(request.GET.get("kind", "")), initial=given))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        portfolio, form = self.portfolio(request, pk), EntryForm(kind(request.POST.get("kind", "")), request.POST)
        if form.is_valid():
            try:
                enter(portfolio, form, person(request))
            except RefusedEntries as refusal:
                for fault in refusal.errors:
                    name = ARRIVAL.get(fault.field or "", fault.field) if fault.row == 1 else fault.field
                    form.add_error(name if name in form.fields else None, fault.message)
            except DomainError as refusal:
                refuse(form, refusal, FORM_NAMES)
            else:
                messages.success(request, _("Entered. It can be taken back in the journal."))
                if "another" in request.POST:
                    return redirect(f"{request.path}?kind={form.kind}&asset={form.cleaned_data['asset'].symbol}")
                return redirect("portfolio", pk=pk)
        return self.form(request, pk, form)

    def form(self, request: HttpRequest, pk: int, form: EntryForm) -> HttpResponse:
        portfolio = self.portfolio(request, pk)
        kinds = [(name, one.label) for name, one in KINDS.items()]
        context = {"form": form, "portfolio": portfolio, "kinds": kinds, "symbols": symbols(portfolio), "here": "new"}
        return render(request, "pages/entry_new.html", context)


ARRIVAL = {"quantity": "arrived_quantity", "venue": "to_venue", "executed_at": "arrived_at"}
"""Fields of the second half of a transfer."""


def kind(wanted: str) -> str:
    """A kind of entry; nothing is a purchase.

    Raises:
        Http404: there is no such kind.
    """
    if not wanted:
        return ActionType.BUY.value
    if wanted not in KINDS:
        raise Http404
    return str(wanted)


def enter(portfolio: Portfolio, form: EntryForm, actor: Any) -> None:
    """Write what the form says into the journal.

    Raises:
        DomainError: it makes no sense, or is impossible; names the field.
    """
    details = form.details
    asset, at = details.pop("asset"), details.pop("executed_at")
    if form.kind != TRANSFER:
        record_trade(portfolio, asset, actor=actor, action_type=form.kind, executed_at=at, **details)
        return
    key = details["client_key"]
    notes = details.get("notes", "")
    sent = NewEntry(
        asset, ActionType.TRANSFER_OUT, at, quantity=details["quantity"], venue=details["venue"],
        client_key=f"{key}:out", notes=notes,
    )  # fmt: skip
    arrived = NewEntry(
        asset, ActionType.TRANSFER_IN, details.get("arrived_at", at), quantity=details["arrived_quantity"],
        venue=details["to_venue"], client_key=f"{key}:in", notes=notes, matches_row=0,
    )  # fmt: skip
    record_trades(portfolio, [sent, arrived], actor=actor)


class NewPrice(OwnView):
    """State a price that no source has."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.form(
            request, pk, PriceForm(initial={"priced_at": timezone.now(), "asset": request.GET.get("asset")})
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        portfolio, form = self.portfolio(request, pk), PriceForm(request.POST)
        if form.is_valid():
            given = dict(form.cleaned_data)
            try:
                state_price(portfolio, given.pop("asset"), actor=person(request), **given)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                messages.success(request, _("Kept. Figures that rest on it are marked ◊."))
                return redirect("portfolio", pk=pk)
        return self.form(request, pk, form)

    def form(self, request: HttpRequest, pk: int, form: PriceForm) -> HttpResponse:
        portfolio = self.portfolio(request, pk)
        kinds = [(name, one.label) for name, one in KINDS.items()]
        context = {"form": form, "portfolio": portfolio, "kinds": kinds, "symbols": symbols(portfolio), "chosen": PRICE}
        return render(request, "pages/price_new.html", context)
