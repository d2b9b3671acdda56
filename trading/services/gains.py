"""Lots and realised gains by another method than the one a portfolio is kept by: what they would be; nothing is
written."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from selection.choices import HoldingType, LotMethod
from selection.models import Portfolio, PositionLot
from selection.selectors.gains import Disposal, GainsReport, gains_of
from trading.services.journal.derivation import desk_of, posted_of


@dataclass(frozen=True)
class OpenLot:
    """Coins of one acquisition that are held still.

    Attributes:
        action_id: the entry that brought them.
        acquired_at: when they were acquired first, also at another venue.
        cost: USD; of a short what was received, negative.
        assumptions: codes of what the cost rests on.
    """

    position_id: int
    symbol: str
    is_short: bool
    action_id: int
    acquired_at: datetime
    quantity: Decimal
    cost: Decimal
    assumptions: tuple[str, ...] = ()


def lots_by_method(portfolio: Portfolio, method: str | None = None) -> list[OpenLot]:
    """What is held by lot, those of one coin together, the oldest first.

    Args:
        portfolio: whose.
        method: which coins left first; None = as the portfolio is kept.
    """
    is_kept = method is None or method == portfolio.lot_method
    found = _kept_lots(portfolio) if is_kept else _other_lots(_kept_by(portfolio, str(method)))
    return sorted(found, key=lambda one: (one.symbol, one.position_id, one.acquired_at, one.action_id))


def _kept_lots(portfolio: Portfolio) -> Iterator[OpenLot]:
    rows = PositionLot.objects.filter(position__portfolio=portfolio).select_related("position__asset")
    for lot in rows:
        yield OpenLot(
            lot.position_id,
            lot.position.asset.symbol,
            lot.position.asset_type == HoldingType.SHORT_POSITION,
            lot.action_id,
            lot.acquired_at,
            lot.quantity,
            lot.cost_usd,
            tuple(lot.assumptions),
        )


def _other_lots(portfolio: Portfolio) -> Iterator[OpenLot]:
    desk, posted = desk_of(portfolio), posted_of(portfolio)
    for pk in posted.books:
        if not desk.accounts.terms[pk].has_lots:
            continue
        position = desk.positions[pk]
        is_short = position.asset_type == HoldingType.SHORT_POSITION
        for lot in posted.lots(pk):
            marks = tuple(sorted(lot.assumptions))
            yield OpenLot(
                pk, position.asset.symbol, is_short, lot.action_id, lot.acquired_at, lot.quantity, lot.cost, marks
            )


def gains_by_method(
    portfolio: Portfolio, year: int, *, method: str | None = None, currency: str | None = None
) -> GainsReport:
    """Realised gains of a year by lot.

    Args:
        portfolio: whose.
        year: calendar year, UTC.
        method: which coins left first; None = as the portfolio is kept.
        currency: of the amounts; None = that of the portfolio.
    """
    if method is None or method == portfolio.lot_method:
        return gains_of(portfolio, year, currency=currency)
    other = _kept_by(portfolio, method)
    return gains_of(other, year, currency=currency, disposals=_disposals(other))


def _kept_by(portfolio: Portfolio, method: str) -> Portfolio:
    """The portfolio as if it were kept by a method; it is not saved."""
    other = copy(portfolio)
    other.lot_method = LotMethod(method)
    return other


def _disposals(portfolio: Portfolio) -> list[Disposal]:
    """Every lot that has left, by the time of that."""
    positions = {one.pk: one for one in portfolio.positions.select_related("asset")}
    found = sorted(
        posted_of(portfolio).disposals,
        key=lambda gone: (gone.fill.occurred_at, gone.fill.action_id, gone.fill.leg, gone.number),
    )
    return [
        Disposal(
            symbol=positions[gone.fill.book].asset.symbol,
            holding=positions[gone.fill.book].asset_type,
            kind=gone.fill.kind,
            action_id=gone.fill.action_id,
            acquired_at=gone.lot.acquired_at,
            disposed_at=gone.fill.occurred_at,
            quantity=gone.lot.quantity,
            cost=gone.cost,
            proceeds=gone.proceeds,
            marks=tuple(sorted(gone.assumptions)),
        )
        for gone in found
    ]
