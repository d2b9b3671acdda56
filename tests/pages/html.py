"""Pages as a reader's program takes them: elements, attributes and words."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from accounts.models import User
from tests.doors import client_of

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Element:
    """A tag with its attributes, what stands in it, and the words of all of it."""

    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its words, blanks folded."""
        return " ".join("".join(self._words()).split())

    def _words(self) -> list[str]:
        if self.tag in {"script", "style"}:
            return []
        return [
            piece
            for child in self.children
            for piece in ([child] if isinstance(child, str) else [" ", *child._words(), " "])
        ]

    def every(self, tag: str = "", **attributes: str) -> list["Element"]:
        """Elements below it, in order. ``cls`` is one of its classes, ``data_x`` is ``data-x``, no text is any."""
        found = []
        for child in self.children:
            if isinstance(child, str):
                continue
            if (not tag or child.tag == tag) and child.fits(attributes):
                found.append(child)
            if child.tag != "template":  # what stands in one is not shown; a script makes something of it
                found.extend(child.every(tag, **attributes))
        return found

    def one(self, tag: str = "", **attributes: str) -> "Element":
        """The only one."""
        found = self.every(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of {tag} {attributes}"
        return found[0]

    def fits(self, wanted: dict[str, str]) -> bool:
        for name, value in wanted.items():
            if name == "cls":
                if value not in self.attributes.get("class", "").split():
                    return False
            else:
                given = self.attributes.get(name.replace("_", "-"))
                if given is None or (value and given != value):
                    return False
        return True

    def rows(self) -> list[list[str]]:
        """Words of a table's body, cell by cell."""
        return [
            [cell.text for cell in row.children if isinstance(cell, Element)]
            for body in self.every("tbody")
            for row in body.every("tr")
        ]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(response: Any) -> Element:
    """The page of an answer; its tags must close one another."""
    reader = _Reader()
    reader.feed(response.content.decode())
    reader.close()
    assert len(reader.open) == 1, [element.tag for element in reader.open]
    return reader.open[0]


def page(
    path: str,
    user: User | None = None,
    *,
    language: str = "en",
    status: int = 200,
    broken: bool = False,
    **query: Any,
) -> Element:
    """A page as somebody gets it. None of its parts may have failed, unless that is wanted (``broken``)."""
    response = browser(user, language).get(path, query)
    assert response.status_code == status, response.content[:2000]
    shown = read(response)
    assert bool(shown.every("section", data_broken="")) == broken, path
    return shown


def browser(user: User | None = None, language: str = "en") -> Client:
    """Somebody's browser, or a visitor's, with a language."""
    client = client_of(user)
    client.cookies["django_language"] = language
    return client
