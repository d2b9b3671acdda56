"""Which cards the start page has, in which order: few for who looks in, all that are wanted for who works with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User

CASUAL, PROFESSIONAL = "casual", "professional"
MODE, ORDER, HIDDEN = "dashboard_mode", "home_order", "home_hidden"
"""Where ``users.preferences`` keeps what was chosen."""
WIDGETS: Mapping[str, Promise] = {
    "market": _("Market now"),
    "portfolio": _("Your portfolios"),
    "changes": _("What changed since you were here"),
    "record": _("How good are we?"),
    "kpis": _("Key figures"),
    "sectors": _("Leading sectors"),
    "suggestions": _("Open suggestions"),
    "signals": _("Newest signals"),
}
"""Cards of the professional page in their usual order."""
TITLES: Mapping[str, Promise] = {
    **WIDGETS,
    "own_signals": _("Signals for your lists"),
    "record_line": WIDGETS["record"],
}
"""What every card is called."""
FOR_VISITORS = ("market", "record", "kpis", "sectors", "suggestions", "signals")
SPANS: Mapping[str, int] = {
    "market": 8, "portfolio": 4, "changes": 8, "record": 4, "kpis": 12, "sectors": 7, "suggestions": 5, "signals": 12,
}  # fmt: skip
"""Columns of twelve."""
SPANS_IN_SHORT: Mapping[str, int] = {"market": 8, "portfolio": 4, "changes": 5, "own_signals": 7, "record_line": 12}
"""The cards of the short page, likewise."""


@dataclass(frozen=True)
class Line:
    """A card as it stands in the list of who arranges them."""

    key: str
    label: Promise
    is_shown: bool
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class Layout:
    """What somebody has chosen."""

    mode: str
    order: tuple[str, ...]
    hidden: frozenset[str]

    @property
    def is_professional(self) -> bool:
        return self.mode == PROFESSIONAL

    @property
    def lines(self) -> list[Line]:
        last = len(self.order) - 1
        return [
            Line(key, WIDGETS[key], key not in self.hidden, place == 0, place == last)
            for place, key in enumerate(self.order)
        ]

    def moved(self, key: str, steps: int) -> "Layout":
        """With a card some places further down (or up, below 0); at an end it stays."""
        order = list(self.order)
        place = order.index(key)
        order.insert(max(0, min(place + steps, len(order) - 1)), order.pop(place))
        return Layout(self.mode, tuple(order), self.hidden)

    def preferences(self) -> dict[str, Any]:
        """As it is kept."""
        return {MODE: self.mode, ORDER: list(self.order), HIDDEN: sorted(self.hidden)}


def layout_of(reader: Any) -> Layout | None:
    """What somebody has chosen; None for a visitor."""
    return layout_of_person(reader) if isinstance(reader, User) else None


def layout_of_person(user: User) -> Layout:
    """What a person has chosen; who has not sees few cards, and an admin all of them."""
    kept = user.preferences or {}
    mode = kept.get(MODE)
    if mode not in (CASUAL, PROFESSIONAL):
        mode = PROFESSIONAL if user.is_staff else CASUAL
    return Layout(mode, _complete(kept.get(ORDER)), frozenset(_known(kept.get(HIDDEN))))


def shown_spans(layout: Layout | None) -> dict[str, int]:
    """The cards that are shown in their order, with the columns of twelve that each takes."""
    if layout is None:
        return {key: SPANS[key] for key in FOR_VISITORS}
    if not layout.is_professional:
        return dict(SPANS_IN_SHORT)
    return {key: SPANS[key] for key in layout.order if key not in layout.hidden}


def _known(kept: Any) -> list[str]:
    """The cards that a preference names; it may have been written by a program, and by an older version."""
    named = kept if isinstance(kept, list) else []
    return list(dict.fromkeys(key for key in named if isinstance(key, str) and key in WIDGETS))


def _complete(kept: Any) -> tuple[str, ...]:
    """All cards: those that were put in order, then the others."""
    order = _known(kept)
    return (*order, *(key for key in WIDGETS if key not in order))
