"""A bar of progress on a terminal."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.management.base import OutputWrapper

WIDTH = 30


@dataclass
class Bar:
    """Drawn over itself on a terminal; silent elsewhere.

    Attributes:
        stream: standard error of a command.
        is_shown: whether somebody looks at it.
    """

    stream: OutputWrapper
    is_shown: bool
    _drawn: str = field(default="", init=False)

    def draw(self, name: str, share: float, words: str = "") -> None:
        """Show how far something is; at the end the line stays.

        Args:
            share: 0 to 1.
        """
        if not self.is_shown:
            return
        filled = int(WIDTH * share)
        line = f"{name:<40} [{'#' * filled:<{WIDTH}}] {words}"
        self.stream.write("\r" + line.ljust(len(self._drawn)), ending="\n" if share >= 1 else "")
        self._drawn = "" if share >= 1 else line

    def clear(self) -> None:
        """Make room for a line of another kind."""
        if self._drawn:
            self.stream.write("\r" + " " * len(self._drawn) + "\r", ending="")
            self._drawn = ""


def steps(stream: OutputWrapper) -> Callable[[str], object]:
    """What says on a terminal what is being done; silent elsewhere, where only the result and faults are of use."""
    return lambda part: stream.write(f"{part} ...") if stream.isatty() else None
