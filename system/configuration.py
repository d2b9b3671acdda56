"""Registry of the settings that admins change while the product runs.

Every app registers its groups in ``AppConfig.ready``. A group has a JSON Schema, so that a wrong value is refused with
the name of the field wherever it is entered, and a default, so that an unchanged setting needs no row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Words:
    """What people read in place of the name of a field.

    Args:
        label: what it is.
        unit: what its numbers count.
        hint: what a name or a limit does not say.
        names: the texts that mean something here, where only the running product knows them.
    """

    label: Text
    unit: Text = ""
    hint: Text = ""
    names: Callable[[], Sequence[str]] | None = None


@dataclass(frozen=True)
class ConfigGroup:
    """One group of settings.

    Args:
        key: name of the group, as in ``system_config.key``.
        description: meaning, for people.
        default: value while nobody has changed it.
        properties: JSON Schema of each field; every field is required, others are refused.
        title: the group in a few words, for lists.
        words: of each field, by its path: ``feeds``, ``feeds.url`` of a part, ``budgets.*`` of the names of a mapping.
    """

    key: str
    description: Text
    default: Mapping[str, Any]
    properties: Mapping[str, Any]
    title: Text = ""
    words: Mapping[str, Words] = field(default_factory=dict)

    @property
    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": dict(self.properties),
            "required": sorted(self.properties),
            "additionalProperties": False,
        }

    def said(self, path: str) -> Words:
        """The words of a field; its own name where nobody gave it any."""
        return self.words.get(path) or Words(path.rpartition(".")[2])


_groups: dict[str, ConfigGroup] = {}


def register(group: ConfigGroup) -> None:
    """Make a group known. Two groups cannot share a key."""
    if group.key in _groups:
        raise ValueError(f"configuration group {group.key} is registered twice")
    _groups[group.key] = group


def groups() -> list[ConfigGroup]:
    """All known groups, by key."""
    return [_groups[key] for key in sorted(_groups)]


def group(key: str) -> ConfigGroup:
    """The group of that key.

    Raises:
        KeyError: nobody registered it.
    """
    return _groups[key]


def find(key: str) -> ConfigGroup | None:
    """The group of that key, if anything uses it still."""
    return _groups.get(key)


def title_of(key: str) -> str:
    """A group in words; its key where it has none."""
    known = find(key)
    return str(known.title or key) if known else key


def number(low: float, high: float) -> dict[str, Any]:
    """Schema of a number between two limits, both allowed."""
    return {"type": "number", "minimum": low, "maximum": high}


def whole(low: int, high: int) -> dict[str, Any]:
    """Schema of a whole number between two limits, both allowed."""
    return {"type": "integer", "minimum": low, "maximum": high}


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    """Schema of the same, or null."""
    return {**schema, "type": [schema["type"], "null"]}
