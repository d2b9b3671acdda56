"""The page of the own channels: where messages go outside the app, when, and what did not arrive."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts import services
from accounts.channel_forms import ChannelForm, HoursForm, WishesForm
from accounts.choices import ChannelKind
from accounts.models import NotificationChannel, User
from accounts.selectors.notifications import undelivered
from system.exceptions import DomainError
from system.pages import attempt

SHOWN = 20
"""Messages that did not arrive, as far as the page lists them."""


def person(request: HttpRequest) -> User:
    """Who asks."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user


def own_channel(request: HttpRequest, pk: int) -> NotificationChannel:
    return get_object_or_404(NotificationChannel, pk=pk, user=person(request))


@method_decorator(never_cache, name="dispatch")
class AccountView(LoginRequiredMixin, View):
    """A page of somebody who is logged in."""

    def attempt(self, request: HttpRequest, act: Callable[[], Any], done: str) -> HttpResponse:
        """Do something and go back to the page."""
        attempt(request, act, done)
        return redirect("notifications")


class Notifications(AccountView):
    """Channels, wishes, and what was not delivered."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        return page(request, HoursForm.of(services.hours_of(user)))


def page(request: HttpRequest, hours: HoursForm) -> HttpResponse:
    """The page, with the form of the hours as it was typed."""
    user = person(request)
    lost = undelivered(user)
    channels = NotificationChannel.objects.filter(user=user).order_by("pk")
    return render(
        request,
        "accounts/notifications.html",
        {
            "channels": [(channel, WishesForm.of(channel)) for channel in channels],
            "kinds": ChannelKind.choices,
            "hours": hours,
            "zone": services.hours_of(user).zone.key,
            "lost": lost[:SHOWN],
            "lost_count": lost.count(),
        },
    )


class HoursOfOne(AccountView):
    """When somebody wants to be told."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = HoursForm(request.POST)
        if form.is_valid():
            try:
                services.set_hours(person(request), **form.cleaned_data)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                messages.success(request, _("Kept."))
                return redirect("notifications")
        return page(request, form)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class AddChannel(AccountView):
    """Connect a service."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        return self.form(request, kind, ChannelForm(known(kind)))

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        form = ChannelForm(known(kind), request.POST)
        if not form.is_valid():
            return self.form(request, kind, form)
        try:
            channel, secret = services.connect_channel(
                person(request), kind=kind, label=form.cleaned_data["label"], fields=form.given
            )
        except DomainError as refusal:
            refuse(form, refusal)
            return self.form(request, kind, form)
        if secret:
            return secret_page(request, channel, secret)
        messages.success(request, _("Connected. Send a test to see that messages arrive."))
        return redirect("notifications")

    def form(self, request: HttpRequest, kind: str, form: ChannelForm) -> HttpResponse:
        return render(request, "accounts/channel.html", {"form": form, "kind": kind, "name": ChannelKind(kind).label})


class ChannelWishes(AccountView):
    """What a channel brings."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel, form = own_channel(request, pk), WishesForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("What this channel brings is not understood."))
            return redirect("notifications")
        change = services.change_channel
        return self.attempt(request, lambda: change(channel, actor=person(request), wants=form.wants), _("Kept."))


class ChannelAction(AccountView):
    """Try, pause, resume, sign anew, forget."""

    def post(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        channel, user = own_channel(request, pk), person(request)
        change = services.change_channel
        match action:
            case "test":
                return self.test(request, channel)
            case "secret":
                return self.secret(request, channel)
            case "pause":
                return self.attempt(request, lambda: change(channel, actor=user, is_active=False), _("Paused."))
            case "resume":
                return self.attempt(request, lambda: change(channel, actor=user, is_active=True), _("Resumed."))
            case "remove":
                return self.attempt(request, lambda: services.disconnect_channel(channel, actor=user), _("Removed."))
        raise Http404

    def test(self, request: HttpRequest, channel: NotificationChannel) -> HttpResponse:
        try:
            outcome = services.send_test(channel, actor=person(request))
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("notifications")
        if outcome.is_sent:
            messages.success(request, _("The service took the message."))
        else:
            messages.error(request, _("Not delivered: %(error)s") % {"error": outcome.error})
        return redirect("notifications")

    def secret(self, request: HttpRequest, channel: NotificationChannel) -> HttpResponse:
        try:
            secret = services.rotate_secret(channel, actor=person(request))
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("notifications")
        return secret_page(request, channel, secret)


class UndeliveredAction(AccountView):
    """Take note of what did not arrive, or have it tried again."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user, now = person(request), timezone.now()
        if (number := request.POST.get("delivery", "")).isdecimal() and len(number) < 19:
            row = get_object_or_404(undelivered(user), pk=int(number))
            again = services.try_again
            return self.attempt(request, lambda: again(row, actor=user, now=now), _("It is tried again."))
        services.acknowledge_undelivered(user, now)
        return redirect("notifications")


def secret_page(request: HttpRequest, channel: NotificationChannel, secret: str) -> HttpResponse:
    """The secret of a webhook, once: in this answer and nowhere else."""
    return render(request, "accounts/webhook_secret.html", {"channel": channel, "secret": secret})


def known(kind: str) -> str:
    """A service that there is, else 404."""
    if kind not in ChannelKind.values:
        raise Http404
    return kind


def refuse(form: forms.Form, refusal: DomainError) -> None:
    """Show a refusal at its field."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
