"""People in JSON, and what may be changed of them."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.choices import FeedbackPriority, FeedbackStatus, FeedbackType, SubscriptionPlan, UserRole
from accounts.models import (
    ApiToken,
    User,
    UserActivity,
    UserActivityArchive,
    UserFeedback,
    UserOverview,
    UserSession,
)
from system.rest import ResourceSerializer, UtcDateTimeField
from system.rest.inputs import InputSerializer
from system.rest.serializers import ExactDecimalField, JSONObjectField

LONGEST_TEXT = 10_000
MOST_SCOPES = 24
MOST_ADDRESSES = 100


class UserSerializer(ResourceSerializer):
    """An account as its owner sees it."""

    is_premium = serializers.BooleanField(read_only=True, help_text="Has a paid plan that has not run out")
    full_name = serializers.CharField(read_only=True)

    class Meta:
        model = User
        hidden: tuple[str, ...] = (
            "password",
            "reset_password_token",
            "reset_password_expires",
            "email_verification_token",
            "email_verification_expires",
            "notes",
            "failed_login_attempts",
            "lockout_expires",
            "deleted_at",
            "deleted_by",
            "is_superuser",
            "referred_by",
        )
        exact = ("account_balance",)


class UserAdminSerializer(UserSerializer):
    """An account as admins see it."""

    class Meta(UserSerializer.Meta):
        hidden = (
            "password",
            "reset_password_token",
            "reset_password_expires",
            "email_verification_token",
            "email_verification_expires",
        )


class UserOverviewSerializer(ResourceSerializer):
    """An account with counts of what belongs to it. Only those of the role public are counted; of others they are null.

    ``overviews`` of the context has them by the key of the account.
    """

    is_premium = serializers.BooleanField(help_text="Has a paid plan that has not run out")
    personal_watchlists_count = serializers.SerializerMethodField()
    total_assets_count = serializers.SerializerMethodField()
    avg_prediction_accuracy = serializers.SerializerMethodField()
    realized_predictions_count = serializers.SerializerMethodField()

    class Meta:
        model = User
        only = (
            "id",
            "email",
            "first_name",
            "last_name",
            "role",
            "is_active",
            "is_premium",
            "created_at",
            "last_login",
            "login_count",
            "personal_watchlists_count",
            "total_assets_count",
            "avg_prediction_accuracy",
            "realized_predictions_count",
        )

    def overview(self, user: User) -> UserOverview | None:
        found: UserOverview | None = self.context["overviews"].get(user.pk)
        return found

    def get_personal_watchlists_count(self, user: User) -> int | None:
        return getattr(self.overview(user), "personal_watchlists_count", None)

    def get_total_assets_count(self, user: User) -> int | None:
        return getattr(self.overview(user), "total_assets_count", None)

    def get_avg_prediction_accuracy(self, user: User) -> float | None:
        value = getattr(self.overview(user), "avg_prediction_accuracy", None)
        return None if value is None else float(value)

    def get_realized_predictions_count(self, user: User) -> int | None:
        return getattr(self.overview(user), "realized_predictions_count", None)


class ProfileSerializer(InputSerializer):
    """What people change of their own account."""

    first_name = serializers.CharField(max_length=50, required=False, allow_null=True, allow_blank=True)
    last_name = serializers.CharField(max_length=50, required=False, allow_null=True, allow_blank=True)
    bio = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_null=True, allow_blank=True)
    profile_picture_url = serializers.URLField(max_length=500, required=False, allow_null=True)
    timezone = serializers.CharField(max_length=50, required=False, help_text="IANA name")
    language = serializers.ChoiceField(choices=[code for code, _name in settings.LANGUAGES], required=False)
    preferences = JSONObjectField(required=False, help_text="Merged key by key by PATCH; null removes a key")


class PasswordSerializer(InputSerializer):
    """The own password, to be sure that it is its owner who asks."""

    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class AdminChangesSerializer(InputSerializer):
    """What admins change of somebody's account."""

    email = serializers.EmailField(max_length=255, required=False)
    first_name = serializers.CharField(max_length=50, required=False, allow_null=True, allow_blank=True)
    last_name = serializers.CharField(max_length=50, required=False, allow_null=True, allow_blank=True)
    role = serializers.ChoiceField(choices=UserRole.choices, required=False)
    is_active = serializers.BooleanField(required=False)
    is_verified = serializers.BooleanField(required=False)
    subscription_plan = serializers.ChoiceField(choices=SubscriptionPlan.choices, required=False)
    subscription_expires_at = UtcDateTimeField(required=False, allow_null=True)
    account_balance = ExactDecimalField(15, 2, required=False, min_value=0)
    notes = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_null=True, allow_blank=True)
    timezone = serializers.CharField(max_length=50, required=False, help_text="IANA name")
    language = serializers.ChoiceField(choices=[code for code, _name in settings.LANGUAGES], required=False)


