"""What a person wants to be told, checked: every fault names its field."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from assets.selectors.visible import visible_assets
from sectors.models import Sector
from system.exceptions import InvalidInput
from system.json_values import json_fault
from trading.choices import AlertCondition, AlertType, NotificationMethod
from trading.services.alerts.kinds import Kind, kind_of

LONGEST_MESSAGE = 500
LONGEST_COOLDOWN = 60 * 24 * 365
PLACES = 18
"""Decimals that a threshold may have."""
WATCH = ("alert_type", "condition", "trigger_value", "asset_id", "parameters")
"""What is watched: with another one the alert is another one, and is armed anew."""
MANNER = ("message", "notification_method", "expires_at", "cooldown_minutes", "is_active")
WRITABLE = (*WATCH, *MANNER)
NONE_GIVEN: dict[str, Any] = {
    "condition": None,
    "asset_id": None,
    "parameters": {},
    "message": None,
    "notification_method": None,
    "expires_at": None,
    "cooldown_minutes": 0,
    "is_active": True,
}


def checked(wanted: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Columns of an alert as somebody wants it.

    Args:
        wanted: writable columns by name; what is left out has its default.
        now: the present moment.
    Raises:
        InvalidInput: something is missing, unknown or makes no sense; the field is named, within ``parameters`` too.
    """
    values = {**NONE_GIVEN, **wanted}
    for name in values:
        if name not in WRITABLE:
            raise InvalidInput(_("An alert has no %(name)s.") % {"name": str(name)[:50]}, field=str(name)[:50])
    kind = _kind(values)
    found = {
        "alert_type": values["alert_type"],
        "condition": values["condition"] or kind.conditions[0],
        "trigger_value": _threshold(values.get("trigger_value"), kind),
        "asset_id": _asset(values["asset_id"], kind),
        "parameters": _parameters(values["parameters"], kind),
    }
    return found | _manner(values, now)


def _kind(values: Mapping[str, Any]) -> Kind:
    alert_type, condition = values.get("alert_type"), values["condition"]
    if alert_type not in AlertType.values:
        raise InvalidInput(
            _("alert_type must be one of: %(words)s.") % {"words": ", ".join(AlertType.values)}, field="alert_type"
        )
    kind = kind_of(alert_type, condition)
    allowed = list(AlertCondition) if alert_type == AlertType.PRICE_TARGET else list(kind.conditions)
    if condition is not None and condition not in allowed:
        raise InvalidInput(_("condition must be one of: %(words)s.") % {"words": ", ".join(allowed)}, field="condition")
    return kind


def _threshold(value: Any, kind: Kind) -> Decimal:
    """The number itself, within the range of the kind."""
    number = _number(value)
    if number is None:
        raise InvalidInput(_("trigger_value must be a number."), field="trigger_value")
    if not (kind.low < number <= kind.high or (kind.takes_low and number == kind.low)):
        limits = {"low": f"{kind.low:f}", "high": f"{kind.high:f}"}
        message = (
            _("trigger_value must lie between %(low)s and %(high)s.")
            if kind.takes_low
            else _("trigger_value must be above %(low)s and at most %(high)s.")
        )
        raise InvalidInput(message % limits, field="trigger_value")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES:
        raise InvalidInput(_("trigger_value may have 18 decimals at most."), field="trigger_value")
    return number


def _number(value: Any) -> Decimal | None:
    """The finite number that a value is or spells; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _asset(asset_id: Any, kind: Kind) -> int | None:
    if not kind.needs_asset:
        if asset_id is not None:
            raise InvalidInput(_("This kind of alert is about the whole market."), field="asset_id")
        return None
    if asset_id is None:
        raise InvalidInput(_("This kind of alert needs an asset."), field="asset_id")
    if not isinstance(asset_id, int) or isinstance(asset_id, bool) or not visible_assets().filter(pk=asset_id).exists():
        raise InvalidInput(_("There is no such asset."), field="asset_id")
    return asset_id


def _parameters(parameters: Any, kind: Kind) -> dict[str, Any]:
    given = {} if parameters is None else parameters
    if reason := json_fault(given):
        raise InvalidInput(reason, field="parameters")
    fault = best_match(Draft202012Validator(kind.schema).iter_errors(given))
    if fault is not None:
        name = _name(fault, kind, given)
        raise InvalidInput(f"{name}: {fault.message}", field=name)
    # JSON knows one sort of number; none of these is a fraction.
    found = {name: int(value) if isinstance(value, float) else value for name, value in kind.complete(given).items()}
    sector = found.get("sector")
    if sector is not None and not Sector.objects.filter(pk=sector).exists():
        raise InvalidInput(_("There is no such sector."), field="parameters.sector")
    return found


def _name(fault: ValidationError, kind: Kind, given: Any) -> str:
    """The word at fault: for one that is missing or too many, itself, not the object that should or should not have
    it."""
    path = list(fault.absolute_path)
    if fault.validator == "required":
        path.append(next(word for word in kind.required if word not in given))
    elif fault.validator == "additionalProperties":
        path.append(next(word for word in given if word not in kind.schema["properties"])[:50])
    return ".".join(["parameters", *map(str, path)])


def _manner(values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """How it is told, and for how long."""
    message, method, cooldown = values["message"], values["notification_method"], values["cooldown_minutes"]
    if message is not None and (
        not isinstance(message, str) or len(message) > LONGEST_MESSAGE or json_fault(message) is not None
    ):
        raise InvalidInput(_("message must be a text of at most 500 characters."), field="message")
    if method is not None and method not in NotificationMethod.values:
        raise InvalidInput(
            _("notification_method must be one of: %(words)s.") % {"words": ", ".join(NotificationMethod.values)},
            field="notification_method",
        )
    if not isinstance(cooldown, int) or isinstance(cooldown, bool) or not 0 <= cooldown <= LONGEST_COOLDOWN:
        raise InvalidInput(
            _("cooldown_minutes must be a whole number between 0 and %(most)s.") % {"most": LONGEST_COOLDOWN},
            field="cooldown_minutes",
        )
    if not isinstance(values["is_active"], bool):
        raise InvalidInput(_("is_active must be true or false."), field="is_active")
    return {
        "message": message or None,
        "notification_method": method,
        "expires_at": _expiry(values["expires_at"], now),
        "cooldown_minutes": cooldown,
        "is_active": values["is_active"],
    }


def _expiry(expires_at: Any, now: datetime) -> datetime | None:
    if expires_at is None:
        return None
    if not isinstance(expires_at, datetime) or expires_at.tzinfo is None:
        raise InvalidInput(_("expires_at must be a time with its zone."), field="expires_at")
    if expires_at <= now:
        raise InvalidInput(_("expires_at must lie in the future."), field="expires_at")
    return expires_at
