"""Registry of the kinds of events that programs may subscribe to; apps register theirs in ``AppConfig.ready``."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class EventKind:
    """Something that happens, and whom it may be told.

    Args:
        topic: as ``publish`` names it.
        meaning: one sentence for people.
        domain: the part of the API that it belongs to; a token that is limited to others does not subscribe to it.
        for_admins: an event without a recipient is for admins only.
    """

    topic: str
    meaning: str | Promise
    domain: str
    for_admins: bool = False


_kinds: dict[str, EventKind] = {}


def register_event(kind: EventKind) -> None:
    """Make a kind known; once."""
    if kind.topic in _kinds:
        raise ValueError(f"the event {kind.topic} is registered twice")
    _kinds[kind.topic] = kind


def event_kinds() -> dict[str, EventKind]:
    """All known kinds, by topic."""
    return {topic: _kinds[topic] for topic in sorted(_kinds)}
