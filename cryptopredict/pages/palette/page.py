"""What the palette finds for a few letters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from assets.selectors.shown import assets_of, shown_market
from cryptopredict.pages.help.terms import CHAPTERS
from cryptopredict.pages.navigation import is_known, links
from system import formats

MOST_ASSETS, MOST_WORDS = 8, 6
LONGEST = 60


@dataclass(frozen=True)
class Item:
    """Something that can be chosen.

    Attributes:
        label: what it is called; ``note``: beside it.
        address: that it leads to; empty where it presses something.
        press: name of what of the page it presses, as the script knows it.
    """

    label: str
    note: str = ""
    address: str = ""
    press: str = ""


@dataclass(frozen=True)
class Action:
    """Something to be done from anywhere. ``press`` as in ``Item``; ``name``: of the address, where it has one."""

    label: Callable[[], str]
    name: str = ""
    press: str = ""
    needs: Callable[[HttpRequest], bool] = lambda _request: True


ACTIONS = (
    Action(lambda: gettext("Try a strategy on the past"), "backtest-new", needs=is_known),
    Action(lambda: gettext("Set up where messages reach you"), "notifications", needs=is_known),
    Action(lambda: gettext("Set up the second factor"), "second-factor", needs=is_known),
    Action(lambda: gettext("Look at drafts of programs"), "drafts", needs=is_known),
    Action(lambda: gettext("Light colours"), press="light"),
    Action(lambda: gettext("Dark colours"), press="dark"),
    Action(lambda: gettext("Colours as the device"), press="auto"),
    Action(lambda: gettext("Change the language"), press="language"),
    Action(lambda: gettext("Show the keys"), press="keys"),
    Action(lambda: gettext("Log out"), press="logout", needs=is_known),
    Action(lambda: gettext("Log in"), "login", needs=lambda request: not is_known(request)),
)


def found(request: HttpRequest, text: str) -> list[tuple[str, list[Item]]]:
    """Groups of what fits a text, empty ones left out; without a text the pages and actions.

    Args:
        request: who asks, and may see what.
        text: letters of a name, in any case.
    """
    wanted = text.replace("\x00", "").strip()[:LONGEST]
    groups = [
        (gettext("Assets"), list(_assets(wanted)) if wanted else []),
        (gettext("Pages"), [one for one in _pages(request) if _fits(one, wanted)]),
        (gettext("Actions"), [one for one in _actions(request) if _fits(one, wanted)]),
        (gettext("Words and formulas"), list(_words(wanted))[:MOST_WORDS] if wanted else []),
    ]
    return [(title, items) for title, items in groups if items]


def answer(groups: list[tuple[str, list[Item]]]) -> dict[str, Any]:
    """As the script reads it."""
    return {
        "groups": [
            {
                "title": title,
                "items": [
                    {"label": one.label, "note": one.note, "address": one.address, "press": one.press} for one in items
                ],
            }
            for title, items in groups
        ]
    }


def _assets(wanted: str) -> Iterator[Item]:
    """The asset of that very symbol, then those whose symbol begins so, then the others, the most traded first."""
    nearness = Case(
        When(symbol__iexact=wanted, then=Value(0)),
        When(symbol__istartswith=wanted, then=Value(1)),
        When(name__istartswith=wanted, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    fitting = assets_of(shown_market()).filter(Q(symbol__icontains=wanted) | Q(name__icontains=wanted))
    rows = fitting.order_by(nearness, F("total_volume").desc(nulls_last=True), "symbol")
    for symbol, name, price in rows.values_list("symbol", "name", "current_price")[:MOST_ASSETS]:
        note = name if price is None else f"{name} · {formats.price(price)}"
        yield Item(symbol, note, reverse("asset", args=[symbol]))


def _pages(request: HttpRequest) -> Iterator[Item]:
    for link in links(request):
        yield Item(link.label, address=link.address)


def _actions(request: HttpRequest) -> Iterator[Item]:
    for one in ACTIONS:
        if one.needs(request):
            yield Item(one.label(), address=reverse(one.name) if one.name else "", press=one.press)


def _words(wanted: str) -> Iterator[Item]:
    address, folded = reverse("help"), wanted.casefold()
    for chapter in CHAPTERS:
        for term in chapter.terms:
            if folded in str(term.label).casefold():
                yield Item(str(term.label), str(chapter.title), f"{address}#term-{term.key}")


def _fits(item: Item, wanted: str) -> bool:
    return wanted.casefold() in item.label.casefold()
