"""What is printed: at once, and without a secret of the run."""

import shlex
import sys
from collections.abc import Mapping

from tests.compose.making import Container, replace


class Speaker:
    """Prints lines.

    Args:
        hidden: what is not printed, and what instead.
    """

    def __init__(self, hidden: Mapping[str, str]) -> None:
        self.hidden = dict(hidden)

    def hide(self, more: Mapping[str, str]) -> None:
        self.hidden |= more

    def __call__(self, text: str) -> None:
        sys.stdout.write(f"{replace(text, self.hidden) if self.hidden else text}\n")
        sys.stdout.flush()

    def container(self, one: Container) -> None:
        """A process that has begun."""
        number = one.process.pid if one.process else "-"
        self(f"  {one.name}: process {number} of user {one.account.uid}: {shlex.join(one.command)}")
