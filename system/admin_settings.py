"""Settings field by field: each with its type and range, and a look at before and after."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext

from system.admin_base import AdminForm, JSONInput
from system.configuration import ConfigGroup

PLAIN = {"integer", "number", "boolean", "string"}


class ValuesForm(AdminForm):
    """The fields of a group, made from its schema. What they cannot judge, the service does."""

    def __init__(self, group: ConfigGroup, value: Mapping[str, Any], data: Any = None) -> None:
        initial = {name: value.get(name) for name in group.properties}
        super().__init__(data, initial=initial)
        for name, schema in group.properties.items():
            self.fields[name] = field_of(name, schema, group.default.get(name))
        self.dress_all()


def field_of(name: str, schema: Mapping[str, Any], usual: Any) -> forms.Field:
    """A field of the type that a schema names; JSON for what has no plain type."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    needed = "null" not in kinds
    kind = next((one for one in kinds if one in PLAIN), None)
    low, high = schema.get("minimum"), schema.get("maximum")
    common: dict[str, Any] = {"label": name, "required": needed, "help_text": help_of(low, high, usual, needed=needed)}
    if "enum" in schema and kind == "string":
        choices = [(one, one) for one in schema["enum"] if one is not None]
        return forms.TypedChoiceField(choices=choices if needed else [("", "–"), *choices], empty_value=None, **common)
    if kind == "integer":
        return forms.IntegerField(min_value=low, max_value=high, **common)
    if kind == "number":
        return forms.FloatField(
            min_value=low, max_value=high, widget=forms.NumberInput(attrs={"step": "any"}), **common
        )
    if kind == "boolean" and needed:
        return forms.BooleanField(**common | {"required": False})
    if kind == "string":
        return forms.CharField(empty_value="" if needed else None, **common | {"required": False})
    return JSONInput(**common | {"required": False})


def help_of(low: Any, high: Any, usual: Any, *, needed: bool) -> str:
    """Range, what stands there as long as nobody changes it, and whether nothing may stand there."""
    told = []
    if low is not None and high is not None:
        told.append(gettext("From %(low)s to %(high)s.") % {"low": low, "high": high})
    elif low is not None or high is not None:
        bound = {"low": low} if low is not None else {"high": high}
        told.append((gettext("At least %(low)s.") if low is not None else gettext("At most %(high)s.")) % bound)
    told.append(gettext("Default: %(value)s.") % {"value": plain(usual)})
    if not needed:
        told.append(gettext("May be left empty."))
    return " ".join(told)


def plain(value: Any) -> str:
    """A value as it is written in a table."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Fields that change, from what, to what."""
    return [(name, plain(before.get(name)), plain(new)) for name, new in after.items() if before.get(name) != new]
