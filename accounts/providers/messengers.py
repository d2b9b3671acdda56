"""Messages as Telegram, Discord, Slack and ntfy want them: plain text, so that nothing in it is taken for markup, a
link to a picture or a call to everybody."""

import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from accounts.providers.parcels import Parcel, Post
from system.choices import Priority

MESSAGE_ID = "X-Message-Id"
"""Header of every request; services that know nothing of it pass it over."""
NTFY_PRIORITIES = {Priority.LOW: 2, Priority.NORMAL: 3, Priority.HIGH: 4, Priority.URGENT: 5}
TELEGRAM_LONGEST, DISCORD_LONGEST, SLACK_LONGEST, NTFY_LONGEST = 4096, 2000, 3000, 1000
"""Characters of a text; ntfy counts 4,096 bytes with the rest of the message."""

Fields = Mapping[str, str]


def telegram(fields: Fields, parcel: Parcel) -> Post:
    body = {
        "chat_id": fields["chat_id"],
        "text": cut(whole(parcel), TELEGRAM_LONGEST),
        "disable_notification": parcel.priority == Priority.LOW,
        "link_preview_options": {"is_disabled": True},
    }
    path = f"/bot{fields['token']}/sendMessage"
    return post("telegram", "https://api.telegram.org", path, "/bot{token}/sendMessage", body, parcel)


def discord(fields: Fields, parcel: Parcel) -> Post:
    body = {"content": cut(whole(parcel), DISCORD_LONGEST), "allowed_mentions": {"parse": []}}
    path = f"/api/webhooks/{fields['webhook_id']}/{fields['token']}?wait=true"
    return post("discord", "https://discord.com", path, "/api/webhooks/{id}/{token}", body, parcel)


def slack(fields: Fields, parcel: Parcel) -> Post:
    text = escape(cut(whole(parcel), SLACK_LONGEST), quote=False)
    body = {"text": text, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
    path = f"/services/{fields['workspace']}/{fields['hook']}/{fields['token']}"
    return post("slack", "https://hooks.slack.com", path, "/services/{workspace}/{hook}/{token}", body, parcel)


def ntfy(fields: Fields, parcel: Parcel) -> Post:
    body = {
        "topic": fields["topic"],
        "title": parcel.title,
        "message": cut(parcel.text, NTFY_LONGEST),
        "priority": NTFY_PRIORITIES[Priority(parcel.priority)],
    }
    headers = {"Authorization": f"Bearer {fields['token']}"} if fields.get("token") else {}
    is_public = fields["server"] == "https://ntfy.sh"
    return post("ntfy" if is_public else "ntfy_server", fields["server"], "/", "/", body, parcel, headers)


def post(
    provider: str,
    base_url: str,
    path: str,
    endpoint: str,
    body: Mapping[str, Any],
    parcel: Parcel,
    headers: Mapping[str, str] | None = None,
) -> Post:
    told = {"Content-Type": "application/json", MESSAGE_ID: parcel.message_id, **(headers or {})}
    return Post(provider, base_url, path, endpoint, json.dumps(body, ensure_ascii=False).encode(), told)


def whole(parcel: Parcel) -> str:
    """Title and text in one."""
    return f"{parcel.title}\n\n{parcel.text}"


def cut(text: str, longest: int) -> str:
    """The text, with an ellipsis where it is too long for the service. Characters count as UTF-16 does, because that is
    how Telegram counts."""
    encoded = text.encode("utf-16-le")
    if len(encoded) <= 2 * longest:
        return text
    return encoded[: 2 * (longest - 1)].decode("utf-16-le", errors="ignore") + "…"


COMPOSERS: Mapping[str, Callable[[Fields, Parcel], Post]] = {
    "telegram": telegram,
    "discord": discord,
    "slack": slack,
    "ntfy": ntfy,
}
