"""Keys that work on every page, and those of its parts."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext


@dataclass(frozen=True)
class Key:
    """A key, or several one after the other.

    Attributes:
        keys: as they stand on a keyboard.
        does: in words.
        address: that it goes to; empty = it does something else.
    """

    keys: tuple[str, ...]
    does: str
    address: str = ""


GO: dict[str, tuple[str, Callable[[], str]]] = {
    "h": ("home", lambda: gettext("Home")),
    "m": ("market", lambda: gettext("Market")),
    "a": ("assets", lambda: gettext("Assets")),
    "r": ("record", lambda: gettext("Record")),
    "s": ("suggestions", lambda: gettext("Suggestions")),
    "d": ("data-quality", lambda: gettext("Data quality")),
    "?": ("help", lambda: gettext("Help")),
}
"""After ``g``: the name of the address that each letter goes to."""


def groups() -> list[tuple[str, list[Key]]]:
    """All of them by where they work; the single letters can be switched off."""
    return [
        (
            gettext("Everywhere"),
            [
                Key(("Ctrl", "K"), gettext("Find an asset, a page, a word or an action")),
                Key(("?",), gettext("These keys")),
                Key(("Tab",), gettext("The first one leads past the menu to the content")),
                Key(("Esc",), gettext("Close what is open")),
            ],
        ),
        (
            gettext("Go to, one key after the other"),
            [Key(("g", letter), label(), reverse(name)) for letter, (name, label) in GO.items()],
        ),
        (
            gettext("Charts and tables"),
            [
                Key(("←", "→"), gettext("Read out a chart, moment by moment")),
                Key(("Home", "End"), gettext("Its first and last moment")),
                Key(("Space",), gettext("Open or close what stands behind a question")),
            ],
        ),
        (
            gettext("Review of suggestions, for admins"),
            [
                Key(("j", "k"), gettext("Next, previous")),
                Key(("a",), gettext("Approve")),
                Key(("r",), gettext("Reject, with a reason")),
                Key(("d",), gettext("Defer to a date")),
                Key(("e",), gettext("Open and close the evidence")),
                Key(("u",), gettext("Take the last approval back")),
            ],
        ),
    ]
