"""The page of drafts: what programs suggest, for the person to confirm or to discard."""

from functools import partial

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts.choices import DraftStatus
from accounts.models import ChangeDraft, User
from accounts.services import decide
from cryptopredict.drafting import confirm
from cryptopredict.pages.draft_cards import cards
from system.pages import attempt

SHOWN = 20
"""Decided drafts that the page lists."""


def person(request: HttpRequest) -> User:
    """Who asks."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


@method_decorator(never_cache, name="dispatch")
class Drafts(LoginRequiredMixin, View):
    """What waits, and what was said before."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        decided = ChangeDraft.objects.filter(user=user).exclude(status=DraftStatus.WAITING).order_by("-decided_at")
        context = {"cards": cards(user, timezone.now()), "decided": decided[:SHOWN]}
        return render(request, "pages/drafts.html", context)


class DraftAction(LoginRequiredMixin, View):
    """The person's word on one."""

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        user, now = person(request), timezone.now()
        acts = {
            "confirm": (partial(confirm, pk, user=user, now=now), _("Done.")),
            "discard": (partial(decide, pk, user=user, now=now, act=None), _("Discarded.")),
        }
        if action not in acts:
            raise Http404
        act, done = acts[action]
        if not ChangeDraft.objects.filter(pk=pk, user=user).exists():
            raise Http404
        attempt(request, act, done)
        return redirect("drafts")
