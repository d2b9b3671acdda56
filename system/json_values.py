"""JSON from outside: what PostgreSQL can store and our own answers can repeat."""

from typing import Any

from django.utils.translation import gettext as _

DEEPEST = 100
"""Levels of lists and objects. Our answers can be some 250 deep, and what is stored is a part of them."""
LARGEST = 2**63 - 1
"""Beyond it our answers know no whole numbers, and a stored fraction of that size comes back as a whole one."""


def json_fault(value: Any) -> str | None:
    """Why a value that was read from JSON cannot be kept, as a sentence; None for a sound one."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:  # not by recursion, whose own limit is within reach
        one, level = waiting.pop()
        if isinstance(one, (dict, list)):
            if level > DEEPEST:
                return _("Lists and objects may be nested %(levels)s levels deep.") % {"levels": DEEPEST}
            parts = [*one, *one.values()] if isinstance(one, dict) else one
            waiting += [(part, level + 1) for part in parts]
        elif isinstance(one, str) and not _is_text(one):
            return _("A text contains a character that cannot be stored.")
        elif isinstance(one, (int, float)) and not abs(one) <= LARGEST:  # true of NaN as well
            return _("A number is too large, or none.")
    return None


def _is_text(text: str) -> bool:
    """Whether it is free of NUL and of halves of surrogate pairs."""
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)
