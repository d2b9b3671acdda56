"""How large a position a person may take with a plan: what the plan is worth, and every limit that they have set."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, localcontext

from selection.compute.lots import EXACT
from trading.compute.risk_limits import HUNDRED, ZERO, Book, Limits, Order, capital, total

CENT = Decimal("0.01")
EDGE = "edge"
"""What a plan is worth by its measured chance: its name among the bounds."""


@dataclass(frozen=True)
class Bound:
    """What one rule allows.

    Attributes:
        rule: its name: ``edge``, or the name of a limit.
        most: dollars; None where what it counts with is unknown.
    """

    rule: str
    most: Decimal | None


@dataclass(frozen=True)
class OwnSize:
    """A position for one person.

    Attributes:
        size: dollars, the least that any rule allows; None where one of them cannot be told.
        bounds: every rule, the tightest first, those that cannot be told before it.
        risk: dollars that the stop costs with that size.
    """

    size: Decimal | None
    bounds: list[Bound]
    risk: Decimal | None


def own_size(share: Decimal, way: Decimal, limits: Limits, book: Book, asset_id: int, sector: str | None) -> OwnSize:
    """The largest position without leverage that every rule allows.

    Args:
        share: of the capital that the plan is worth, 0-1; 0 without an edge.
        way: to the stop, a fraction of the entry, above 0.
        limits: of the person.
        book: their portfolio.
        asset_id: of what.
        sector: its primary sector; None if it has none.
    """
    with localcontext(EXACT):
        bounds = list(_bounds(share, way, limits, book, asset_id, sector))
        bounds.sort(key=lambda one: (one.most is not None, one.most or ZERO))
        known = [one.most for one in bounds if one.most is not None]
        # Without an edge nothing is put in, whatever else is unknown.
        size = ZERO if ZERO in known else min(known).quantize(CENT, ROUND_DOWN) if len(known) == len(bounds) else None
        return OwnSize(size, bounds, None if size is None else size * way)


def _bounds(
    share: Decimal, way: Decimal, limits: Limits, book: Book, asset_id: int, sector: str | None
) -> Iterator[Bound]:
    nothing = Order(asset_id, sector, ZERO, ZERO)
    whole = capital(book, nothing)
    yield Bound(EDGE, ZERO if share == 0 else _part(whole, share))
    if limits.max_position_size is not None:
        yield Bound("max_position_size", _left(limits.max_position_size, _held(book, asset_id)))
    if limits.max_portfolio_risk is not None:
        yield Bound("max_portfolio_risk", _part(whole, limits.max_portfolio_risk / way))
    if limits.max_asset_pct is not None:
        allowed = _part(whole, limits.max_asset_pct / HUNDRED)
        yield Bound("max_asset_pct", _left(allowed, _held(book, asset_id)))
    if limits.max_sector_pct is not None:
        allowed = _part(whole, limits.max_sector_pct / HUNDRED)
        within = None if sector is None else total(one.exposure for one in book.held if one.sector == sector)
        yield Bound("max_sector_pct", _left(allowed, within))
    is_new = all(one.asset_id != asset_id for one in book.held)
    if limits.max_open_positions is not None and is_new and len(book.held) >= limits.max_open_positions:
        yield Bound("max_open_positions", ZERO)


def _held(book: Book, asset_id: int) -> Decimal | None:
    return total(one.exposure for one in book.held if one.asset_id == asset_id)


def _part(whole: Decimal | None, share: Decimal) -> Decimal | None:
    return None if whole is None else whole * share


def _left(allowed: Decimal | None, taken: Decimal | None) -> Decimal | None:
    return None if allowed is None or taken is None else max(allowed - taken, ZERO)
