"""How the product stands to OWASP ASVS 5.0: ``docs/security/asvs.toml``, and the page that is made of it."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptopredict.environment import BASE_DIR

DATA = BASE_DIR / "docs" / "security" / "asvs.toml"
PAGE = DATA.with_suffix(".md")
STATES = {"met": "met", "na": "not applicable", "not met": "**not met**"}
REQUIREMENTS = {1: 70, 2: 183}
"""How many the standard has at each of the levels."""
INTRODUCTION = """# OWASP ASVS 5.0, levels 1 and 2

Made by `manage.py asvs` from `docs/security/asvs.toml`. Numbers and levels are those of the
[OWASP Application Security Verification Standard](https://github.com/OWASP/ASVS) 5.0.0, which has each in full; the
words are ours. A test of the program holds each line against what it names. What the operator adds is on the page
about [security](../security.md).
"""


@dataclass(frozen=True)
class Requirement:
    """A line of the table.

    Attributes:
        about: what it asks for, in a few words.
        by: what shows it: a test, a file, a text in a file (behind two colons) or a heading of a page (behind #).
        why: what is to be said besides; the reason where it is not met or not applicable.
    """

    number: str
    level: int
    about: str
    state: str
    by: tuple[str, ...] = ()
    why: str = ""

    def faults(self) -> Iterator[str]:
        """What is wrong with the line."""
        if self.state not in STATES:
            yield f"{self.number}: {self.state!r} is no state"
        if self.state == "met" and not self.by:
            yield f"{self.number}: nothing shows that it is met"
        if self.state != "met" and not self.why:
            yield f"{self.number}: there is no reason"
        for evidence in self.by:
            if not exists(evidence):
                yield f"{self.number}: there is no {evidence}"


def chapters() -> dict[str, tuple[str, list[Requirement]]]:
    """Title and lines of each chapter."""
    found = {}
    for name, chapter in tomllib.loads(DATA.read_text())["chapters"].items():
        title = chapter.pop("title")
        lines = [Requirement(number, **line | {"by": tuple(line.get("by", ()))}) for number, line in chapter.items()]
        found[name] = (title, lines)
    return found


def requirements() -> list[Requirement]:
    """Every line."""
    return [line for _title, lines in chapters().values() for line in lines]


def exists(evidence: str) -> bool:
    """Whether there is what a line names."""
    name, _colons, inside = evidence.partition("::")
    name, _sign, heading = name.partition("#")
    path = BASE_DIR / name
    if path.is_dir():
        return not inside
    if not path.is_file():
        return False
    if heading:
        return heading in headings(path)
    if inside and name.startswith("tests/"):
        return re.search(rf"^\s*(async )?def {re.escape(inside)}\(", text_of(path), re.MULTILINE) is not None
    return inside in text_of(path)


@cache
def text_of(path: Path) -> str:
    return path.read_text()


def headings(path: Path) -> set[str]:
    """The headings of a page as its addresses name them."""
    titles = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", title).strip().lower().replace(" ", "-") for title in titles}


def page() -> str:
    """The page."""
    parts = [INTRODUCTION, *totals()]
    for name, (title, lines) in chapters().items():
        parts += [f"\n## {name} {title}\n\n", "| | level | about | state | shown by |\n", "|---|---|---|---|---|\n"]
        parts += [line_of(one) for one in lines]
    return "".join(parts)


def totals() -> Iterator[str]:
    """How many are met, level by level."""
    yield "\n| level | met | not applicable | not met | all |\n|---|---|---|---|---|\n"
    for level in REQUIREMENTS:
        states = [one.state for one in requirements() if one.level == level]
        yield f"| {level} | {' | '.join(str(states.count(state)) for state in STATES)} | {len(states)} |\n"


def line_of(one: Requirement) -> str:
    shown = [*(f"`{evidence}`" for evidence in one.by), *([one.why] if one.why else [])]
    cells = [one.number, str(one.level), one.about, STATES[one.state], "<br>".join(shown)]
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


def write() -> bool:
    """Write the page.

    Returns:
        Whether it has changed.
    """
    text = page()
    if PAGE.exists() and PAGE.read_text() == text:
        return False
    PAGE.write_text(text)
    return True
