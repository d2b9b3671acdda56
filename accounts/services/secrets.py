"""How secrets are made and kept: random, and stored only as a keyed digest."""

import hashlib
import hmac
import secrets

from django.conf import settings


def new_secret(prefix: str = "") -> str:
    """An unguessable word of 256 random bits that is safe in URLs and headers."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored instead of the secret: HMAC-SHA-256 with the pepper, so that a copied table opens nothing."""
    return hmac.new(settings.TOKEN_PEPPER.encode(), secret.encode(), hashlib.sha256).hexdigest()
