"""Which coins of a portfolio are at which exchange or wallet, by what the journal says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from selection.choices import HoldingType
from selection.compute.lots import EXACT, ZERO
from selection.models import Portfolio, PortfolioAsset, PositionFlow
from selection.selectors.valuation import PositionValue, latest_values
from trading.choices import ActionType
from trading.compute.entries import MAIN
from trading.compute.venues import Move, Venue, balances, in_parts
from trading.models import TradeAction

IN_ORDER = ("occurred_at", "place", "action_id", "leg")


@dataclass(frozen=True)
class VenueHolding:
    """Coins of a position at a venue.

    Attributes:
        venue: exchange or wallet; None where the journal does not say.
        position: the position.
        quantity: coins; negative where more left than the journal says had come.
        value: worth at the latest price, USD; None where none is known.
    """

    venue: Venue
    position: PortfolioAsset
    quantity: Decimal
    value: Decimal | None

    @property
    def is_negative(self) -> bool:
        """Whether the journal lacks a transfer to this venue, or names another one than it was."""
        return self.quantity < 0


def holdings_by_venue(portfolio: Portfolio) -> list[VenueHolding]:
    """Coins by venue, those without one last. Their quantities and values add up to those of the positions."""
    values = latest_values([portfolio.pk])[portfolio.pk].positions
    found = [
        VenueHolding(venue, values[position].position, held, worths.get(venue))
        for position, at_venues in balances(_moves(portfolio)).items()
        for worths in (_worths(values[position], at_venues),)
        for venue, held in at_venues.items()
    ]
    return sorted(found, key=lambda one: (one.venue is None, one.venue or "", one.position.sort_order, one.position.pk))


def _moves(portfolio: Portfolio) -> Iterator[Move]:
    """What the flows did, with the venues of their entries."""
    entries = _entries(portfolio)
    flows = PositionFlow.objects.filter(position__portfolio=portfolio)
    rows = flows.order_by(*IN_ORDER).values_list("position_id", "action_id", "leg", "quantity_change")
    for position, action_id, leg, change in rows:
        entry = entries[action_id]
        venue, sent = entry.venue or None, entries.get(entry.matches_id or 0)
        if sent is not None and leg == MAIN and entry.portfolio_asset_id == sent.portfolio_asset_id:
            yield Move(position, change, venue, arrived=_arrived(entry), sent_from=sent.venue or None)
        else:
            yield Move(position, change, venue, entry.action_type == ActionType.SPLIT)


def _entries(portfolio: Portfolio) -> Mapping[int, TradeAction]:
    columns = ("venue", "action_type", "matches", "portfolio_asset", "quantity", "fee_asset", "fee_quantity")
    rows = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio)
    return rows.select_related("portfolio_asset").only(*columns, "portfolio_asset__asset").in_bulk()


def _arrived(entry: TradeAction) -> Decimal:
    """Coins that arrived, less a fee in the same coin."""
    is_own_fee = entry.fee_asset_id == entry.portfolio_asset.asset_id
    with localcontext(EXACT):
        return entry.quantity - (entry.fee_quantity or ZERO if is_own_fee else ZERO)


def _worths(one: PositionValue, at_venues: Mapping[Venue, Decimal]) -> dict[Venue, Decimal]:
    """Worth of the coins at each venue; what is borrowed for them goes by their number."""
    if one.price is None or one.value is None:
        return {}
    sign = -1 if one.position.asset_type == HoldingType.SHORT_POSITION else 1
    with localcontext(EXACT):
        found = {venue: sign * held * one.price for venue, held in at_venues.items()}
        margin = in_parts(one.value - sum(found.values(), ZERO), at_venues)
        return {venue: worth + margin.get(venue, ZERO) for venue, worth in found.items()}
