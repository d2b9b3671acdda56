"""What the frame of every page needs."""

from typing import Any

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Nothing yet beside what Django's own context processors give."""
    return {}
