"""What may be told of a statement: its words, its tables and columns, but no value that stands in it."""

import re
from functools import lru_cache
from typing import NamedTuple

LONGEST = 2_000
"""Characters that are looked at and told. A value that is cut off at the end is taken for one all the same."""
HIDDEN = "?"
TOKEN = re.compile(
    r"""
      (?P<kept> "(?:[^"]|"")*"                          # a quoted name
              | %% | %\(\w*\)[sbt] | %[sbt]             # the place of a value
              | (?!(?:[eEbBxXnN]|[uU]&)')[^\W\d][\w$]*     # a word, but for the letter in front of a quoted value
              | \$\d+ )                                 # the place of a value, as the server counts them
    | (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<value>
          [eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)               # here a backslash hides the quote behind it, and only here
        | (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|\Z)
        | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)
        | "(?:[^"]|"")*\Z                               # a name that is cut off
        | \d[\w.]*(?:(?<=[eE])[+-]\d+)?
        | \.\d\w*
      )
    """,
    re.VERBOSE | re.DOTALL,
)
PLACES = re.compile(r"(?P<one>%s|\?|\$\d+)(?:, ?(?:%s|\?|\$\d+))+")
ROWS = re.compile(r"(?P<one>\((?:%s|\?), \.\.\.\))(?:, ?\((?:%s|\?), \.\.\.\))+")
NEXT_WORDS = re.compile(r"\s+")
FIRST_WORD = re.compile(r"[\s(]*([A-Za-z]+)")
TABLE = re.compile(r'\b(?:FROM|INTO|UPDATE|TABLE|COPY|JOIN)\s+(?:ONLY\s+)?"?([A-Za-z_][\w.]*)"?', re.IGNORECASE)
NO_WORK = re.compile(r"\s*(?:savepoint|release|rollback\s+to)\b", re.IGNORECASE)
"""They come by the dozen, take no time, and carry the number of a thread in their names."""


class Described(NamedTuple):
    """A statement as it is told: ``name`` is its first word and its first table."""

    name: str
    operation: str
    table: str
    text: str


@lru_cache(maxsize=1024)
def described(statement: str) -> Described | None:
    """What may be told of a statement; None where it is not worth telling. Kept, as it takes longer than many
    statements, and a program has few."""
    if NO_WORK.match(statement):
        return None
    text = without_values(statement)
    first = FIRST_WORD.match(text)
    operation = first[1].upper() if first else "SQL"
    found = TABLE.search(text)
    table = found[1] if found else ""
    return Described(f"{operation} {table}".rstrip(), operation, table, text)


def without_values(statement: str) -> str:
    """The statement with every value that stands in it hidden, long lists of values shortened, comments left out."""
    text = TOKEN.sub(lambda found: found["kept"] or (" " if found["comment"] else HIDDEN), statement[:LONGEST])
    text = NEXT_WORDS.sub(" ", text).strip()
    return ROWS.sub(r"\g<one>, ...", PLACES.sub(r"\g<one>, ...", text))
