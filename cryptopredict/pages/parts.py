"""Parts of a page that may fail by themselves: the others are shown all the same."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.functional import SimpleLazyObject

Shown = TypeVar("Shown")
ANSWERS = (Http404, PermissionDenied)
"""These are about the whole page."""


failures: ContextVar[list["PartFailed"] | None] = ContextVar("failures", default=None)
"""What has failed in the part that is being shown; None outside of parts."""


class PartFailed(Exception):
    """What a part shows could not be made; the cause says why.

    Templates take some faults for an unknown variable, and a condition of several takes all for "no"; what has failed
    would look like nothing at all. So each is noted, too.
    """

    def __init__(self) -> None:
        super().__init__()
        if (noted := failures.get()) is not None:
            noted.append(self)


def part(make: Callable[[], Shown]) -> Shown:
    """What a part of a page shows. It is made, once, when the template comes to it, inside ``{% part %}``.

    What stands for it is true, has a length and lists as the thing itself would; it never ``is None``.
    """

    def made() -> Shown:
        try:
            return make()
        except (*ANSWERS, PartFailed):
            raise
        except Exception as fault:
            raise PartFailed from fault

    return cast("Shown", SimpleLazyObject(made))
