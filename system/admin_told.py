"""Values of settings in words: what stands there, what differs from the default, what a change would change."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext

from system import configuration, formats
from system.configuration import ConfigGroup


class Told(NamedTuple):
    """A field in words: what it is, what stands there, and the default."""

    label: str
    value: str
    usual: str


class Change(NamedTuple):
    """A field that changes: what it is, from what, to what."""

    label: str
    before: str
    after: str


def told(value: Any) -> str:
    """A value as people read it."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int | float):
        return formats.coins(value)
    if isinstance(value, Mapping):
        return " · ".join(told(one) for one in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        rows = any(isinstance(one, Mapping) for one in value)
        return ("\n" if rows else gettext(", ")).join(told(one) for one in value)
    return str(value)


def with_unit(value: Any, unit: Any) -> str:
    """A value with what it counts."""
    text = told(value)
    return formats.with_word(text, str(unit)) if unit and value is not None else text


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Values by their paths; a list is one value."""
    if isinstance(value, Mapping) and value:
        for name, one in value.items():
            yield from leaves(one, f"{path}.{name}" if path else name)
    else:
        yield path, value


def values_of(group: ConfigGroup, value: Mapping[str, Any]) -> list[Told]:
    """Every field of a group in words, in the order in which it is entered."""
    full = {name: value.get(name, group.default.get(name)) for name in group.properties}
    usual = dict(leaves(group.default))
    return [
        Told(label_of(group, path), shown(group, path, one), shown(group, path, usual.get(path)))
        for path, one in leaves(full)
    ]


def label_of(group: ConfigGroup, path: str) -> str:
    """The words of a field; of one that stands under a name that an admin gave, the field's and that name."""
    if path in group.words or "." not in path:
        return str(group.said(path).label)
    above, _dot, name = path.rpartition(".")
    return f"{label_of(group, above)}: {name}"


def shown(group: ConfigGroup, path: str, value: Any) -> str:
    """A value with what it counts; of rows the parts in the order of their words, the database knows none."""
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        above = path if path in group.words else path.rpartition(".")[0]
        order = [name.removeprefix(f"{above}.") for name in group.words if name.startswith(f"{above}.")]
        value = [{name: row[name] for name in order if name in row} for row in value]
    return with_unit(value, group.said(path).unit)


def changes(group: ConfigGroup, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Fields that change. Of a table only the rows that come and go."""
    old, new = dict(leaves(before)), dict(leaves(after))
    found = []
    for path in dict.fromkeys([*old, *new]):
        was, will = old.get(path), new.get(path)
        if was == will or (was in (None, {}) and will in (None, {})):
            continue
        if isinstance(was, list) and isinstance(will, list) and any(isinstance(one, dict) for one in was + will):
            gone, come = [one for one in was if one not in will], [one for one in will if one not in was]
            was, will = (gone, come) if gone or come else (was, will)
        found.append(Change(label_of(group, path), shown(group, path, was), shown(group, path, will)))
    return found


def in_short(key: str, value: Mapping[str, Any], most: int = 3) -> str:
    """What differs from the defaults, in a line."""
    group = configuration.find(key)
    if group is None:
        return gettext("Nothing uses it any more.")
    found = [one for one in values_of(group, value) if one.value != one.usual]
    if not found:
        return gettext("All as delivered")
    first = "; ".join(f"{one.label}: {' / '.join(one.value.splitlines())}" for one in found[:most])
    left = len(found) - most
    return first if left <= 0 else gettext("%(first)s; %(n)s more") % {"first": first, "n": formats.number(left)}
