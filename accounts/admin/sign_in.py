"""Ways into an account, in the admin: tokens, sessions, mailed links, second factors."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from accounts.choices import TokenScope
from accounts.models import (
    ApiToken,
    MfaTicket,
    OutgoingMail,
    Passkey,
    PasskeyCeremony,
    RecoveryCode,
    SetupLink,
    TotpDevice,
    UsedRefreshToken,
    UserSession,
)
from accounts.services import create_api_token, revoke_api_token
from system.admin_base import AdminForm, AdminPage, History, actor
from system.exceptions import DomainError


class NewTokenForm(AdminForm):
    """A token for oneself."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What it is for, to recognise it later."))
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=TokenScope.choices,
        initial=[TokenScope.READ],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Reading needs none; writing needs write; admin paths need admin."),
    )
    expires_at = forms.DateTimeField(
        label=_("Valid until (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: no end."),
    )
    allowed_ips = forms.CharField(
        label=_("Addresses"),
        required=False,
        help_text=_("IP addresses it works from, separated by blanks. Empty: any."),
    )

    def clean_expires_at(self) -> datetime | None:
        """The widget knows no zones; what is typed is UTC."""
        moment: datetime | None = self.cleaned_data["expires_at"]
        return moment and moment.replace(tzinfo=UTC)

    def clean_allowed_ips(self) -> list[str]:
        words: list[str] = self.cleaned_data["allowed_ips"].replace(",", " ").split()
        return words


@admin.register(ApiToken)
class ApiTokenAdmin(AdminPage):
    """Personal tokens. The secret of a new one is shown once; an existing one can only be ended."""

    list_display = ("name", "user", "prefix", "scopes", "allowed_ips", "expires_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "prefix", "user__email")
    ordering = ("-created_at",)
    exclude = ("token_hash",)
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        form = NewTokenForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                token, secret = create_api_token(actor(request), **form.cleaned_data)
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                return self.secret_page(request, token, secret)
        return self.form_page(request, form, title=_("Make a token for yourself"), button=_("Make the token"))

    def secret_page(self, request: HttpRequest, token: ApiToken, secret: str) -> HttpResponse:
        """The secret, once: in this answer and nowhere else."""
        context = self.admin_site.each_context(request) | {
            "title": _("Your new token"),
            "opts": self.opts,
            "token": token,
            "secret": secret,
        }
        answer = TemplateResponse(request, "admin/secret_page.html", context)
        add_never_cache_headers(answer)
        return answer

    @admin.action(description=_("End the selected tokens"))
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        for token in tokens:
            self.attempt(request, partial(revoke_api_token, token, actor=actor(request)), _("%s has ended.") % token)


@admin.register(UserSession)
class UserSessionAdmin(History):
    list_display = ("user", "ip_address", "is_active", "created_at", "last_used_at", "expires_at")
    list_filter = ("is_active",)
    search_fields = ("user__email", "=ip_address")
    ordering = ("-created_at",)
    exclude = ("session_token", "refresh_token")


@admin.register(UsedRefreshToken)
class UsedRefreshTokenAdmin(History):
    list_display = ("used_at", "session_key")
    date_hierarchy = "used_at"
    ordering = ("-used_at",)
    exclude = ("token_hash",)

    @admin.display(description=_("key of the session"), ordering="session_id")
    def session_key(self, token: UsedRefreshToken) -> Any:
        return token.session_id


@admin.register(OutgoingMail)
class OutgoingMailAdmin(History):
    """Mails about accounts. Their text is not shown: it may hold a link that opens an account."""

    list_display = ("created_at", "kind", "recipient", "attempts", "last_error", "sent_at")
    list_filter = ("kind", ("sent_at", admin.EmptyFieldListFilter))
    search_fields = ("recipient", "user__email")
    ordering = ("-created_at",)
    exclude = ("body",)


@admin.register(SetupLink)
class SetupLinkAdmin(History):
    list_display = ("created_at", "expires_at", "used_at")
    list_filter = (("used_at", admin.EmptyFieldListFilter),)
    ordering = ("-created_at",)
    exclude = ("token_hash",)


@admin.register(TotpDevice)
class TotpDeviceAdmin(History):
    list_display = ("user", "confirmed_at", "created_at")
    list_filter = (("confirmed_at", admin.EmptyFieldListFilter),)
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    exclude = ("sealed_secret", "last_step")


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(History):
    list_display = ("user", "created_at", "used_at")
    list_filter = (("used_at", admin.EmptyFieldListFilter),)
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    exclude = ("code_hash",)


@admin.register(Passkey)
class PasskeyAdmin(History):
    list_display = ("user", "name", "is_backed_up", "created_at", "last_used_at")
    list_filter = ("is_backed_up", ("last_used_at", admin.EmptyFieldListFilter))
    search_fields = ("user__email", "name")
    ordering = ("-created_at",)
    exclude = ("public_key",)


@admin.register(PasskeyCeremony)
class PasskeyCeremonyAdmin(History):
    list_display = ("created_at", "purpose", "user", "expires_at")
    list_filter = ("purpose",)
    ordering = ("-created_at",)
    exclude = ("challenge",)


@admin.register(MfaTicket)
class MfaTicketAdmin(History):
    list_display = ("user", "created_at", "expires_at", "attempts", "used_at")
    list_filter = (("used_at", admin.EmptyFieldListFilter),)
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    exclude = ("token_hash",)
