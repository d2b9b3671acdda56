"""Registry of the settings that admins change while the product runs.

Every app registers its groups in ``AppConfig.ready``. A group has a JSON Schema, so that a wrong value is refused with
the name of the field wherever it is entered, and a default, so that an unchanged setting needs no row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class ConfigGroup:
    """One group of settings.

    Args:
        key: name of the group, as in ``system_config.key``.
        description: meaning, for people.
        default: value while nobody has changed it.
        properties: JSON Schema of each field; every field is required, others are refused.
    """

    key: str
    description: str | Promise
    default: Mapping[str, Any]
    properties: Mapping[str, Any]

    @property
    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": dict(self.properties),
            "required": sorted(self.properties),
            "additionalProperties": False,
        }


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


def number(low: float, high: float) -> dict[str, Any]:
    """Schema of a number between two limits, both allowed."""
    return {"type": "number", "minimum": low, "maximum": high}


def whole(low: int, high: int) -> dict[str, Any]:
    """Schema of a whole number between two limits, both allowed."""
    return {"type": "integer", "minimum": low, "maximum": high}


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    """Schema of the same, or null."""
    return {**schema, "type": [schema["type"], "null"]}
