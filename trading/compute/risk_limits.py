"""The limits that a person sets for themselves, against what they hold and what they want to add.

Amounts are exact. What is unknown keeps no limit: an unknown price, worth or sector counts as a breach, never as 0.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from selection.compute.lots import EXACT

ZERO, HUNDRED = Decimal(0), Decimal(100)
PRICE, WORTH, SECTOR = "price", "worth", "sector"
"""What may be unknown."""


@dataclass(frozen=True)
class Limits:
    """What a person allows themselves; None = no limit.

    Attributes:
        max_position_size: dollars in one asset.
        max_portfolio_risk: share of the portfolio, 0-1, that one trade may lose at its stop.
        max_open_positions: how many positions may be open.
        max_leverage: of a position; 1 = none.
        max_asset_pct: of the portfolio in one asset, percent.
        max_sector_pct: of the portfolio in the assets of one sector, percent.
        daily_loss_limit_pct: loss since 00:00 UTC from which on nothing is opened, percent of the portfolio then.
        daily_loss_limit_usd: the same, dollars.
    """

    max_position_size: Decimal | None = None
    max_portfolio_risk: Decimal | None = None
    max_open_positions: int | None = None
    max_leverage: Decimal = Decimal(1)
    max_asset_pct: Decimal | None = None
    max_sector_pct: Decimal | None = None
    daily_loss_limit_pct: Decimal | None = None
    daily_loss_limit_usd: Decimal | None = None


@dataclass(frozen=True)
class Held:
    """An open position, but for dollars.

    Attributes:
        asset_id: what is held or sold short.
        sector: its primary sector; None if it has none.
        exposure: coins by price, dollars, never negative; None while the price is unknown.
    """

    asset_id: int
    sector: str | None
    exposure: Decimal | None


@dataclass(frozen=True)
class Book:
    """A portfolio before the trade.

    Attributes:
        held: its open positions.
        worth: of the whole, dollars; None while a price is unknown.
        tracks_cash: what is bought is paid from the portfolio itself.
        stated: dollars that the person trades with, where they have said so; it stands in for the worth.
        day_result: realised and open since 00:00 UTC, dollars; None if unknown.
        trade_risk: what earlier parts of the same trade still lose at the stop, dollars; None if unknown.
    """

    held: tuple[Held, ...]
    worth: Decimal | None
    tracks_cash: bool = True
    stated: Decimal | None = None
    day_result: Decimal | None = ZERO
    trade_risk: Decimal | None = ZERO


@dataclass(frozen=True)
class Order:
    """What is to be added.

    Attributes:
        asset_id: of what.
        sector: its primary sector; None if it has none.
        amount: coins by price, dollars, above 0.
        risk: loss at the stop with the fee, dollars.
        fee: dollars.
        leverage: of the position.
        opens: a position is opened, none is added to.
    """

    asset_id: int
    sector: str | None
    amount: Decimal
    risk: Decimal
    fee: Decimal = ZERO
    leverage: Decimal = Decimal(1)
    opens: bool = True


@dataclass(frozen=True)
class Check:
    """A limit, and what it would be with the trade.

    Attributes:
        rule: name of the limit.
        limit: what is allowed.
        value: what it would be; None if unknown.
        is_kept: the limit holds.
        unknown: what is not known, if the value is not.
    """

    rule: str
    limit: Decimal
    value: Decimal | None
    is_kept: bool
    unknown: str | None = None


def checks(limits: Limits, book: Book | None, order: Order) -> list[Check]:
    """Every limit that is set, with the trade made.

    Args:
        limits: what is allowed.
        book: the portfolio; None while it is not chosen, then only what needs none is checked.
        order: what is to be added.
    """
    with localcontext(EXACT):
        return [*_by_itself(limits, book, order), *(_within(limits, book, order) if book is not None else ())]


def capital(book: Book, order: Order) -> Decimal | None:
    """Worth of the portfolio with the trade in it, dollars: what shares are counted of. None if unknown or not above 0.

    Without tracked cash the money for the trade comes from outside, so it joins the worth.
    """
    with localcontext(EXACT):
        if book.stated is not None:
            whole: Decimal | None = book.stated
        elif book.worth is None:
            whole = None
        elif book.tracks_cash:
            whole = book.worth - order.fee
        else:
            whole = book.worth + order.amount / order.leverage
        return whole if whole is not None and whole > 0 else None


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Sum of amounts; None if one is unknown."""
    whole = ZERO
    with localcontext(EXACT):
        for amount in amounts:
            if amount is None:
                return None
            whole += amount
    return whole


