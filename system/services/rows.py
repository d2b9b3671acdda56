"""Making and changing plain rows that no service of their own guards: names, descriptions, links."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from system.choices import AuditOperation
from system.exceptions import InvalidInput, InvalidRows
from system.services.audit import record_change

Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def change_row(row: Row, *, actor: Any, changes: Mapping[str, Any]) -> Row:
    """Change columns of a row, with the audit row in the same transaction. Equal values change nothing.

    Raises:
        InvalidInput: a value breaks a rule of the table.
    """
    row = type(row)._default_manager.select_for_update().get(pk=row.pk)
    new = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not new:
        return row
    old = {name: getattr(row, name) for name in new}
    for name, value in new.items():
        setattr(row, name, value)
    require_sound(row)
    row.save()
    record_change(row, AuditOperation.UPDATE, actor=actor, old=old, new=new)
    return row


@transaction.atomic
def create_row(row: Row, *, actor: Any) -> Row:
    """Store a new row, with the audit row in the same transaction.

    Raises:
        InvalidInput: a value breaks a rule of the table.
    """
    require_sound(row)
    row.save(force_insert=True)
    record_change(row, AuditOperation.INSERT, actor=actor)
    return row


def require_sound(row: models.Model, exclude: Collection[str] = ()) -> None:
    """Refuse a row that breaks rules of its table, naming the columns at fault.

    Args:
        exclude: columns that were looked at before.
    Raises:
        InvalidInput: so it does.
    """
    try:
        row.full_clean(exclude=exclude)
    except ValidationError as error:
        raise unsound(row, error) from error


def unsound(row: models.Model, error: ValidationError) -> InvalidRows:
    """What Django says of a row, each fault with its column."""
    words = {**error.message_dict}
    whole = words.pop(NON_FIELD_ERRORS, [])
    faults = [InvalidInput(" ".join(said), field=column) for column, said in words.items()]
    if whole:
        faults.append(InvalidInput(" ".join(whole), field=column_of_rule(row)))
    return InvalidRows(faults)


def column_of_rule(row: models.Model) -> str | None:
    """The column whose rule of the table a row breaks first, of which Django does not say which it is; None if the rule
    is about several together."""
    for rule in row._meta.constraints:
        if isinstance(rule, models.CheckConstraint) and isinstance(rule.condition, models.Q):
            try:
                rule.validate(type(row), row)
            except ValidationError:
                columns = rule.condition.referenced_base_fields
                return next(iter(columns)) if len(columns) == 1 else None
    return None
