"""Reviewing suggestions: look, decide, go on to the next."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from cryptopredict.pages.admins import for_admins
from cryptopredict.pages.review.forms import DecisionForm
from cryptopredict.pages.review.queue import live_suggestion, next_of, review_page, waiting
from selection.choices import Decision
from selection.models import AISuggestion, Watchlist
from selection.services import review_suggestion
from selection.services.watchlists.undo import undo_last_change
from system.exceptions import DomainError
from system.pages import Undo, attempt

PLACE, CHANGE = "review_place", "review_change"
"""Where somebody left the queue, and the last change that a decision of theirs has made, in their session."""


def person(request: HttpRequest) -> User:
    """Who reviews."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


@for_admins
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """The queue; without a wish it goes on where this person left it."""
    query = request.GET
    at = query.get("at", "")
    wanted = int(at) if at.isdecimal() and len(at) < 19 else request.session.get(PLACE)
    page = review_page(query.get("kind", ""), query.get("sort", ""), wanted, timezone.now())
    if page.chosen and page.chosen.is_open:
        request.session[PLACE] = page.chosen.suggestion.pk
    return render(request, "pages/review.html", {"page": page, "change": request.session.get(CHANGE)})


def back(request: HttpRequest, at: int | None) -> HttpResponse:
    """To the queue as it was asked for."""
    words = {name: request.POST[name] for name in ("kind", "sort") if request.POST.get(name)}
    if at is not None:
        words["at"] = str(at)
    address = reverse("review")
    return redirect(f"{address}?{urlencode(words)}" if words else address)


@for_admins
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide on one, and go on to the next."""
    suggestion = live_suggestion(pk)
    if suggestion is None:
        raise Http404
    form = DecisionForm(request.POST)
    if not form.is_valid():
        for fault in (fault for faults in form.errors.values() for fault in faults):
            messages.error(request, str(fault))
        return back(request, pk)
    ids = list(waiting(request.POST.get("kind", ""), request.POST.get("sort", "")).values_list("pk", flat=True))
    onward = next_of(ids, ids.index(pk)) if pk in ids else next_of(ids, None)
    given = form.cleaned_data
    done = told(given["decision"]) % {"suggestion": suggestion, "list": suggestion.watchlist}
    undo = Undo(reverse("review-back")) if given["decision"] == Decision.APPROVE else None
    if not attempt(request, lambda: review_suggestion(pk, reviewer=person(request), **given), done, lambda: undo):
        return back(request, pk)
    if undo:
        note_change(request, suggestion)
    return back(request, onward)


def told(decision: str) -> str:
    """What was done, for the message."""
    return {
        Decision.APPROVE.value: _("%(suggestion)s → %(list)s: approved and carried out."),
        Decision.REJECT.value: _("%(suggestion)s → %(list)s: rejected."),
        Decision.DEFER.value: _("%(suggestion)s → %(list)s: deferred."),
    }[decision]


def note_change(request: HttpRequest, suggestion: AISuggestion) -> None:
    """Remember what the approval changed, so that it can be taken back."""
    changed = Watchlist.objects.filter(pk=suggestion.watchlist_id).values_list("last_change", flat=True).first()
    request.session[CHANGE] = {
        "watchlist": suggestion.watchlist_id,
        "change": changed,
        "suggestion": suggestion.pk,
        "told": f"{suggestion} → {suggestion.watchlist}",
    }


@for_admins
@require_POST
def decide_many(request: HttpRequest) -> HttpResponse:
    """The same decision on all that are ticked; each by itself, and what is refused says why."""
    form = DecisionForm(request.POST)
    ids = [int(pk) for pk in request.POST.getlist("ticked") if pk.isdecimal()]
    if not form.is_valid() or not ids:
        messages.error(request, _("Tick the suggestions first."))
        return back(request, None)
    found = AISuggestion.objects.select_related("asset", "watchlist").in_bulk(ids)
    done = 0
    for pk in ids:
        if pk not in found:
            continue
        try:
            review_suggestion(pk, reviewer=person(request), **form.cleaned_data)
        except DomainError as refusal:
            messages.error(request, f"{found[pk]}: {refusal}")
        else:
            done += 1
    if done:
        messages.success(request, _("Decided: %(count)s of %(all)s.") % {"count": done, "all": len(ids)})
    return back(request, None)


@for_admins
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Take back what the last approval of this person changed, as a new change of the list."""
    change = request.session.pop(CHANGE, None)
    watchlist = Watchlist.objects.filter(pk=change["watchlist"]).first() if change else None
    if change is None or watchlist is None:
        messages.error(request, _("There is nothing to take back."))
        return back(request, None)
    done = _("%(change)s: taken back. The decision stays in the record.") % {"change": change["told"]}
    attempt(request, lambda: undo_last_change(watchlist, actor=person(request), change_id=change["change"]), done)
    return back(request, change["suggestion"])
