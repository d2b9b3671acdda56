"""People, tokens and messages in the admin."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from accounts.choices import TokenScope, UserRole
from accounts.models import (
    ApiToken,
    ChangeDraft,
    MfaTicket,
    Notification,
    NotificationChannel,
    NotificationDelivery,
    OutgoingMail,
    Passkey,
    PasskeyCeremony,
    RecoveryCode,
    SetupLink,
    TotpDevice,
    UsedRefreshToken,
    User,
    UserActivity,
    UserActivityArchive,
    UserFeedback,
    UserOverview,
    UserSession,
    WebhookDelivery,
    WebhookSubscription,
)
from accounts.services import (
    change_user,
    create_api_token,
    create_user,
    reset_second_factor,
    revoke_api_token,
    try_again,
    unlock,
)
from accounts.services.people import CHANGEABLE
from system.admin_base import AdminForm, AdminPage, History, actor
from system.exceptions import DomainError


class NewUserForm(AdminForm):
    """An account that an admin makes for somebody."""

    email = forms.EmailField(label=_("E-mail address"), max_length=255)
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=UserRole.choices, initial=UserRole.PUBLIC)


@admin.register(User)
class UserAdmin(AdminPage):
    """Accounts. Roles decide what somebody may do; nobody is deleted here."""

    list_display = (
        "email",
        "full_name",
        "role",
        "is_active",
        "is_verified",
        "subscription_plan",
        "last_login",
        "created_at",
    )
    list_filter = ("role", "is_active", "is_verified", "subscription_plan", "language")
    search_fields = ("email", "first_name", "last_name")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    editable = tuple(sorted(CHANGEABLE))
    exclude = ("password", "reset_password_token", "email_verification_token", "groups", "user_permissions")
    actions = ("unlock", "reset_second_factor")

    @admin.action(description=_("Lift the lock of the selected accounts"))
    def unlock(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            self.attempt(request, partial(unlock, user, actor=actor(request)), _("%s may log in again.") % user)

    @admin.action(description=_("Take the second factors of the selected accounts away (they are told)"))
    def reset_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            deed = partial(reset_second_factor, user, actor=actor(request))
            self.attempt(request, deed, _("%s logs in with the password alone now.") % user, about=str(user))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:  # noqa: ARG002
        return User.objects.all_with_deleted()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        form = NewUserForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                user = create_user(**form.cleaned_data, actor=actor(request))
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                messages.success(request, _("%(user)s has an account now.") % {"user": user})
                return redirect("admin:accounts_user_change", user.pk)
        return self.form_page(request, form, title=_("Make an account"), button=_("Make the account"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002
        change_user(obj, actor=actor(request), changes={name: form.cleaned_data[name] for name in form.changed_data})


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


@admin.register(UserOverview)
class UserOverviewAdmin(History):
    list_display = (
        "email",
        "role",
        "is_active",
        "is_premium",
        "personal_watchlists_count",
        "total_assets_count",
        "avg_prediction_accuracy",
        "realized_predictions_count",
        "login_count",
        "last_login",
    )
    list_filter = ("is_active", "is_premium")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("-created_at",)


@admin.register(UserSession)
class UserSessionAdmin(History):
    list_display = ("user", "ip_address", "is_active", "created_at", "last_used_at", "expires_at")
    list_filter = ("is_active",)
    search_fields = ("user__email", "=ip_address")
    ordering = ("-created_at",)
    exclude = ("session_token", "refresh_token")


@admin.register(UsedRefreshToken)
class UsedRefreshTokenAdmin(History):
    list_display = ("used_at", "session_id")
    ordering = ("-used_at",)
    exclude = ("token_hash",)


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
    ordering = ("-created_at",)
    exclude = ("token_hash",)


@admin.register(Notification)
class NotificationAdmin(History):
    list_display = (
        "created_at",
        "user",
        "notification_type",
        "title",
        "priority",
        "status",
        "scheduled_for",
        "sent_at",
    )
    list_filter = ("notification_type", "status", "priority", ("sent_at", admin.EmptyFieldListFilter))
    search_fields = ("user__email", "title")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(NotificationChannel)
class NotificationChannelAdmin(History):
    """Ways to people outside the app. What a channel needs to be used is not shown: it is the person's secret."""

    list_display = ("user", "kind", "label", "hint", "is_active", "verified_at", "last_error")
    list_filter = ("kind", "is_active", ("last_error", admin.EmptyFieldListFilter))
    search_fields = ("user__email", "label")
    ordering = ("-created_at",)
    exclude = ("sealed_fields",)


@admin.register(NotificationDelivery)
class NotificationDeliveryAdmin(History):
    """The ledger of what went out, and what did not."""

    list_display = (
        "created_at",
        "channel",
        "notification",
        "status",
        "attempts",
        "sent_at",
        "possible_double",
        "last_error",
    )
    list_filter = ("status", "possible_double", "channel__kind")
    search_fields = ("channel__user__email", "=message_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    actions = ("try_again",)

    @admin.action(description=_("Try the selected messages again"))
    def try_again(self, request: HttpRequest, rows: QuerySet[NotificationDelivery]) -> None:
        for row in rows:
            again = partial(try_again, row, actor=actor(request), now=timezone.now())
            self.attempt(request, again, _("%s is tried again.") % row)


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(History):
    """Programs that are told what happens. The secret of the signatures is theirs."""

    list_display = ("user", "url", "events", "is_active", "failures", "failing_since", "paused_at", "last_delivery_at")
    list_filter = ("is_active", ("paused_at", admin.EmptyFieldListFilter))
    search_fields = ("user__email", "url")
    ordering = ("-created_at",)
    exclude = ("sealed_secret",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(History):
    """The ledger of events that went out, and of those that did not."""

    list_display = (
        "created_at",
        "subscription",
        "event",
        "status",
        "attempts",
        "response_status",
        "sent_at",
        "possible_double",
        "last_error",
    )
    list_filter = ("status", "event", "possible_double")
    search_fields = ("subscription__user__email", "=message_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(ChangeDraft)
class ChangeDraftAdmin(History):
    """What programs suggested to their owners, and what these said."""

    list_display = ("created_at", "user", "kind", "summary", "made_with", "status", "expires_at", "decided_at")
    list_filter = ("status", "kind")
    search_fields = ("user__email", "summary")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(UserFeedback)
class UserFeedbackAdmin(History):
    list_display = ("created_at", "user", "feedback_type", "message", "status", "priority", "reviewed_by")
    list_filter = ("status", "feedback_type", "priority")
    search_fields = ("user__email", "message")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(UserActivity)
class UserActivityAdmin(History):
    list_display = ("created_at", "user", "activity_type", "action", "entity_type", "entity_id", "ip_address")
    list_filter = ("activity_type", "action", "entity_type")
    search_fields = ("user__email", "=entity_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(UserActivityArchive)
class UserActivityArchiveAdmin(History):
    list_display = ("created_at", "user_id", "activity_type", "action", "entity_type", "entity_id", "archived_at")
    list_filter = ("activity_type", "action")
    search_fields = ("=entity_id",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(TotpDevice)
class TotpDeviceAdmin(History):
    list_display = ("user", "confirmed_at", "created_at")
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    exclude = ("sealed_secret", "last_step")


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(History):
    list_display = ("user", "created_at", "used_at")
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    exclude = ("code_hash",)


@admin.register(Passkey)
class PasskeyAdmin(History):
    list_display = ("user", "name", "is_backed_up", "created_at", "last_used_at")
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
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    exclude = ("token_hash",)
