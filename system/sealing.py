"""Secrets that must be read again, such as people's keys with exchanges: encrypted where they are stored.

AES-256-GCM. The key follows from ``SEALING_SECRET``, which is never in the database, and from what the secret is for;
what it belongs to is authenticated with it, so that a sealed text moved to another row cannot be opened there.
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from system.exceptions import ConflictError

VERSION = "v1:"
NONCE = 12


def seal(text: str, *, purpose: str, owner: str) -> str:
    """The text, encrypted.

    Args:
        text: the secret.
        purpose: what it is for; other purposes have other keys.
        owner: the row it belongs to.
    """
    nonce = os.urandom(NONCE)
    sealed = AESGCM(_key(purpose, settings.SEALING_SECRET)).encrypt(nonce, text.encode(), owner.encode())
    return f"{VERSION}{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *, purpose: str, owner: str) -> str:
    """The text that was sealed.

    Raises:
        ConflictError: it was sealed under another ``SEALING_SECRET``, for another row, or was changed.
    """
    for secret in (settings.SEALING_SECRET, *settings.SEALING_FALLBACKS):
        if (text := _opened(sealed, secret, purpose, owner)) is not None:
            return text
    message = _("The stored key cannot be read: SEALING_SECRET has changed. Enter the key again.")
    raise ConflictError(message, code="sealed_otherwise")


def is_under_former(sealed: str, *, purpose: str, owner: str) -> bool:
    """Whether it is opened by a secret that was replaced, and not by the present one."""
    if not settings.SEALING_FALLBACKS or _opened(sealed, settings.SEALING_SECRET, purpose, owner) is not None:
        return False
    return any(_opened(sealed, former, purpose, owner) is not None for former in settings.SEALING_FALLBACKS)


def _opened(sealed: str, secret: str, purpose: str, owner: str) -> str | None:
    """The text, if it was sealed under this secret."""
    body = sealed.removeprefix(VERSION) if sealed.startswith(VERSION) else ""
    try:
        raw = base64.urlsafe_b64decode(body)
        return AESGCM(_key(purpose, secret)).decrypt(raw[:NONCE], raw[NONCE:], owner.encode()).decode()
    except (InvalidTag, ValueError):
        return None


def _key(purpose: str, secret: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"cryptopredict {purpose}".encode())
    return derivation.derive(secret.encode())
