"""Making and changing plain rows that no service of their own guards: names, descriptions, links."""

from collections.abc import Mapping
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


def require_sound(row: models.Model) -> None:
    """Refuse a row that breaks a rule of its table, naming the first column at fault."""
    try:
        row.full_clean()
    except ValidationError as error:
        field = next(iter(error.message_dict), NON_FIELD_ERRORS)
        raise InvalidInput(" ".join(error.messages), field=None if field == NON_FIELD_ERRORS else field) from error
