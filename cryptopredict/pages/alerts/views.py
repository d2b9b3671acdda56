"""Doors of the page of alerts."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts.models import User
from assets.selectors.shown import assets_of, shown_market
from cryptopredict.pages.alerts.form import AlertForm
from cryptopredict.pages.alerts.forms import FORMS
from cryptopredict.pages.alerts.kinds import BY_KEY, KINDS, USUAL, kind_of_row
from cryptopredict.pages.alerts.page import MOST_FIRINGS, SORTS, alerts_page, chosen_rows, rows_of, told_firing
from cryptopredict.pages.alerts.trial import trial
from cryptopredict.pages.tables import csv_response
from system.exceptions import DomainError
from system.pages import attempt
from trading import services
from trading.models import AlertFiring, SignalAlert
from trading.services.alerts.past import Watch
from trading.services.alerts.wanted import checked

ALERT_COLUMNS = ("kind", "alert", "asset", "condition", "threshold", "state", "fired", "value", "armed", "last_checked",
                 "expires")  # fmt: skip
FIRING_COLUMNS = ("fired", "known", "kind", "asset", "condition", "threshold", "value", "value_before", "candles")


def person(request: HttpRequest) -> User:
    """Who asks."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def iso(moment: Any) -> str | None:
    return moment and f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def plain(value: Decimal | None) -> Decimal | None:
    """Without idle zeros, and never with an exponent."""
    return None if value is None else Decimal(f"{value.normalize():f}")


@method_decorator(never_cache, name="dispatch")
class AlertView(LoginRequiredMixin, View):
    """A page of the reader's own alerts."""

    def own(self, pk: int) -> SignalAlert:
        """One of them; another's is not there."""
        own: SignalAlert = get_object_or_404(
            SignalAlert.objects.select_related("asset"), pk=pk, user=person(self.request)
        )
        return own

    def listed(self, form: AlertForm | None, kind: str = USUAL, **words: Any) -> HttpResponse:
        """The list, with a form for another alert."""
        request, user, now = self.request, person(self.request), timezone.now()
        query = request.GET.dict()
        context = {
            "list": alerts_page(user, {} if form is not None and form.is_bound else query, now),
            "form": form,
            "kind": BY_KEY[kind],
            "kinds": KINDS,
            "sorts": [(key, label()) for key, (label, _key) in SORTS.items()],
            "symbols": symbols() if form is not None and "asset" in form.fields else (),
            "prefilled": form.initial.get("asset", "") if form is not None else "",
            **words,
        }
        return render(request, "pages/alerts.html", context)


def symbols() -> list[tuple[str, str]]:
    """Assets that may be watched."""
    return list(assets_of(shown_market()).order_by("symbol").values_list("symbol", "name"))


class Alerts(AlertView):
    """All of them. ``?new=price`` opens a form; from an asset's page with ``asset=BTC``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        kind = request.GET.get("new", "")
        if kind not in BY_KEY:
            return self.listed(None)
        initial = {"asset": request.GET.get("asset", "")[:30]}
        if level := request.GET.get("level", "")[:40]:
            initial["level"] = level
        return self.listed(FORMS[kind](user=person(request), initial=initial), kind)


class AlertsFile(AlertView):
    """The list as a file: what the address asks for, all pages of it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        _all, rows = chosen_rows(person(request), request.GET.dict(), timezone.now())
        cells = (
            (
                row.kind.key, row.told, row.alert.asset and row.alert.asset.symbol, row.alert.condition,
                plain(row.alert.trigger_value), row.state, iso(row.alert.triggered_at),
                row.firing and plain(row.firing.value), iso(row.alert.armed_at), iso(row.alert.last_checked),
                iso(row.alert.expires_at),
            )
            for row in rows
        )  # fmt: skip
        return csv_response("alerts.csv", ALERT_COLUMNS, cells)


