"""Landing: numbers of a computation become rows, once.

Compute works in float64; columns hold Decimals of a fixed scale. What lands twice with the same values changes nothing,
so a run can be repeated; what is written once is never touched again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from math import isfinite
from typing import Any, Generic, TypeVar

from django.db import models
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)
WIDE = Context(prec=80)
"""Columns hold up to 38 digits; Python's own context would refuse more than 28."""
TOO_LARGE = "too large for its column"
BOOKKEEPING = frozenset({"id", "pk", "created_at", "updated_at", "run", "series"})


@dataclass
class Landed(Generic[Row]):
    """What landing did. ``rows`` has one saved row per given one, in the same order."""

    rows: list[Row] = field(default_factory=list)
    created: int = 0
    changed: int = 0
    equal: int = 0


def land(
    model: type[Row],
    rows: Iterable[Mapping[str, Any]],
    *,
    key: Sequence[str],
    wall_clock: Sequence[str] = (),
    written_once: bool = False,
) -> Landed[Row]:
    """Insert the rows that are missing and change those that differ.

    Args:
        model: table they land in.
        rows: field values; numbers are fitted to their columns.
        key: fields that tell one row from another; a missing one counts as NULL.
        wall_clock: fields about the act of writing (duration, start), which do not make a row different.
        written_once: an existing row stays as it is, whatever the values.
    """
    wanted = [fitted(model, row) for row in rows]
    attributes = _attributes(model)
    columns = [attributes[name] for name in key]
    landed: Landed[Row] = Landed()
    existing = _existing(model, wanted, columns)
    new, different = [], []
    for values in wanted:
        row = existing.get(tuple(values.get(column) for column in columns))
        if row is None:
            row = model(**values)
            new.append(row)
        elif not written_once and (changes := _changes(row, values, wall_clock)):
            for name in changes:
                setattr(row, name, values[name])
            different.append((row, changes))
        else:
            landed.equal += 1
        landed.rows.append(row)
    if new:
        model._default_manager.bulk_create(new)
    if different:
        now = timezone.now()
        names = sorted({name for _row, changes in different for name in changes})
        for row, _changed in different:
            if hasattr(row, "updated_at"):
                row.updated_at = now
        model._default_manager.bulk_update([row for row, _changed in different], names)
    landed.created, landed.changed = len(new), len(different)
    return landed


def fitted(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the columns hold them, by attribute: ``asset_id`` for ``asset``, Decimals of the column's scale,
    NaN and what does not fit as None."""
    columns = _columns(model)
    return {
        columns[name].attname: value.pk if isinstance(value, models.Model) else _fit(columns[name], value)
        for name, value in values.items()
    }


@cache
def _columns(model: type[models.Model]) -> dict[str, Any]:
    """The model's columns by name and by attribute."""
    return {name: column for column in model._meta.concrete_fields for name in (column.name, column.attname)}


def complete(
    model: type[models.Model],
    values: Mapping[str, Any],
    reasons: Mapping[str, str],
    *,
    by_people: Iterable[str] = (),
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values fitted to their columns, and every column that stays NULL with the reason.

    Args:
        model: table the values are for.
        values: field values.
        reasons: why a column has no value; a column without a reason is "not computed yet", and a number that does
            not fit is too large, whatever the reason given.
        by_people: columns that a person fills in, or that are filled in afterwards.
    Returns:
        Values, None for each of those columns; and their reasons.
    """
    exempt = {*BOOKKEEPING, *by_people}
    found = fitted(model, values)
    absent = {
        column.name: TOO_LARGE if _is_number(values.get(column.name)) else reasons.get(column.name, "not computed yet")
        for column in model._meta.concrete_fields
        if column.null and column.name not in exempt and found.get(column.attname) is None
    }
    attributes = _attributes(model)
    return found | {attributes[name]: None for name in absent}, absent


def _is_number(value: Any) -> bool:
    """Whether it is a finite number: one that stays NULL all the same did not fit its column."""
    return isinstance(value, (int, float, Decimal)) and isfinite(value)


def _attributes(model: type[models.Model]) -> dict[str, str]:
    """Attribute of each field: ``asset_id`` of ``asset``."""
    return {column.name: column.attname for column in model._meta.concrete_fields}


def _fit(column: Any, value: Any) -> Any:
    if isinstance(column, models.DecimalField):
        return _decimal(value, column.max_digits or 0, column.decimal_places or 0)
    if isinstance(column, models.IntegerField):
        return None if value is None or not isfinite(value) else int(value)
    if isinstance(column, models.BooleanField):
        return None if value is None else bool(value)
    if isinstance(column, models.JSONField):
        return plain(value)
    return value


def _decimal(value: Any, digits: int, places: int) -> Decimal | None:
    if value is None:
        return None
    number = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not number.is_finite() or abs(number) >= Decimal(10) ** (digits - places):
        return None
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, WIDE)


def plain(value: Any) -> Any:
    """A value as JSON keeps it: numpy's numbers as Python's, NaN and infinities as null, Decimals as strings."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def _existing(model: type[Row], wanted: list[dict[str, Any]], columns: Sequence[str]) -> dict[tuple[Any, ...], Row]:
    """Rows that are there already, by key; locked, so that two writers of the same run follow one another."""
    if not wanted:
        return {}
    condition = models.Q()
    for column in columns:
        values = {row.get(column) for row in wanted}
        some = models.Q(**{f"{column}__in": values - {None}})
        condition &= some | models.Q(**{f"{column}__isnull": True}) if None in values else some
    rows = model._default_manager.select_for_update(of=("self",)).filter(condition)
    return {tuple(getattr(row, column) for column in columns): row for row in rows}


def _changes(row: models.Model, values: Mapping[str, Any], wall_clock: Sequence[str]) -> list[str]:
    """Attributes whose value differs, and with them the times of writing."""
    changed = [name for name, value in values.items() if name not in wall_clock and getattr(row, name) != value]
    return [*changed, *wall_clock] if changed else []
