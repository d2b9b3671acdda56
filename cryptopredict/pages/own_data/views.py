"""Doors of the page of the own data."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts.account_forms import LeaveForm
from accounts.models import User
from accounts.services import Client, leave
from cryptopredict.portability import requests
from system.choices import TaskStatus
from system.exceptions import DomainError
from system.models import BackgroundTask
from system.stores.doors import needs_files

LISTED = 5
OPEN = (TaskStatus.PENDING, TaskStatus.RUNNING)


@dataclass(frozen=True)
class Export:
    """An export that was ordered.

    Attributes:
        expires_at: until when its file can be fetched.
        is_there: whether it still can.
        size: of the file, bytes.
    """

    order: BackgroundTask
    is_open: bool
    is_there: bool
    expires_at: datetime | None
    size: int | None
    too_large: list[str]


def exports_of(user: User, now: datetime) -> list[Export]:
    """The newest ones."""
    return [
        Export(
            order,
            order.status in OPEN,
            requests.is_there(order, now),
            requests.expires_at(order),
            (order.result_data or {}).get("bytes"),
            (order.result_data or {}).get("too_large", []),
        )
        for order in requests.exports_of(user).order_by("-pk")[:LISTED]
    ]


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class OwnView(LoginRequiredMixin, View):
    """A page of the own data."""

    @property
    def person(self) -> User:
        """Who asks."""
        if not isinstance(self.request.user, User):
            raise Http404
        return self.request.user


class OwnData(OwnView):
    """Take away a copy, or close the account."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        return self.shown(LeaveForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Close the account."""
        form = LeaveForm(request.POST)
        if not form.is_valid():
            return self.shown(form)
        try:
            leave(self.person, password=form.cleaned_data["password"], client=Client.of(request))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return self.shown(form)
        logout(request)
        messages.success(request, _("Your account is closed."))
        return redirect("home")

    def shown(self, form: LeaveForm) -> HttpResponse:
        exports = exports_of(self.person, timezone.now())
        context = {"form": form, "exports": exports, "is_waiting": any(one.is_open for one in exports)}
        return render(self.request, "pages/own_data.html", context)


class OrderExport(OwnView):
    """Order a copy. One at a time: ordered again, it is the one that waits."""

    def post(self, request: HttpRequest) -> HttpResponse:
        requests.order_export(self.person, client=Client.of(request))
        messages.success(request, _("Your copy is being written. It stands here when it is done."))
        return redirect("account-data")


@method_decorator(needs_files, name="dispatch")
class ExportFile(OwnView):
    """The file, for the person alone."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:  # noqa: ARG002
        order = get_object_or_404(requests.exports_of(self.person), pk=pk)
        file = requests.file_of(order, timezone.now())
        if file is None:
            raise Http404
        name = "cryptopredict-export.zip"
        return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