class FiringsFile(AlertView):
    """Why the reader's alerts fired, newest first, also of those that are deleted."""

    def get(self, request: HttpRequest) -> HttpResponse:
        found = AlertFiring.objects.filter(user=person(request)).select_related("asset").order_by("-fired_at", "-pk")
        cells = (
            (
                iso(one.fired_at), iso(one.known_at), told_firing(one)[1].key, one.asset and one.asset.symbol,
                one.condition, plain(one.threshold), plain(one.value),
                plain(one.value_before), one.timeframe,
            )
            for one in found[:MOST_FIRINGS]
        )  # fmt: skip
        return csv_response("alert-firings.csv", FIRING_COLUMNS, cells)


class NewAlert(AlertView):
    """Make an alert, or try it on the past first."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:  # noqa: ARG002
        return redirect(f"{reverse('alerts')}?{urlencode({'new': kind})}")

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        if kind not in FORMS:
            raise Http404
        user, form = person(request), FORMS[kind](request.POST, user=person(request))
        if not form.is_valid():
            return self.listed(form, kind)
        if "try" in request.POST:
            return tried(form, user, lambda found: self.listed(form, kind, trial=found))
        if not kept(form, lambda: services.create_alert(form.wanted, actor=user)):
            return self.listed(form, kind)
        messages.success(request, _("The alert is armed."))
        return redirect("alerts")


class Alert(AlertView):
    """One alert: its state, why it fired, what would have come of it, and how to change it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG002
        return self.shown(self.own(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        alert, user = self.own(pk), person(request)
        form = FORMS[kind_of_row(alert.alert_type, alert.condition).key](request.POST, user=user)
        if not form.is_valid():
            return self.shown(alert, form)
        if "try" in request.POST:
            return tried(form, user, lambda found: self.shown(alert, form, found))
        if not kept(form, lambda: services.change_alert(alert.pk, form.wanted, actor=user)):
            return self.shown(alert, form)
        messages.success(request, _("Kept."))
        return redirect("alert", pk=pk)

    def shown(self, alert: SignalAlert, form: AlertForm | None = None, found: Any = None) -> HttpResponse:
        now = timezone.now()
        (row,) = rows_of([alert], now)
        if form is None:
            made = FORMS[row.kind.key]
            form = made(user=person(self.request), initial=made.initial_of(alert, row.parameters))
        firings = AlertFiring.objects.filter(alert=alert).select_related("asset").order_by("-number")[:20]
        context = {
            "row": row,
            "form": form,
            "symbols": symbols() if "asset" in form.fields else (),
            "trial": found or trial(Watch.of(alert), now),
            "is_try": found is not None,
            "firings": [told_firing(one) for one in firings],
        }
        return render(self.request, "pages/alert.html", context)


class AlertAction(AlertView):
    """Take note, arm again, pause, resume, delete."""

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        user = person(request)
        acts: dict[str, tuple[Callable[..., Any], str]] = {
            "acknowledge": (services.acknowledge_alert, _("Noted.")),
            "rearm": (services.rearm_alert, _("The alert is armed again.")),
            "pause": (services.pause_alert, _("Paused.")),
            "resume": (services.resume_alert, _("Resumed: it is armed from now on.")),
            "delete": (services.delete_alert, _("The alert is deleted.")),
        }
        if action not in acts:
            raise Http404
        act, done = acts[action]
        if action == "delete" and not SignalAlert.objects.filter(pk=pk, user=user).exists():
            return redirect("alerts")  # sent twice: it is gone, as wanted
        self.own(pk)
        attempt(request, partial(act, pk, actor=user), done)
        if action != "delete" and request.POST.get("from") == "alert":
            return redirect("alert", pk=pk)
        return redirect("alerts")


def kept(form: AlertForm, act: Callable[[], Any]) -> bool:
    """Whether it was done; a refusal stands beside its field."""
    try:
        act()
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    return True


def tried(form: AlertForm, user: User, show: Callable[[Any], HttpResponse]) -> HttpResponse:
    """The page with what would have come of the alert that is filled in."""
    now = timezone.now()
    try:
        values = checked(form.wanted, now)
    except DomainError as refusal:
        refuse(form, refusal)
        return show(None)
    return show(trial(Watch.wanted(values, user.pk), now))


def refuse(form: AlertForm, refusal: DomainError) -> None:
    form.add_error(form.field_of(refusal.field), str(refusal))
