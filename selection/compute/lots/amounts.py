"""Exact amounts of money and coins: 18 decimal places, and a context that never rounds before them."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

PLACES = Decimal(1).scaleb(-18)
ZERO = Decimal(0)
EXACT = Context(prec=100)
"""Python's own 28 digits would round: a product of two columns of 38 digits has up to 76."""


def exact(amount: Decimal) -> Decimal:
    """The amount at the scale of a column. Needs the context ``EXACT``."""
    return amount.quantize(PLACES, ROUND_HALF_EVEN)


def share(whole: Decimal, part: Decimal, total: Decimal) -> Decimal:
    """``whole * part / total``, and all of it for the last part, so that nothing is lost in rounding."""
    return whole if part == total else exact(whole * part / total)
