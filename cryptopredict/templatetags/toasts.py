"""Words on what was done."""

import json
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message

register = template.Library()


@register.filter
def undo(message: Message) -> dict[str, Any] | None:
    """What takes back what a message tells of, as ``system.pages.tell`` has noted it; None where nothing does."""
    noted: dict[str, Any] | None = json.loads(message.extra_tags) if message.extra_tags else None
    return noted
