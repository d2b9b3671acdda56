"""What an entry may say: values of a request become values of the table, or a refusal that names the field."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from selection.choices import PositionType
from system.exceptions import InvalidInput
from system.json_values import json_fault

LONGEST_NAME = 100
LONGEST_NOTE = 10_000
LARGEST = 2**31 - 1
PLACES = 4
"""Decimals of a share."""


def checked(name: str, value: Any) -> Any:
    """A value of an entry as the table keeps it.

    Raises:
        InvalidInput: it is none, or an entry has no such field.
    """
    if name not in CHECKS:
        raise InvalidInput(_("An entry has no %(field)s.") % {"field": name}, field=name, code="unknown_field")
    return CHECKS[name](name, value)


def checked_all(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Several of them."""
    return {name: checked(name, value) for name, value in changes.items()}


def share(name: str, value: Any) -> Decimal:
    """A share of a whole, exact. A number with binary digits, as JSON has them, is rounded."""
    try:
        found = None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not 0 <= found <= 1:
        raise InvalidInput(_("%(field)s must lie between 0 and 1.") % {"field": name}, field=name)
    rounded = found.quantize(Decimal(1).scaleb(-PLACES))
    if rounded != found and not isinstance(value, float):
        raise InvalidInput(
            _("%(field)s has at most %(places)s decimals.") % {"field": name, "places": PLACES}, field=name
        )
    return rounded


def share_or_none(name: str, value: Any) -> Decimal | None:
    """A share, or unknown."""
    return None if value is None else share(name, value)


def note(name: str, value: Any) -> str | None:
    """A text; an empty one is none."""
    if value is not None and not isinstance(value, str):
        raise InvalidInput(_("%(field)s must be a text.") % {"field": name}, field=name)
    if value and (len(value) > LONGEST_NOTE or "\0" in value):
        raise InvalidInput(
            _("%(field)s has at most %(longest)s characters, none of them NUL.")
            % {"field": name, "longest": LONGEST_NOTE},
            field=name,
        )
    return value or None


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidInput(_("%(field)s must be true or false.") % {"field": name}, field=name)
    return value


def direction(name: str, value: Any) -> str:
    """Long or short."""
    if value not in PositionType.values:
        raise InvalidInput(
            _("%(field)s must be one of: %(values)s.") % {"field": name, "values": ", ".join(PositionType.values)},
            field=name,
        )
    return str(value)


def place(name: str, value: Any) -> int:
    """A position, counted from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidInput(_("%(field)s must be a whole number from 1 on.") % {"field": name}, field=name)
    return value


def settings(name: str, value: Any) -> dict[str, Any]:
    """Settings that can be stored; none are empty ones."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput(_("%(field)s must be an object.") % {"field": name}, field=name)
    if fault := json_fault(value):
        raise InvalidInput(f"{name}: {fault}", field=name)
    return value


def name_of_list(name: str, value: Any) -> str:
    """A name; spaces around it do not count."""
    found = value.strip() if isinstance(value, str) else ""
    if not 1 <= len(found) <= LONGEST_NAME or "\0" in found:
        raise InvalidInput(
            _("A list needs a name of at most %(longest)s characters.") % {"longest": LONGEST_NAME}, field=name
        )
    return found


def whole(name: str, value: Any, least: int) -> int | None:
    """A whole number of the table's width, or none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST:
        raise InvalidInput(
            _("%(field)s must be a whole number from %(least)s to %(most)s.")
            % {"field": name, "least": least, "most": LARGEST},
            field=name,
        )
    return value


def checked_list(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a list as the table keeps them.

    Raises:
        InvalidInput: one is none, or people do not set such a field.
    """
    for name in changes:
        if name not in LIST_CHECKS:
            raise InvalidInput(_("A list has no %(field)s to set.") % {"field": name}, field=name, code="unknown_field")
    return {name: LIST_CHECKS[name](name, value) for name, value in changes.items()}


CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "position_type": direction,
    "weight": share,
    "target_allocation": share_or_none,
    "notes": note,
    "is_active": flag,
    "analysis_config": settings,
}
"""Fields of an entry that people set."""
LIST_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "name": name_of_list,
    "description": note,
    "max_assets": partial(whole, least=1),
    "is_public": flag,
    "wants_suggestions": flag,
    "sort_order": partial(whole, least=0),
    "configuration": settings,
}
"""Fields of a list that people set, beside its entries."""
