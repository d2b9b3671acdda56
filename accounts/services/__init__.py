"""Writes about people: accounts, set-up, tokens, messages, activities."""

from accounts.services.activities import archive_activities, record_activity, record_login
from accounts.services.channels import (
    acknowledge_undelivered,
    change_channel,
    connect_channel,
    disconnect_channel,
    rotate_secret,
    send_test,
)
from accounts.services.delivery import deliver_outside, try_again
from accounts.services.drafts import decide, keep_draft, open_drafts
from accounts.services.factors import renew_recovery_codes, reset_second_factor
from accounts.services.feedback import answer_feedback, send_feedback
from accounts.services.login import Client, unlock, verified_user
from accounts.services.mails import in_language_of, mail_is_configured, send_mails
from accounts.services.mfa import (
    begin_totp,
    check_code,
    confirm_totp,
    end_totp,
    open_ticket,
    owner_of_ticket,
    redeem_ticket,
)
from accounts.services.notifications import Message, deliver_notifications, notify, notify_all
from accounts.services.own_account import change_profile, leave
from accounts.services.passkeys import (
    begin_login,
    begin_registration,
    complete_login,
    complete_registration,
    remove_passkey,
)
from accounts.services.passwords import change_password, forget_password, reset_password
from accounts.services.people import change_user, create_user, delete_user, ensure_system_user
from accounts.services.preferences import Hours, hours_of, set_hours
from accounts.services.reading import dismiss, mark_all_read, mark_read, send_notification
from accounts.services.registration import register_user
from accounts.services.sessions import (
    Tokens,
    authenticate_access,
    end_session,
    end_sessions,
    open_session,
    refresh_session,
)
from accounts.services.setup import accept_setup_link, create_setup_link, setup_is_open
from accounts.services.tokens import authenticate_token, create_api_token, revoke_api_token
from accounts.services.verification import resend_verification, verify_email
from accounts.services.webhook_delivery import deliver_webhooks
from accounts.services.webhook_requests import send_again, send_test_event
from accounts.services.webhooks import change_webhook, create_webhook, delete_webhook

__all__ = [
    "Client",
    "Hours",
    "Message",
    "Tokens",
    "accept_setup_link",
    "acknowledge_undelivered",
    "answer_feedback",
    "archive_activities",
    "authenticate_access",
    "authenticate_token",
    "begin_login",
    "begin_registration",
    "begin_totp",
    "change_channel",
    "change_password",
    "change_profile",
    "change_user",
    "change_webhook",
    "check_code",
    "complete_login",
    "complete_registration",
    "confirm_totp",
    "connect_channel",
    "create_api_token",
    "create_setup_link",
    "create_user",
    "create_webhook",
    "decide",
    "delete_user",
    "delete_webhook",
    "deliver_notifications",
    "deliver_outside",
    "deliver_webhooks",
    "disconnect_channel",
    "dismiss",
    "end_session",
    "end_sessions",
    "end_totp",
    "ensure_system_user",
    "forget_password",
    "hours_of",
    "in_language_of",
    "keep_draft",
    "leave",
    "mail_is_configured",
    "mark_all_read",
    "mark_read",
    "notify",
    "notify_all",
    "open_drafts",
    "open_session",
    "open_ticket",
    "owner_of_ticket",
    "record_activity",
    "record_login",
    "redeem_ticket",
    "refresh_session",
    "register_user",
    "remove_passkey",
    "renew_recovery_codes",
    "resend_verification",
    "reset_password",
    "reset_second_factor",
    "revoke_api_token",
    "rotate_secret",
    "send_again",
    "send_feedback",
    "send_mails",
    "send_notification",
    "send_test",
    "send_test_event",
    "set_hours",
    "setup_is_open",
    "try_again",
    "unlock",
    "verified_user",
    "verify_email",
]
