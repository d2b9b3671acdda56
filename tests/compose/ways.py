"""What every way to start the services of the compose file has: as containers of Docker, or as processes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


class Broken(Exception):
    """Something ended, or was not well, that should have been; the text has the end of its log."""


@dataclass(frozen=True)
class Log:
    """What one of the services has said so far.

    Attributes:
        name: of the container or process, such as ``web-2``.
    """

    name: str
    service: str
    text: str


class Way(Protocol):
    """Services that can be started, looked after and ended.

    Attributes:
        faults: what ended or became unwell.
    """

    faults: list[str]

    def up(self) -> None:
        """Until everything is well.

        Raises:
            Broken: something is not.
        """

    def look(self) -> None:
        """Whether everything still is; else ``faults`` says what is not."""

    def addresses(self) -> list[str]:
        """Where each web process answers."""

    def variables(self) -> dict[str, str]:
        """With which a program of this machine works beside the services, with all rights."""

    def logs(self) -> Iterator[Log]:
        """What everything has said."""

    def differences(self) -> list[str]:
        """What is otherwise than in the compose file."""

    def stop(self) -> list[str]:
        """End everything; the logs stay.

        Returns:
            Who had to be killed.
        """

    def remove(self) -> None:
        """Take away what would stay."""


def tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.splitlines()[-lines:])
