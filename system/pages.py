"""What the pages of all apps share."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from system.exceptions import DomainError


@dataclass(frozen=True)
class Undo:
    """What takes something back: an address that is posted to, with fields."""

    address: str
    fields: Mapping[str, str] = field(default_factory=dict)


def tell(request: HttpRequest, done: str, undo: Undo | None = None) -> None:
    """A word on the next page on what was done, with a button that takes it back."""
    messages.success(request, done, extra_tags=json.dumps(asdict(undo)) if undo else "")


def attempt(
    request: HttpRequest, act: Callable[[], Any], done: str, undo: Callable[[], Undo | None] | None = None
) -> bool:
    """Do something for who asks, with a word on what came of it on the next page; whether it was done."""
    try:
        act()
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return False
    tell(request, done, undo() if undo else None)
    return True
