"""What the installation knows about a person, for them to take away. Secrets, hashed or not, stay."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import (
    ApiToken,
    ChangeDraft,
    Notification,
    NotificationChannel,
    NotificationDelivery,
    Passkey,
    User,
    UserActivity,
    UserActivityArchive,
    UserFeedback,
    UserSession,
    WebhookDelivery,
    WebhookSubscription,
)
from system.selectors.plain_rows import plain_rows

SECRETS = ("password", "reset_password_token", "email_verification_token")
OF_ADMINS = ("notes", "deleted_by_id")


def portable_part(user: User) -> Mapping[str, Iterable[dict[str, Any]]]:
    """Rows of the person, by the name of their file."""
    return {
        "person": plain_rows(User.objects.filter(pk=user.pk), without=(*SECRETS, *OF_ADMINS)),
        "activities": plain_rows(UserActivity.objects.filter(user=user)),
        "old_activities": plain_rows(UserActivityArchive.objects.filter(user=user)),
        "notifications": plain_rows(Notification.objects.filter(user=user)),
        "channels": plain_rows(NotificationChannel.objects.filter(user=user), without=("sealed_fields",)),
        "deliveries": plain_rows(NotificationDelivery.objects.filter(channel__user=user)),
        "webhooks": plain_rows(WebhookSubscription.objects.filter(user=user), without=("sealed_secret",)),
        "webhook_deliveries": plain_rows(WebhookDelivery.objects.filter(subscription__user=user)),
        "drafts": plain_rows(ChangeDraft.objects.filter(user=user)),
        "feedback": plain_rows(UserFeedback.objects.filter(user=user)),
        "sessions": plain_rows(UserSession.objects.filter(user=user), without=("session_token", "refresh_token")),
        "passkeys": plain_rows(Passkey.objects.filter(user=user), without=("credential_id", "public_key")),
        "api_tokens": plain_rows(ApiToken.objects.filter(user=user), without=("token_hash",)),
    }
