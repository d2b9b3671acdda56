"""Messages to a program of the person's own, signed so that it can be sure who sends.

Headers and signature are those of Standard Webhooks (standardwebhooks.com), for which there are libraries. A signature
is ``v1,`` and the base64 of HMAC-SHA256 over ``<id>.<timestamp>.<body>``; its key is the base64 after ``whsec_``.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.providers.messengers import MESSAGE_ID, Fields
from accounts.providers.parcels import Parcel, Post

PREFIX = "whsec_"
KEY_BYTES = 32


def new_secret() -> str:
    """A secret to sign with."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """What proves that who knows the secret sent this body under this id at this time."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def webhook(fields: Fields, parcel: Parcel) -> Post:
    """A message to a person."""
    data = {
        "title": parcel.title,
        "message": parcel.text,
        "priority": parcel.priority,
        "details": dict(parcel.data),
    }
    return signed(fields, parcel.message_id, f"notification.{parcel.kind}", parcel.at, data)


def signed(fields: Fields, message_id: str, kind: str, at: datetime, data: Mapping[str, Any], **more: Any) -> Post:
    """Something that happened, signed.

    Args:
        fields: scheme, host, path and secret of the program.
        message_id: the same in every attempt.
        kind: what happened.
        at: when.
        data: more about it.
        more: further fields beside these.
    """
    document = {"id": message_id, "type": kind, "timestamp": at.isoformat(), **more, "data": data}
    body = json.dumps(document, ensure_ascii=False).encode()
    now = int(time.time())
    headers = {
        "Content-Type": "application/json",
        MESSAGE_ID: message_id,
        "webhook-id": message_id,
        "webhook-timestamp": str(now),
        "webhook-signature": signature(fields["secret"], message_id, now, body),
    }
    return Post("webhook", f"{fields['scheme']}://{fields['host']}", fields["path"], "webhook", body, headers)
