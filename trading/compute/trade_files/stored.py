"""Lines as JSON keeps them, all digits of a number included."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from trading.compute.trade_files.lines import Line

NUMBERS = ("quantity", "price", "fee")


def stored(line: Line) -> dict[str, Any]:
    """The line as JSON keeps it."""
    values = {name: value for name, value in asdict(line).items() if value not in (None, "", {})}
    numbers = {name: f"{values[name]:f}" for name in NUMBERS if name in values}
    return values | numbers | {"at": line.at.isoformat()}


def restored(values: Mapping[str, Any]) -> Line:
    """The line that was stored."""
    numbers = {name: Decimal(values[name]) for name in NUMBERS if name in values}
    return Line(**{**values, **numbers, "at": datetime.fromisoformat(values["at"])})
