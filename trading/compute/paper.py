"""How many coins a paper portfolio takes of a signal."""

from decimal import ROUND_DOWN, Decimal

PLACES = Decimal("0.00000001")


def coins(
    capital: Decimal, risk_pct: Decimal, max_positions: int, price: Decimal, stop: Decimal, *, fee: Decimal
) -> Decimal | None:
    """As many as lose ``risk_pct`` of the capital on the way to the stop, and cost with their fee no more than the
    capital's share of one position; rounded down to eight places.

    Args:
        capital: dollars that the portfolio began with.
        risk_pct: percent of it.
        max_positions: most positions at once.
        price, stop: dollars; the price is that of the fill.
        fee: of the amount, a fraction.
    Returns:
        None where price and stop are the same, or nothing is left after rounding.
    """
    way = abs(price - stop)
    if not way or price <= 0:
        return None
    by_risk = capital * risk_pct / 100 / way
    by_share = capital / max_positions / (price * (1 + fee))
    found = min(by_risk, by_share).quantize(PLACES, ROUND_DOWN)
    return found if found > 0 else None