class NewUserSerializer(AdminChangesSerializer):
    """An account that an admin makes."""

    email = serializers.EmailField(max_length=255)
    password = serializers.CharField(
        max_length=1000,
        trim_whitespace=False,
        required=False,
        allow_null=True,
        write_only=True,
        help_text="Without one its owner sets it, by /auth/password/forgot",
    )


class SessionSerializer(ResourceSerializer):
    """A login of a program."""

    is_current = serializers.SerializerMethodField(help_text="The one that asks")

    class Meta:
        model = UserSession
        hidden = ("session_token", "refresh_token")

    def get_is_current(self, session: UserSession) -> bool:
        return bool(session.pk == self.context.get("current"))


class ActivitySerializer(ResourceSerializer):
    """What somebody did."""

    class Meta:
        model = UserActivity


class AnybodysActivitySerializer(ActivitySerializer):
    """What somebody did, with their address."""

    user_email = serializers.CharField(source="user.email")


class ArchivedActivitySerializer(ResourceSerializer):
    """What somebody did long ago."""

    class Meta:
        model = UserActivityArchive


class TokenSerializer(ResourceSerializer):
    """A personal token; its secret cannot be shown again."""

    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    allowed_ips = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ApiToken
        only: tuple[str, ...] = (
            "id",
            "name",
            "prefix",
            "scopes",
            "allowed_ips",
            "expires_at",
            "last_used_at",
            "created_at",
        )


class NewTokenSerializer(InputSerializer):
    """A token that is to be made."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=20),
        max_length=MOST_SCOPES,
        default=list,
        help_text="read, write, admin; or these for one part of the API, such as market:read. Empty: read",
    )
    allowed_ips = serializers.ListField(
        child=serializers.IPAddressField(), max_length=MOST_ADDRESSES, default=list, help_text="Empty: any address"
    )
    expires_at = UtcDateTimeField(required=False, allow_null=True)


class MadeTokenSerializer(TokenSerializer):
    """A new token with its secret, which is shown this once."""

    token = serializers.SerializerMethodField()

    class Meta(TokenSerializer.Meta):
        only = ("id", "name", "token", "prefix", "scopes", "allowed_ips", "expires_at", "created_at")

    def get_token(self, token: ApiToken) -> str:  # noqa: ARG002
        return str(self.context["secret"])


class FeedbackSerializer(ResourceSerializer):
    """What somebody told us, and what we answered."""

    class Meta:
        model = UserFeedback


class NewFeedbackSerializer(InputSerializer):
    """What somebody tells us."""

    feedback_type = serializers.ChoiceField(choices=FeedbackType.choices)
    message = serializers.CharField(max_length=LONGEST_TEXT)
    context_data = JSONObjectField(default=dict)


class FeedbackAnswerSerializer(InputSerializer):
    """How an admin handles it."""

    status = serializers.ChoiceField(choices=FeedbackStatus.choices, required=False)
    priority = serializers.ChoiceField(choices=FeedbackPriority.choices, required=False)
    response_message = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_null=True)


EMPTY_IS_UNKNOWN = {"first_name", "last_name", "bio", "notes"}


def changes_of(given: dict[str, Any]) -> dict[str, Any]:
    """The input as changes of columns."""
    return {name: None if name in EMPTY_IS_UNKNOWN and not value else value for name, value in given.items()}
