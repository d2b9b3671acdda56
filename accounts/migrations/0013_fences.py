"""People see their own rows (``system.fences``)."""

from django.db import migrations

from system.fences import fence, own, through

OWN = (
    "api_tokens",
    "change_drafts",
    "mfa_tickets",
    "notification_channels",
    "notifications",
    "outgoing_mails",
    "passkeys",
    "recovery_codes",
    "totp_devices",
    "user_activities",
    "user_activities_archive",
    "user_feedback",
    "user_sessions",
    "webhook_subscriptions",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_newest_first"), ("system", "0010_fences")]

    operations = [
        *(fence(table, own()) for table in OWN),
        fence("passkey_ceremonies", own()),
        fence("notification_deliveries", through("channel_id", "notification_channels")),
        fence("used_refresh_tokens", through("session_id", "user_sessions")),
        fence("webhook_deliveries", through("subscription_id", "webhook_subscriptions")),
    ]
