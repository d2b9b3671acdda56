"""Settings field by field: each by its words, with its type and range."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext

from system.admin_base import AdminForm, JSONInput
from system.admin_fields import LinesField, Row, RowsField
from system.admin_told import told
from system.configuration import ConfigGroup, Words

PLAIN = {"integer", "number", "boolean", "string"}
NAME_OF_ROW = "*"
"""Column with the name under which rows of a mapping stand."""
Schema = Mapping[str, Any]


class ValuesForm(AdminForm):
    """The fields of a group, made from its schema. What they cannot judge, the service does."""

    def __init__(self, group: ConfigGroup, value: Mapping[str, Any], data: Any = None) -> None:
        paths = dict(fields_of(group.properties))
        super().__init__(data, initial={path: at(value, path) for path in paths})
        for path, schema in paths.items():
            self.fields[path] = field_of(group, path, schema, at(value, path))
        self.dress_all()

    @property
    def value(self) -> dict[str, Any]:
        """What is stored of it."""
        found: dict[str, Any] = {}
        for path, value in self.cleaned_data.items():
            *parents, name = path.split(".")
            place = found
            for parent in parents:
                place = place.setdefault(parent, {})
            place[name] = value
        return found


def fields_of(properties: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Schema]]:
    """Fields by their paths: an object whose parts are known has a field for each part."""
    for name, schema in properties.items():
        if schema.get("type") == "object" and "properties" in schema:
            yield from fields_of(schema["properties"], f"{before}{name}.")
        else:
            yield f"{before}{name}", schema


def at(value: Mapping[str, Any], path: str) -> Any:
    """What stands at a path; None where nothing does."""
    found: Any = value
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def field_of(group: ConfigGroup, path: str, schema: Schema, present: Any) -> forms.Field:
    """A field of the type that a schema names; JSON for what has no plain type.

    Args:
        group: where the field belongs.
        path: of the field.
        schema: of the field.
        present: what stands there now.
    """
    words = group.said(path)
    label = f"{words.label} ({words.unit})" if words.unit else str(words.label)
    help_text = help_of(words, schema, at(group.default, path))
    if schema.get("type") == "array":
        items = schema["items"]
        if "enum" in items:
            choices = [(one, one) for one in items["enum"]]
            return forms.MultipleChoiceField(
                choices=choices,
                widget=forms.CheckboxSelectMultiple,
                required=bool(schema.get("minItems")),
                label=label,
                help_text=help_text,
            )
        if items.get("type") == "string":
            line, is_unique = plain_field(items, words), bool(schema.get("uniqueItems"))
            most = schema.get("maxItems")
            return LinesField(line=line, most=most, is_unique=is_unique, label=label, help_text=help_text)
        if items.get("type") == "object":
            columns = columns_of(group, path, items)
            given = {"most": schema.get("maxItems"), "lift": list, "land": landed(items)}
            return RowsField(columns, **given, label=label, help_text=help_text)
    if schema.get("type") == "object" and "items" in schema.get("additionalProperties", {}):
        items = schema["additionalProperties"]["items"]
        key = plain_field({"type": "string", "minLength": 1}, group.said(f"{path}.{NAME_OF_ROW}"), present or ())
        columns = {NAME_OF_ROW: key} | columns_of(group, path, items)
        return RowsField(
            columns, most=None, lift=rows_of_mapping, land=mapping_of_rows(items), label=label, help_text=help_text
        )
    return plain_field(schema, words, label=label, help_text=help_text)


def plain_field(schema: Schema, words: Words, present: Iterable[str] = (), **common: Any) -> forms.Field:
    """A field of one value. A name that stands there and means nothing any more may stay."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    needed = "null" not in kinds
    kind = next((one for one in kinds if one in PLAIN), None)
    low, high = schema.get("minimum"), schema.get("maximum")
    common = {"label": str(words.label), "required": needed, **common}
    if kind == "string" and (words.names or "enum" in schema):
        names = words.names() if words.names else [one for one in schema["enum"] if one is not None]
        choices = [("", "–"), *((one, one) for one in dict.fromkeys([*names, *present]))]
        return forms.TypedChoiceField(choices=choices, empty_value=None, **common)
    if kind == "integer":
        return forms.IntegerField(min_value=low, max_value=high, **common)
    if kind == "number":
        return forms.FloatField(
            min_value=low, max_value=high, widget=forms.NumberInput(attrs={"step": "any"}), **common
        )
    if kind == "boolean" and needed:
        return forms.BooleanField(**{**common, "required": False})
    if kind == "string":
        refused = " ".join(filter(None, [gettext("This cannot stand here."), str(words.hint)]))
        checks = [RegexValidator(schema["pattern"], refused)] if "pattern" in schema else []
        lengths: dict[str, Any] = {"min_length": schema.get("minLength"), "max_length": schema.get("maxLength")}
        is_free = not checks and not schema.get("minLength")
        return forms.CharField(
            empty_value="" if needed else None,
            validators=checks,
            widget=forms.TextInput(attrs={"dir": "ltr"}),
            **{**common, **lengths, "required": needed and not is_free},
        )
    return JSONInput(**{**common, "required": False})


def columns_of(group: ConfigGroup, path: str, items: Schema) -> dict[str, forms.Field]:
    """The columns of rows: the parts of each."""
    found = {}
    for name, schema in items["properties"].items():
        words = group.said(f"{path}.{name}")
        label = f"{words.label} ({words.unit})" if words.unit else str(words.label)
        found[name] = plain_field(schema, words, label=label, help_text=str(words.hint))
    return found


def landed(items: Schema) -> Any:
    """Makes of rows what is stored: a part that need not be there is left out where nothing stands in it."""
    needed = set(items.get("required", ()))

    def land(rows: list[Row]) -> list[Row]:
        return [
            {name: value for name, value in row.items() if name in needed or value not in (None, "", False)}
            for row in rows
        ]

    return land


def rows_of_mapping(value: Mapping[str, Sequence[Row]] | None) -> list[Row]:
    """Rows of a mapping, each with the name that it stands under."""
    return [{NAME_OF_ROW: name, **row} for name, rows in (value or {}).items() for row in rows]


def mapping_of_rows(items: Schema) -> Any:
    """Makes of rows a mapping from their names."""
    land = landed(items)

    def mapping(rows: list[Row]) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in rows:
            parts = {name: value for name, value in row.items() if name != NAME_OF_ROW}
            found.setdefault(row[NAME_OF_ROW], []).extend(land([parts]))
        return found

    return mapping


def help_of(words: Words, schema: Schema, usual: Any) -> str:
    """What a name does not say, the range, what stands there as long as nobody changes it, and whether nothing may
    stand there."""
    low, high = (None if schema.get(one) is None else told(schema[one]) for one in ("minimum", "maximum"))
    is_list = schema.get("type") == "array" and schema["items"].get("type") == "string"
    said = [str(words.hint)] if words.hint else []
    if is_list:
        said.append(gettext("One a line."))
    if low is not None and high is not None:
        said.append(gettext("From %(low)s to %(high)s.") % {"low": low, "high": high})
    elif low is not None or high is not None:
        bound = {"low": low} if low is not None else {"high": high}
        said.append((gettext("At least %(low)s.") if low is not None else gettext("At most %(high)s.")) % bound)
    is_table = isinstance(usual, Mapping) or (isinstance(usual, list) and any(isinstance(one, dict) for one in usual))
    if not is_table and usual not in (None, []):
        said.append(gettext("Default: %(value)s.") % {"value": told(usual)})
    if "null" in schema.get("type", ()):
        said.append(gettext("May be left empty."))
    return " ".join(said)
