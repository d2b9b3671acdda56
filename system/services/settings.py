"""Reading and changing the settings of the running product."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jsonschema
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from system import configuration
from system.choices import AuditOperation
from system.exceptions import InvalidInput
from system.json_values import json_fault
from system.models import SystemConfig, SystemConfigHistory
from system.selectors.settings import every_setting
from system.services.audit import record_change

SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def settings_in_force(as_of: datetime | None = None) -> dict[str, dict[str, Any]]:
    """Values of all groups at ``as_of``, as a run keeps them."""
    return every_setting(as_of)


@transaction.atomic
def change_setting(key: str, value: dict[str, Any], *, actor: Any) -> SystemConfig:
    """Replace the value of a group from now on; the old value stays known for runs of its time.

    Raises:
        InvalidInput: unknown group, a value that cannot be stored, or a field that its schema refuses, which is named.
    """
    if fault := json_fault(value):  # a schema lets NaN pass: it is neither below nor above any limit
        raise InvalidInput(fault, field="value")
    try:
        group = configuration.group(key)
        jsonschema.validate(value, group.schema)
    except KeyError:
        raise InvalidInput(f"There is no group of settings called {key}.", field="key") from None
    except jsonschema.ValidationError as error:
        name = ".".join(map(str, error.absolute_path)) or "value"
        raise InvalidInput(f"{name}: {error.message}", field=name) from None
    row = held(group)
    if row.value == value:
        return row
    now, old = timezone.now(), row.value
    closed = SystemConfigHistory.objects.filter(key=key, valid_to__isnull=True).update(valid_to=now)
    if not closed:
        SystemConfigHistory.objects.create(key=key, value=old, valid_from=SINCE_EVER, valid_to=now)
    SystemConfigHistory.objects.create(key=key, value=value, valid_from=now, changed_by=actor)
    row.value, row.updated_by = value, actor
    row.save()
    record_change(row, AuditOperation.UPDATE, actor=actor, old={"value": old}, new={"value": value})
    return row


def held(group: configuration.ConfigGroup) -> SystemConfig:
    """The row of a group, made if nobody has needed it yet, and locked: what is read of it now holds until the change
    is done."""
    row, _created = SystemConfig.objects.select_for_update().get_or_create(
        key=group.key, defaults={"value": dict(group.default), "description": str(group.description)}
    )
    return row


@transaction.atomic
def merge_settings(given: Mapping[str, Mapping[str, Any]], *, actor: Any) -> dict[str, dict[str, Any]]:
    """Change single values of several groups, or nothing at all.

    Returns:
        The groups as they are now.
    Raises:
        InvalidInput: unknown group or key, or a value that its schema refuses, which is named.
    """
    changed = {}
    for key in sorted(given):  # one order, so that two of these cannot wait for each other
        try:
            group = configuration.group(key)
        except KeyError:
            raise InvalidInput(_("There is no group of settings called %(key)s.") % {"key": key}, field=key) from None
        known = {**group.default, **held(group).value}
        try:
            changed[key] = change_setting(key, {**known, **given[key]}, actor=actor).value
        except InvalidInput as error:
            error.field = ".".join(filter(None, (key, error.field)))
            raise
    return changed


def ensure_settings() -> int:
    """A row for every registered group, with its default. Repeatable.

    Returns:
        How many rows were missing.
    """
    missing = 0
    for group in configuration.groups():
        _row, created = SystemConfig.objects.get_or_create(
            key=group.key, defaults={"value": dict(group.default), "description": str(group.description)}
        )
        missing += created
    return missing
