"""Realised gains by another method than the one a portfolio is kept by: what they would be; nothing is written."""

from copy import copy

from selection.choices import LotMethod
from selection.models import Portfolio
from selection.selectors.gains import Disposal, GainsReport, gains_of
from trading.services.journal.derivation import posted_of


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
    other = copy(portfolio)
    other.lot_method = LotMethod(method)
    return gains_of(other, year, currency=currency, disposals=_disposals(other))


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
