"""Doors of backtests. They are one's own: those of others are not there."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from cryptopredict.pages.backtests.forms import BacktestForm
from cryptopredict.pages.backtests.page import (
    MOST_COMPARED,
    OPEN,
    PER_PAGE,
    comparison,
    progress,
    report,
    verdict,
)
from cryptopredict.pages.backtests.words import told
from system.exceptions import DomainError
from system.stores.doors import needs_files
from trading.choices import BacktestStatus
from trading.selectors.backtest_list import own_backtests, visible_backtests
from trading.selectors.backtest_trades import trades_file
from trading.services.backtests import order_backtest


def person(request: HttpRequest) -> User:
    """Who asks; nobody else comes here."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


@require_safe
@login_required
@never_cache
def backtests(request: HttpRequest) -> HttpResponse:
    """The own backtests."""
    page = Paginator(own_backtests(person(request)), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(one, verdict(one), progress(one)) for one in page]
    context = {"rows": rows, "page": page, "is_running": any(one.status in OPEN for one in page)}
    return render(request, "pages/backtests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def new_backtest(request: HttpRequest) -> HttpResponse:
    """Ask for one. What is refused is said beside its field, and what was written stays."""
    form = BacktestForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                ordered = order_backtest(form.configuration(), actor=person(request))
            except DomainError as refusal:
                form.refuse(getattr(refusal, "field", None), told(str(refusal)))
            else:
                messages.success(request, _("The backtest waits for a worker; this page follows it."))
                return redirect("backtest", pk=ordered.pk)
    return render(request, "pages/backtest_new.html", {"form": form}, status=status)


@require_safe
@login_required
@never_cache
@needs_files
def backtest(request: HttpRequest, pk: int) -> HttpResponse:
    """One with all that is told of it."""
    found = get_object_or_404(visible_backtests(person(request)), pk=pk)
    context = {"report": report(found, request.GET.get("page")), "progress": progress(found)}
    return render(request, "pages/backtest.html", context)


@require_safe
@login_required
@never_cache
def backtest_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, for the page to follow; when it has ended the page is asked to load anew."""
    found = get_object_or_404(visible_backtests(person(request)), pk=pk)
    response = render(request, "pages/backtests/progress.html", {"backtest": found, "progress": progress(found)})
    if found.status not in OPEN:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@login_required
@needs_files
def backtest_trades(request: HttpRequest, pk: int) -> FileResponse:
    """All its trades as a file, as the report keeps it."""
    found = get_object_or_404(visible_backtests(person(request)), pk=pk)
    path = trades_file(found)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"backtest-{found.pk}-trades.csv")


@require_safe
@login_required
@never_cache
@needs_files
def compare_backtests(request: HttpRequest) -> HttpResponse:
    """Up to four of the own ones side by side, in the order in which the address names them."""
    wanted = [int(one) for one in request.GET.getlist("id") if one.isdecimal() and len(one) < 19]
    rows = visible_backtests(person(request)).filter(status=BacktestStatus.DONE).in_bulk(wanted)
    chosen = [rows[key] for key in dict.fromkeys(wanted) if key in rows]
    context = {
        "page": comparison(chosen[:MOST_COMPARED]) if chosen else None,
        "left_out": len(chosen) - MOST_COMPARED,
        "most": MOST_COMPARED,
    }
    return render(request, "pages/backtest_compare.html", context)
