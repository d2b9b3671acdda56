"""The audit trail: written by services, in the transaction of the change."""

from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.forms.models import model_to_dict

from system.choices import AuditOperation
from system.models import AuditLog

SECRET_WORDS = ("password", "token", "secret", "key_hash")
MASK = "•••"


def record_change(
    row: models.Model,
    operation: AuditOperation,
    *,
    actor: Any,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    details: str | None = None,
    ip_address: str | None = None,
) -> AuditLog:
    """Note who changed a row, from what to what.

    Args:
        row: the row as it is now.
        operation: what was done to it.
        actor: the user; None = the system itself.
        old: changed columns before; secrets are masked.
        new: changed columns after; for an INSERT the whole row if not given.
        details: what was done, in words.
        ip_address: where the request came from.
    """
    if operation == AuditOperation.INSERT and new is None:
        new = model_to_dict(row)
    return AuditLog.objects.create(
        table_name=row._meta.db_table,
        record_id=row.pk,
        operation=operation,
        details=details,
        old_values=_plain(old),
        new_values=_plain(new),
        changed_by=actor,
        ip_address=ip_address,
    )


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Values as JSON keeps them, secrets masked."""
    if values is None:
        return None
    encoder = DjangoJSONEncoder()
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if any(word in name for word in SECRET_WORDS):
            plain[name] = MASK
        elif value is None or isinstance(value, (bool, int, float, str, list, dict)):
            plain[name] = value
        elif isinstance(value, models.Model):
            plain[name] = value.pk
        else:
            plain[name] = encoder.default(value)
    return plain
