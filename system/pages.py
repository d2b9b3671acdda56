"""What the pages of all apps share."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from system.exceptions import DomainError


def attempt(request: HttpRequest, act: Callable[[], Any], done: str) -> bool:
    """Do something for who asks, with a word on what came of it on the next page; whether it was done."""
    try:
        act()
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, done)
    return True
