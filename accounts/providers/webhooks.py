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
    body = json.dumps(
        {
            "id": parcel.message_id,
            "type": f"notification.{parcel.kind}",
            "timestamp": parcel.at.isoformat(),
            "data": {
                "title": parcel.title,
                "message": parcel.text,
                "priority": parcel.priority,
                "details": dict(parcel.data),
            },
        },
        ensure_ascii=False,
    ).encode()
    now = int(time.time())
    headers = {
        "Content-Type": "application/json",
        MESSAGE_ID: parcel.message_id,
        "webhook-id": parcel.message_id,
        "webhook-timestamp": str(now),
        "webhook-signature": signature(fields["secret"], parcel.message_id, now, body),
    }
    return Post("webhook", f"{fields['scheme']}://{fields['host']}", fields["path"], "webhook", body, headers)
