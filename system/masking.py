"""Keys of providers never appear in a text."""

import logging

from django.conf import settings

MASK = "•••"
SHORTEST = 6
"""What is shorter is no key, and would be masked inside ordinary words."""


def masked(text: str) -> str:
    """The text without any configured key."""
    for provider in settings.PROVIDERS.values():
        if len(key := provider.get("key", "")) >= SHORTEST:
            text = text.replace(key, MASK)
    return text


class HideKeys(logging.Filter):
    """A last fence before the program's log: libraries may print the headers of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (hidden := masked(message)) != message:
            record.msg, record.args = hidden, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
        return True
