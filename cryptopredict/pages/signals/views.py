"""Doors of the pages of signals."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.choices import FeedbackType
from accounts.models import User
from accounts.services import send_feedback
from cryptopredict.pages.refusals import refuse
from cryptopredict.pages.signals.detail import SignalPage, find_signal, signal_page, with_fill, with_form
from cryptopredict.pages.signals.forms import FILL_EMPTY, NO_PORTFOLIO, ExecuteForm, FeedbackForm, FillForm
from cryptopredict.pages.signals.limits import field_of, sentence
from cryptopredict.pages.signals.page import SIGNAL_COLUMNS, signal_cells, signals_page
from cryptopredict.pages.tables import csv_response
from selection.models import Portfolio
from selection.selectors.visible import real_portfolios
from system.exceptions import DomainError
from system.pages import attempt
from trading.choices import AlertType
from trading.models import AITradingSignal
from trading.services import RiskLimit, cancel_execution, create_alert, execute_signal, fill_execution

NAMES = {"risk_confirmation": "risk_confirmed"}
"""Inputs of the service that the form calls otherwise."""


@require_safe
def signals(request: HttpRequest) -> HttpResponse:
    """The list of signals."""
    return render(request, "pages/signals.html", {"page": signals_page(request.GET.dict(), request.user)})


@require_safe
def signals_csv(request: HttpRequest) -> HttpResponse:
    """The signals that the page shows, as a file."""
    page = signals_page(request.GET.dict(), request.user)
    return csv_response("signals.csv", SIGNAL_COLUMNS, (signal_cells(row) for row in page.rows) if page else ())


@require_safe
def signal(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one signal."""
    found = visible(request, pk)
    return shown(request, signal_page(found, request.user, timezone.now(), request.GET.dict()))


def shown(request: HttpRequest, page: SignalPage, status: int = HTTPStatus.OK) -> HttpResponse:
    return render(request, "pages/signal.html", {"page": page, "is_demo_page": page.is_demo}, status=status)


@never_cache
@login_required
@require_POST
def execute(request: HttpRequest, pk: int) -> HttpResponse:
    """Execute a signal within the own limits; what is refused is said beside what was typed."""
    found, user = visible(request, pk), person(request)
    form = ExecuteForm(request.POST, portfolios=own(user), empty=NO_PORTFOLIO)
    if form.is_valid():
        given = dict(form.cleaned_data)
        portfolio = chosen(user, given.pop("portfolio"))
        try:
            made = execute_signal(found.pk, user=user, portfolio=portfolio, **given)
        except RiskLimit as refusal:
            for check in refusal.broken:
                form.add_error(field_of(check), sentence(check))
        except DomainError as refusal:
            refuse(form, refusal, NAMES)
        else:
            booked = _("Booked in %(portfolio)s.") % {"portfolio": portfolio.name} if portfolio else ""
            messages.success(request, booked if made.executed_at else _("Planned. Fill it when you have traded."))
            return redirect(f"{reverse('signal', args=[pk])}#executions")
    page = signal_page(found, user, timezone.now(), request.POST.dict())
    return shown(request, with_form(page, form), HTTPStatus.UNPROCESSABLE_ENTITY)


@never_cache
@login_required
@require_POST
def fill(request: HttpRequest, pk: int, execution: int) -> HttpResponse:
    """Book what a plan still lacks, or a part of it."""
    found, user = visible(request, pk), person(request)
    form = FillForm(request.POST, portfolios=own(user), empty=FILL_EMPTY, auto_id=f"fill-{execution}-%s")
    if form.is_valid():
        given = dict(form.cleaned_data)
        portfolio = chosen(user, given.pop("portfolio"))
        try:
            fill_execution(execution, user=user, portfolio=portfolio, **given)
        except RiskLimit as refusal:
            for check in refusal.broken:
                name = field_of(check)
                form.add_error(name if name in form.fields else "quantity", sentence(check))
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Booked."))
            return redirect(f"{reverse('signal', args=[pk])}#executions")
    page = with_fill(signal_page(found, user, timezone.now(), {}), execution, form)
    return shown(request, page, HTTPStatus.UNPROCESSABLE_ENTITY)


@never_cache
@login_required
@require_POST
def cancel(request: HttpRequest, pk: int, execution: int) -> HttpResponse:
    """Give up what of a plan is not filled yet."""
    visible(request, pk)
    return done(request, pk, lambda: cancel_execution(execution, user=person(request)), _("Given up."), "#executions")


@never_cache
@login_required
@require_POST
def tell_me(request: HttpRequest, pk: int) -> HttpResponse:
    """An alert of new signals of the asset with a measured edge, whatever their probability."""
    found = visible(request, pk)
    wanted: dict[str, Any] = {"asset_id": found.asset_id, "alert_type": AlertType.SIGNAL_GENERATED, "trigger_value": 0}
    words = _("You are told of new actionable signals of %(asset)s.") % {"asset": found.asset.symbol}
    return done(request, pk, lambda: create_alert(wanted, actor=person(request)), words)


@never_cache
@login_required
@require_POST
def feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """A word about a signal, for those who look after them."""
    found, form = visible(request, pk), FeedbackForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write something first, 2,000 letters at most."))
        return redirect("signal", pk=pk)
    about = {"page": reverse("signal", args=[pk]), "signal_id": found.pk}

    def send() -> None:
        send_feedback(
            person(request),
            feedback_type=FeedbackType.SUGGESTION_FEEDBACK,
            message=form.cleaned_data["message"],
            context_data=about,
        )

    return done(request, pk, send, _("Sent. An answer comes to your notifications."))


def done(request: HttpRequest, pk: int, act: Callable[[], Any], words: str, anchor: str = "") -> HttpResponse:
    """Do something and go back to the signal."""
    attempt(request, act, words)
    return redirect(f"{reverse('signal', args=[pk])}{anchor}")


def visible(request: HttpRequest, pk: int) -> AITradingSignal:
    """The signal of an address; 404 for one that who asks may not see."""
    found = find_signal(pk, request.user) if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def person(request: HttpRequest) -> User:
    """Who asks."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def own(user: User) -> list[Portfolio]:
    return list(real_portfolios(user).order_by("name", "pk"))


def chosen(user: User, pk: int | None) -> Portfolio | None:
    """The portfolio that is named; it was among the choices."""
    return None if pk is None else real_portfolios(user).get(pk=pk)
