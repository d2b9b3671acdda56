"""Doors of the start page."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.generic import View

from accounts.models import User
from accounts.services import change_profile
from cryptopredict.pages.drafts import person
from cryptopredict.pages.home.layout import CASUAL, HIDDEN, MODE, ORDER, PROFESSIONAL, WIDGETS, Layout, layout_of_person
from cryptopredict.pages.home.page import home_page
from cryptopredict.pages.home.visits import since_last_visit
from cryptopredict.pages.tour import steps
from system.pages import attempt

ARRANGE = "arrange"
"""Word of the address under which the list of cards is open."""


DONE = {CASUAL: _("The most important cards are shown."), PROFESSIONAL: _("All cards are shown.")}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page."""
    now = timezone.now()
    since = since_last_visit(request.session, now) if request.user.is_authenticated else None
    shown = home_page(request.user, now, request.GET.get("signals", ""), since)
    return render(
        request,
        "pages/home.html",
        {
            "home": shown,
            "is_arranging": ARRANGE in request.GET,
            "tour": steps() if "tour" in request.GET else None,
        },
    )


class HomeLayout(LoginRequiredMixin, View):
    """What the start page shows: another mode, a card up or down, which are shown, or all as usual."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        mode = request.POST.get("mode")
        if mode is not None:
            if mode not in DONE:
                raise Http404
            _keep(request, user, {MODE: mode}, str(DONE[mode]))
            return redirect("home")
        layout = layout_of_person(user)
        reset = "reset" in request.POST
        _keep(
            request, user, {ORDER: None, HIDDEN: None} if reset else _arranged(layout, request).preferences(),
            gettext("The cards stand as usual.") if reset else gettext("The cards stand as you arranged them."),
        )  # fmt: skip
        return redirect(f"{reverse('home')}?{ARRANGE}=1#arrange")


def _keep(request: HttpRequest, user: User, preferences: dict[str, Any], done: str) -> None:
    attempt(request, lambda: change_profile(user, changes={"preferences": preferences}), done)


def _arranged(layout: Layout, request: HttpRequest) -> Layout:
    """The layout with what the form says: which cards are shown, and one that is moved."""
    shown = set(request.POST.getlist("shown"))
    changed = Layout(layout.mode, layout.order, frozenset(key for key in WIDGETS if key not in shown))
    for word, places in (("up", -1), ("down", 1)):
        if (key := request.POST.get(word)) in WIDGETS:
            changed = changed.moved(str(key), places)
    return changed