def _by_itself(limits: Limits, book: Book | None, order: Order) -> Iterator[Check]:
    yield _checked("max_leverage", limits.max_leverage, order.leverage)
    if limits.max_position_size is not None:
        size = order.amount if book is None else _in_asset(book, order)
        yield _checked("max_position_size", limits.max_position_size, size)


def _within(limits: Limits, book: Book, order: Order) -> Iterator[Check]:
    """What depends on the portfolio."""
    if limits.max_open_positions is not None:
        yield _checked("max_open_positions", Decimal(limits.max_open_positions), Decimal(len(book.held) + order.opens))
    yield from _shares(limits, book, order)
    yield from _losses(limits, book)


def _shares(limits: Limits, book: Book, order: Order) -> Iterator[Check]:
    whole = capital(book, order)
    if limits.max_portfolio_risk is not None:
        lost = total((book.trade_risk, order.risk))
        yield _share("max_portfolio_risk", limits.max_portfolio_risk, lost, whole, PRICE)
    if limits.max_asset_pct is not None:
        held = _times(_in_asset(book, order), HUNDRED)
        yield _share("max_asset_pct", limits.max_asset_pct, held, whole, PRICE)
    if limits.max_sector_pct is not None:
        held = _times(_in_sector(book, order), HUNDRED)
        yield _share("max_sector_pct", limits.max_sector_pct, held, whole, SECTOR if order.sector is None else PRICE)


def _losses(limits: Limits, book: Book) -> Iterator[Check]:
    """Losses of the day. Unlike the other limits these are broken when they are reached."""
    lost = None if book.day_result is None else max(-book.day_result, ZERO)
    if limits.daily_loss_limit_usd is not None:
        yield _reached("daily_loss_limit_usd", limits.daily_loss_limit_usd, lost)
    if limits.daily_loss_limit_pct is not None:
        yield _reached("daily_loss_limit_pct", limits.daily_loss_limit_pct, _lost_pct(book, lost))


def _lost_pct(book: Book, lost: Decimal | None) -> Decimal | None:
    """Percent of what the day began with and was put in since; of the stated capital where there is one."""
    if not lost:
        return lost
    begun = book.stated if book.stated is not None else total((book.worth, lost))
    return HUNDRED * lost / begun if begun is not None and begun > 0 else None


def _in_asset(book: Book, order: Order) -> Decimal | None:
    """What would be held of the asset, long and short, dollars."""
    return total([*(one.exposure for one in book.held if one.asset_id == order.asset_id), order.amount])


def _in_sector(book: Book, order: Order) -> Decimal | None:
    """What would be held of assets of the sector, dollars."""
    if order.sector is None:
        return None
    return total([*(one.exposure for one in book.held if one.sector == order.sector), order.amount])


def _times(amount: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if amount is None else amount * factor


def _share(rule: str, limit: Decimal, part: Decimal | None, whole: Decimal | None, unknown: str) -> Check:
    """A part of the whole; compared as products, which are exact."""
    if part is None or whole is None:
        return Check(rule, limit, None, False, unknown if part is None else WORTH)
    return Check(rule, limit, part / whole, part <= limit * whole)


def _checked(rule: str, limit: Decimal, value: Decimal | None, unknown: str = PRICE) -> Check:
    if value is None:
        return Check(rule, limit, None, False, unknown)
    return Check(rule, limit, value, value <= limit)


def _reached(rule: str, limit: Decimal, value: Decimal | None) -> Check:
    if value is None:
        return Check(rule, limit, None, False, WORTH)
    return Check(rule, limit, value, value < limit)
