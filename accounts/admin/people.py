"""Accounts and what people did, in the admin."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.choices import UserRole
from accounts.models import ChangeDraft, User, UserActivity, UserActivityArchive, UserOverview
from accounts.services import change_user, create_user, reset_second_factor, unlock
from accounts.services.browsers import end_everything
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
    actions = ("unlock", "end_everything", "reset_second_factor")

    @admin.display(description=_("full name"))
    def full_name(self, user: User) -> str:
        return user.full_name

    @admin.action(description=_("Lift the lock of the selected accounts"))
    def unlock(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            self.attempt(request, partial(unlock, user, actor=actor(request)), _("%s may log in again.") % user)

    @admin.action(description=_("Log the selected accounts out of every browser and program"))
    def end_everything(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            deed = partial(end_everything, user, actor=actor(request))
            self.attempt(request, deed, _("%s is logged out everywhere.") % user, about=str(user))

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


@admin.register(ChangeDraft)
class ChangeDraftAdmin(History):
    """What programs suggested to their owners, and what these said."""

    list_display = ("created_at", "user", "kind", "summary", "made_with", "status", "expires_at", "decided_at")
    list_filter = ("status", "kind")
    search_fields = ("user__email", "summary")
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
    list_display = ("created_at", "user_key", "activity_type", "action", "entity_type", "entity_id", "archived_at")
    list_filter = ("activity_type", "action")
    search_fields = ("=entity_id",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)

    @admin.display(description=_("key of the user"), ordering="user_id")
    def user_key(self, activity: UserActivityArchive) -> int | None:
        return activity.user_id
