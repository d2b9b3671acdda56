"""People, their sessions, messages and tokens."""

from accounts.models.activities import UserActivity, UserActivityArchive
from accounts.models.channels import NotificationChannel, NotificationDelivery
from accounts.models.drafts import ChangeDraft
from accounts.models.feedback import UserFeedback
from accounts.models.mails import OutgoingMail
from accounts.models.mfa import MfaTicket, RecoveryCode, TotpDevice
from accounts.models.notifications import Notification
from accounts.models.overviews import UserOverview
from accounts.models.passkeys import Passkey, PasskeyCeremony
from accounts.models.sessions import UsedRefreshToken, UserSession
from accounts.models.tokens import ApiToken, SetupLink
from accounts.models.users import User
from accounts.models.webhooks import WebhookDelivery, WebhookSubscription

__all__ = [
    "ApiToken",
    "ChangeDraft",
    "MfaTicket",
    "Notification",
    "NotificationChannel",
    "NotificationDelivery",
    "OutgoingMail",
    "Passkey",
    "PasskeyCeremony",
    "RecoveryCode",
    "SetupLink",
    "TotpDevice",
    "UsedRefreshToken",
    "User",
    "UserActivity",
    "UserActivityArchive",
    "UserFeedback",
    "UserOverview",
    "UserSession",
    "WebhookDelivery",
    "WebhookSubscription",
]
