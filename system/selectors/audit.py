"""The audit trail as people read it: what was done to one row, and what changed by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from system.models import AuditLog

NEWEST = 50


@dataclass(frozen=True)
class Audited:
    """An entry of the trail, and each column that it changed: before and after."""

    entry: AuditLog
    changes: list[tuple[str, Any, Any]]


def audit_of(row: models.Model, most: int = NEWEST) -> list[Audited]:
    """What was done to a row, the newest first. One whose key is no number has no trail."""
    if not isinstance(row.pk, int):
        return []
    entries = AuditLog.objects.filter(table_name=row._meta.db_table, record_id=row.pk)
    newest = entries.select_related("changed_by").order_by("-changed_at", "-pk")[:most]
    return [Audited(entry, _changes(entry)) for entry in newest]


def _changes(entry: AuditLog) -> list[tuple[str, Any, Any]]:
    """Columns of both sides; one that is the same on both did not change."""
    return _differences(entry.old_values or {}, entry.new_values or {})


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], within: str = "") -> list[tuple[str, Any, Any]]:
    """Objects inside are compared key by key: of a group of settings only what changed is told."""
    found: list[tuple[str, Any, Any]] = []
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if isinstance(before, dict) and isinstance(after, dict):
            found += _differences(before, after, f"{within}{name}.")
        elif before != after:
            found.append((f"{within}{name}", before, after))
    return found
