"""What positions are worth at the latest known prices. Exact; unknown where a price is missing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from selection.choices import HoldingType
from selection.compute.lots import EXACT, Holding
from selection.models import PortfolioAsset
from selection.selectors.stand_ins import StandIn, stand_ins

ZERO = Decimal(0)


@dataclass(frozen=True)
class PositionValue:
    """A position at the latest price of its asset.

    Attributes:
        position: the position.
        price: latest price, USD, else what stands in for it; None if there is none.
        priced_at: when it was known; None where that is not known.
        mark: what it rests on where no source knows it.
        value: worth, USD; of a short one what closing it would cost, negative.
        unrealized: profit not yet realised, USD.
        cost: basis, USD.
    """

    position: PortfolioAsset
    price: Decimal | None
    value: Decimal | None
    unrealized: Decimal | None
    cost: Decimal
    priced_at: datetime | None = None
    mark: str | None = None

    @property
    def unrealized_pct(self) -> Decimal | None:
        """Profit not yet realised, percent of the basis."""
        if self.unrealized is None or not self.cost:
            return None
        return 100 * self.unrealized / abs(self.cost)


@dataclass(frozen=True)
class PortfolioValue:
    """A portfolio at the latest prices.

    Attributes:
        positions: every position, by its id.
        total: worth of all that is held, USD; None while a price is missing.
        held: number of positions that hold something.
    """

    positions: dict[int, PositionValue]
    total: Decimal | None
    held: int

    def weight_pct(self, position_id: int) -> Decimal | None:
        """Share of a position in the whole, percent; None where the whole is unknown or not above 0."""
        value = self.positions[position_id].value
        return 100 * value / self.total if value is not None and self.total and self.total > 0 else None


def latest_values(portfolio_ids: Iterable[int]) -> dict[int, PortfolioValue]:
    """Value of each portfolio, in as many queries however many they are."""
    wanted = list(portfolio_ids)
    found: dict[int, dict[int, PositionValue]] = defaultdict(dict)
    positions = PortfolioAsset.objects.filter(portfolio__in=wanted).select_related("asset")
    rows = list(
        positions.annotate(
            basis=Coalesce(Sum("flows__cost_change_usd"), ZERO),
            received=Coalesce(Sum("flows__cash_flow_usd"), ZERO),
            gained=Coalesce(Sum("flows__realized_usd"), ZERO),
        )
    )
    unpriced = {(one.portfolio_id, one.asset_id) for one in rows if one.asset.current_price is None}
    instead = stand_ins(unpriced, timezone.now())
    for position in rows:
        is_short = position.asset_type == HoldingType.SHORT_POSITION
        holding = Holding(position.quantity, position.basis, position.gained, position.received, is_short)
        one = instead.get((position.portfolio_id, position.asset_id))
        found[position.portfolio_id][position.pk] = valued(position, holding, one)
    return {portfolio_id: summed(found[portfolio_id]) for portfolio_id in wanted}


def valued(position: PortfolioAsset, holding: Holding, instead: StandIn | None = None) -> PositionValue:
    """A position at the latest price of its asset, or at what stands in for it."""
    price, at, mark = position.asset.current_price, position.asset.last_price_update, None
    if price is None and instead is not None:
        price, at, mark = instead.price, instead.since, instead.mark
    if price is None:
        return PositionValue(position, None, None, None, holding.cost)
    return PositionValue(position, price, holding.value(price), holding.unrealized(price), holding.cost, at, mark)


def summed(positions: dict[int, PositionValue]) -> PortfolioValue:
    """The positions as a whole. One that holds nothing needs no price."""
    held = [one for one in positions.values() if one.position.quantity]
    values = [one.value for one in held]
    known = [value for value in values if value is not None]
    with localcontext(EXACT):
        total = sum(known, ZERO) if len(known) == len(values) else None
    return PortfolioValue(positions, total, len(held))
