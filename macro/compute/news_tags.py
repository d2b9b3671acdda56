"""Which coins a headline names.

A coin is named by its cashtag (``$near``), its name (``NEAR Protocol``), its symbol in capitals (``BTC``), or its
symbol in brackets (``(NEAR)``), in a pair (``NEAR/USDT``) or in a list of symbols (``DOT, NEAR``). Symbols and names
that are words as well need one of the forms that nothing but a coin has. What is not certain tags nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from macro.compute.news_words import (
    AFTER,
    AFTER_SYMBOL,
    COMMON_NAMES,
    NICKNAMES,
    OTHERS,
    PLAIN_SYMBOLS,
    PROPER_NAMES,
    QUOTES,
    STOP_SYMBOLS,
)

WORD = re.compile(r"\$?[^\W_]+(?:[.&][^\W_]+)*")
LONGEST = 6
"""Words that a name has at most."""
PAIRED = re.compile(rf"[/-](?:{'|'.join(QUOTES)})\b")
VOWELS = frozenset("AEIOUY")
SHORT = 3
"""A word of fewer letters is no symbol by itself."""


@dataclass(frozen=True)
class Named:
    """A coin and what it is called."""

    key: int
    symbol: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tagger:
    """Finds the coins that headlines name. Made once for a set of coins.

    Attributes:
        symbols: coin of each symbol, in capitals.
        names: coin of each name by its words in lower case; None: the name of something else.
    """

    symbols: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[tuple[str, ...], int | None] = field(default_factory=dict)

    def tags(self, title: str) -> list[int]:
        """Keys of the coins that a headline names, in order, each once."""
        headline = _headline(title)
        found, place = set(), 0
        while place < len(headline.words):
            length, key = self._name(headline, place)
            if not length:
                length, key = 1, self._symbol(headline, place)
            place += length
            if key is not None:
                found.add(key)
        return sorted(found)

    def _name(self, headline: "_Headline", place: int) -> tuple[int, int | None]:
        """The longest name that begins here: how many words it has (0: there is none), and whose it is."""
        for length in range(min(LONGEST, len(headline.words) - place), 0, -1):
            name = headline.lower[place : place + length]
            if name in self.names and (length > 1 or not is_common(name[0]) or headline.is_name(place)):
                return length, self.names[name]
        return 0, None

    def _symbol(self, headline: "_Headline", place: int) -> int | None:
        """The coin whose symbol stands here."""
        sent, text = headline.words[place][0], headline.words[place][0].removeprefix("$")
        symbol = text.upper()
        if symbol not in self.symbols:
            return self._pair(text) if text.isupper() else None
        is_sure = symbol in PLAIN_SYMBOLS or sent.startswith("$") or is_no_word(symbol)
        if text.isupper():
            is_sure |= headline.is_bracketed(place) or headline.is_paired(place) or self._is_listed(headline, place)
            is_sure |= not headline.is_upper and (not is_stopped(symbol) or headline.after(place) in AFTER_SYMBOL)
        else:
            is_sure &= headline.is_lower or symbol in PLAIN_SYMBOLS or sent.startswith("$")
        return self.symbols[symbol] if is_sure and not text.isdecimal() else None

    def _is_listed(self, headline: "_Headline", place: int) -> bool:
        """Whether a comma or stroke parts it from another symbol in capitals that can be nothing else."""
        for first, second in ((place - 1, place), (place, place + 1)):
            if first < 0 or second >= len(headline.words):
                continue
            other = headline.words[first if second == place else second][0]
            between = headline.title[headline.words[first].end() : headline.words[second].start()].strip()
            if between in {",", "/", "&"} and other in self.symbols and not is_stopped(other):
                return True
        return False

    def _pair(self, text: str) -> int | None:
        """The coin of a pair that is written as one word: ``NEARUSDT``."""
        for quote in QUOTES:
            if text.endswith(quote) and text != quote:
                return self.symbols.get(text.removesuffix(quote))
        return None


@dataclass(frozen=True)
class _Headline:
    """A headline and its words.

    Attributes:
        title: as it was sent.
        words: its words; what was matched, and where.
        lower: the same in lower case.
        is_lower, is_upper: all of its letters are small, or capitals.
        is_sentence: capitals mark names, as few words begin with one.
    """

    title: str
    words: list[re.Match[str]]
    lower: tuple[str, ...]
    is_lower: bool
    is_upper: bool
    is_sentence: bool

    def after(self, place: int) -> str:
        """The next word."""
        return self.lower[place + 1] if place + 1 < len(self.lower) else ""

    def is_name(self, place: int) -> bool:
        """Whether a word that is a coin's name as well is meant as one."""
        word = self.words[place][0]
        is_capital = not word[0].islower()
        if self.after(place) in AFTER:
            return is_capital or self.is_lower
        before = self.title[: self.words[place].start()].rstrip()
        is_amid = bool(before) and before[-1] not in ".:?!—–"
        return is_capital and is_amid and self.is_sentence and self.lower[place] in PROPER_NAMES

    def is_bracketed(self, place: int) -> bool:
        start, end = self.words[place].span()
        return self.title[:start].endswith("(") and self.title[end:].startswith(")")

    def is_paired(self, place: int) -> bool:
        """Whether ``/USD`` or the like follows."""
        return PAIRED.match(self.title, self.words[place].end()) is not None


def _headline(title: str) -> _Headline:
    words = list(WORD.finditer(title))
    letters = [sign for sign in title if sign.isalpha()]
    long = [word[0] for word in words[1:] if len(word[0]) > SHORT and word[0].isalpha()]
    return _Headline(
        title,
        words,
        tuple(word[0].casefold() for word in words),
        is_lower=not any(sign.isupper() for sign in letters),
        is_upper=not any(sign.islower() for sign in letters),
        is_sentence=2 * sum(word[0].isupper() for word in long) < len(long),
    )


def is_common(name: str) -> bool:
    """Whether a name of one word, in lower case, may be read as something else."""
    return name in COMMON_NAMES or name.upper() in STOP_SYMBOLS or len(name) <= SHORT


def is_stopped(symbol: str) -> bool:
    """Whether a symbol in capitals may be read as something else."""
    return symbol in STOP_SYMBOLS or len(symbol) < SHORT


def is_no_word(symbol: str) -> bool:
    """Whether a symbol cannot be read as a word in any case: it has no vowel and is no known abbreviation."""
    return not is_stopped(symbol) and not VOWELS & set(symbol)


def tagger(coins: Iterable[Named]) -> Tagger:
    """What finds these coins; of two with the same name or symbol the first counts."""
    symbols: dict[str, int] = {}
    names: dict[tuple[str, ...], int | None] = {_words(other): None for other in OTHERS}
    for coin in coins:
        symbols.setdefault(coin.symbol.upper(), coin.key)
        for name in (*coin.names, *NICKNAMES.get(coin.symbol.upper(), ())):
            words = _words(name)
            if 0 < len(words) <= LONGEST and names.get(words) is None:
                names[words] = coin.key
    return Tagger(symbols, names)


def _words(name: str) -> tuple[str, ...]:
    return tuple(match[0].casefold() for match in WORD.finditer(name))
