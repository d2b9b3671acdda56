"""Writes about people: accounts, set-up, tokens, messages, activities."""

from accounts.services.activities import archive_activities, record_activity, record_login
from accounts.services.notifications import Message, deliver_notifications, notify, notify_all
from accounts.services.people import change_user, create_user, ensure_system_user
from accounts.services.setup import accept_setup_link, create_setup_link, setup_is_open
from accounts.services.tokens import authenticate_token, create_api_token, revoke_api_token

__all__ = [
    "Message",
    "accept_setup_link",
    "archive_activities",
    "authenticate_token",
    "change_user",
    "create_api_token",
    "create_setup_link",
    "create_user",
    "deliver_notifications",
    "ensure_system_user",
    "notify",
    "notify_all",
    "record_activity",
    "record_login",
    "revoke_api_token",
    "setup_is_open",
]
