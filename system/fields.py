"""Decimal columns, named by what they hold. Money is Decimal everywhere; the scale of each kind stands here once."""

from typing import Any

from django.db import models


class Numeric(models.DecimalField):
    """``numeric(digits, places)``, written short."""

    def __init__(self, digits: int | None = None, places: int | None = None, **options: Any) -> None:
        options.setdefault("max_digits", digits)
        options.setdefault("decimal_places", places)
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.DecimalField", args, options


class PriceField(Numeric):
    """A price or a quantity of coins: 18 places, because real prices go down to 8e-11 USD."""

    def __init__(self, **options: Any) -> None:
        super().__init__(options.pop("max_digits", 38), options.pop("decimal_places", 18), **options)


class UsdField(Numeric):
    """An amount of US dollars in cents: market caps, volumes, values."""

    def __init__(self, **options: Any) -> None:
        super().__init__(options.pop("max_digits", 30), options.pop("decimal_places", 2), **options)
