"""Making and changing plain rows that no service of their own guards: names, descriptions, links."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from system.choices import AuditOperation
from system.exceptions import InvalidInput
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
    """Refuse a row that breaks a rule of its table, naming the first column at fault.

    Args:
        exclude: columns that were looked at before.
    Raises:
        InvalidInput: so it does.
    """
    try:
        row.full_clean(exclude=exclude)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), field=column_at_fault(row, error)) from error


def column_at_fault(row: models.Model, error: ValidationError) -> str | None:
    """The first column that an error of a row is about; None if it is about several together.

    Of a rule of the table Django does not say about which column it is.
    """
    named = [name for name in error.message_dict if name != NON_FIELD_ERRORS]
    if named:
        return named[0]
    for rule in row._meta.constraints:
        if isinstance(rule, models.CheckConstraint) and isinstance(rule.condition, models.Q):
            try:
                rule.validate(type(row), row)
            except ValidationError:
                columns = rule.condition.referenced_base_fields
                return next(iter(columns)) if len(columns) == 1 else None
    return None
