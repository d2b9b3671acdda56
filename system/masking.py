"""Keys of providers, and the secrets of the installation, never appear in a text."""

import logging
import re
from urllib.parse import urlsplit

from django.conf import settings

MASK = "•••"
SHORTEST = 6
"""What is shorter is no key, and would be masked inside ordinary words."""
SHORTEST_SECRET = 12
"""The same of secrets that people choose: a password may be the name of the program."""
SECRETS = ("SECRET_KEY", "TOKEN_PEPPER", "SEALING_SECRET", "EMAIL_HOST_PASSWORD", "METRICS_TOKEN")
CREDENTIAL = re.compile(r"\b(Bearer|Token|Basic) +[A-Za-z0-9._~+/=-]{8,}|\bcp_[A-Za-z0-9_-]{16,}")
"""What callers show us: the word stays, what stands behind it goes."""


def masked(text: str) -> str:
    """The text without any configured key, secret or password, and without what callers log in with."""
    for provider in settings.PROVIDERS.values():
        if len(key := provider.get("key", "")) >= SHORTEST:
            text = text.replace(key, MASK)
    for secret in installed_secrets():
        text = text.replace(secret, MASK)
    return CREDENTIAL.sub(lambda found: f"{found[1]} {MASK}" if found[1] else MASK, text)


def installed_secrets() -> list[str]:
    """What the installation keeps to itself, as far as it is long enough to be told from a word."""
    found = [str(getattr(settings, name, "") or "") for name in SECRETS]
    found += [*settings.SECRET_KEY_FALLBACKS, *settings.SEALING_FALLBACKS]
    found += [str(database.get("PASSWORD") or "") for database in settings.DATABASES.values()]
    found.append(urlsplit(settings.REDIS_URL).password or "")
    return [secret for secret in found if len(secret) >= SHORTEST_SECRET]


class HideKeys(logging.Filter):
    """A last fence before the program's log: libraries may print the headers of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (hidden := masked(message)) != message:
            record.msg, record.args = hidden, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
        return True
