"""Inputs that have another name in the API than in the service."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from system.exceptions import DomainError


@contextmanager
def named_as(names: Mapping[str, str]) -> Iterator[None]:
    """Whatever the service refuses is said of the input by the name that the caller knows.

    Args:
        names: name in the service → name in the API; others stay as they are.
    """
    try:
        yield
    except DomainError as error:
        for fault in {id(one): one for one in (error, *error.faults)}.values():
            fault.field = names.get(fault.field or "", fault.field)
        raise
