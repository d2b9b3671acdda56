"""What a word of the glossary is."""

from dataclasses import dataclass

from cryptopredict.pages.kpis import Explanation, Text


@dataclass(frozen=True)
class Term:
    """A word of the pages.

    Attributes:
        key: names it in addresses and templates.
        page: name of the address where it is shown; empty = on many.
    """

    key: str
    label: Text
    explanation: Explanation
    page: str = ""


@dataclass(frozen=True)
class Chapter:
    """Terms that belong together."""

    key: str
    title: Text
    terms: tuple[Term, ...]
