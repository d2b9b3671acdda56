"""Requests of many rows: what is wrong with any of them is told together, by row and field."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from assets.models import Asset
from system.exceptions import InvalidInput, InvalidRows

MOST_ROWS = 500
LARGEST_KEY = 2**63 - 1


class Faults:
    """What is wrong with some rows."""

    def __init__(self, prefix: str = "items") -> None:
        self.prefix = prefix
        self.found: list[InvalidInput] = []

    def add(self, row: int, field: str, reason: str, code: str | None = None) -> None:
        """Note a fault of a row (counted from 0) in a field; an empty one means the row itself."""
        name = ".".join(filter(None, (self.prefix, str(row), field)))
        words = _("Row %(row)s: %(reason)s") % {"row": row + 1, "reason": reason}
        self.found.append(InvalidInput(words, field=name, code=code))

    def of(self, row: int, read: Callable[..., Any], *values: Any, field: str | None = None) -> Any:
        """What reading values gives; None where it is refused, which is noted under the field that is named."""
        try:
            return read(*values)
        except InvalidInput as fault:
            self.add(row, (fault.field or "") if field is None else field, str(fault), fault.code)
            return None

    def raise_all(self) -> None:
        """Refuse, if there is anything."""
        if self.found:
            raise InvalidRows(self.found)


def require_few(rows: Sequence[Any], field: str) -> None:
    """Not more rows than one request may have.

    Raises:
        InvalidInput: more.
    """
    if len(rows) > MOST_ROWS:
        raise InvalidInput(
            _("At most %(most)s rows at once; these are %(rows)s.") % {"most": MOST_ROWS, "rows": len(rows)},
            field=field,
            code="too_many_rows",
        )


def asset_key(value: Any) -> int:
    """What can be the id of an asset.

    Raises:
        InvalidInput: it cannot.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_KEY:
        raise InvalidInput(_("%(value)s is no id of an asset.") % {"value": value}, field="asset_id")
    return value


def known_asset(asset_id: Any) -> Asset:
    """The asset that a request names.

    Raises:
        InvalidInput: there is none.
    """
    found = Asset.objects.filter(pk=asset_key(asset_id)).first()
    if found is None:
        raise InvalidInput(_("There is no asset %(id)s.") % {"id": asset_id}, field="asset_id", code="unknown_asset")
    return found


def require_each_once(names: Mapping[int, str], keys: Sequence[int], field: str) -> None:
    """A new order names everything that there is, once.

    Args:
        names: what there is: key and name.
        keys: what was named.
        field: where, for the refusal.
    Raises:
        InvalidRows: something is missing, named twice, or not there.
    """
    faults, seen = Faults(field), set()
    for row, key in enumerate(keys):
        if isinstance(key, bool) or not isinstance(key, int) or key not in names:
            faults.add(row, "", _("%(key)s is none of those that are ordered.") % {"key": key}, "foreign")
        elif key in seen:
            faults.add(row, "", _("%(name)s is named twice.") % {"name": names[key]}, "named_twice")
        else:
            seen.add(key)
    if missing := [name for key, name in names.items() if key not in seen]:
        reason = _("These are not named: %(names)s.") % {"names": ", ".join(missing)}
        faults.found.append(InvalidInput(reason, field=field, code="missing"))
    faults.raise_all()
