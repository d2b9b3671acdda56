"""Doors of the page of messages."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts import services
from accounts.models import NotificationDelivery, User
from accounts.selectors.notifications import unread_count, visible_notifications
from cryptopredict.pages.inbox.page import inbox, log, messages_of
from cryptopredict.pages.inbox.words import remedy, unread_shown, unread_words
from cryptopredict.pages.tables import csv_response
from system import formats
from system.pages import attempt

LOG_COLUMNS = ("message", "channel", "kind", "status", "attempts", "first_attempt", "last_attempt", "next_try", "sent",
               "error", "remedy")  # fmt: skip


def person(request: HttpRequest) -> User:
    """Who asks."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


@method_decorator(never_cache, name="dispatch")
class OwnView(LoginRequiredMixin, View):
    """A page of the reader's own messages."""

    def back(self) -> HttpResponse:
        """To the list, as it was filtered."""
        query = urlencode(parse_qsl(self.request.POST.get("query", "")))  # only what an address may hold
        return redirect(f"{reverse('inbox')}?{query}" if query else "inbox")


class InboxPage(OwnView):
    """The messages."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(
            request, "pages/inbox.html", {"inbox": inbox(person(request), request.GET.dict(), timezone.now())}
        )


class Unread(LoginRequiredMixin, View):
    """How many messages are unread, for the bell."""

    def get(self, request: HttpRequest) -> HttpResponse:
        count = unread_count(person(request), timezone.now())
        answer = JsonResponse({"unread": count, "shown": unread_shown(count), "words": unread_words(count)})
        answer.headers["Cache-Control"] = "no-store"
        return answer


class MessageAction(OwnView):
    """Read a message, put it away, or go where it leads."""

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        user, now = person(request), timezone.now()
        note = get_object_or_404(visible_notifications(user, now), pk=pk)
        acts: dict[str, Callable[[], Any]] = {
            "read": partial(services.mark_read, note, actor=user, now=now),
            "open": partial(services.mark_read, note, actor=user, now=now),
            "dismiss": partial(services.dismiss, note, actor=user),
        }
        if action not in acts:
            raise Http404
        acts[action]()
        if action == "open":
            (message,) = messages_of(user, [note])
            return redirect(message.leads[0]) if message.leads else self.back()
        if action == "dismiss":
            messages.success(request, _("Put away."))
        return self.back()


class ReadAll(OwnView):
    """Everything is read."""

    def post(self, request: HttpRequest) -> HttpResponse:
        count = services.mark_all_read(person(request), timezone.now())
        said = ngettext("%(n)s message is marked as read.", "%(n)s messages are marked as read.", count)
        messages.success(request, said % {"n": formats.number(count)})
        return self.back()


class LogPage(OwnView):
    """What became of messages outside the app."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "pages/deliveries.html", {"log": log(person(request), request.GET.dict())})


class LogFile(OwnView):
    """The same as a file: this page of it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        shown = log(person(request), request.GET.dict())
        cells = (
            (
                row.notification.title if row.notification else "digest", row.channel.label, row.channel.kind,
                row.status, row.attempts, iso(row.first_attempt_at), iso(row.last_attempt_at),
                iso(row.next_try_at) if row.status == "waiting" else None, iso(row.sent_at), row.last_error,
                remedy(row),
            )
            for row, _remedy in shown.rows
        )  # fmt: skip
        return csv_response("deliveries.csv", LOG_COLUMNS, cells)


def iso(moment: Any) -> str | None:
    return moment and f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class TryAgain(OwnView):
    """A message that was given up is tried again."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user, now = person(request), timezone.now()
        row = get_object_or_404(NotificationDelivery, pk=pk, channel__user=user)
        attempt(request, partial(services.try_again, row, actor=user, now=now), _("It is tried again."))
        return redirect("deliveries")
