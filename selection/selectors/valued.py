"""Portfolios: what their positions were worth on a snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Max, Sum

from assets.selectors import MarketView
from selection.choices import HoldingType
from selection.compute.lots import Holding
from selection.models import Portfolio, PortfolioAsset, PositionFlow
from selection.selectors.prices import latest_closes
from selection.selectors.stand_ins import AS_DOLLAR, StandIn, stand_ins

QUARTER = timedelta(days=90)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Valued:
    """A position at a moment. ``price`` and what follows from it is None where no price is known.

    ``mark`` is the code of what the price rests on where no source knows it: a coin counted as one dollar, a price that
    a person stated. ``marks`` are those of what its journal rests on.
    """

    position: PortfolioAsset
    holding: Holding
    price: Decimal | None
    mark: str | None = None
    marks: frozenset[str] = frozenset()

    @property
    def is_assumed(self) -> bool:
        """Whether the price is not a known one."""
        return self.mark is not None

    @property
    def value(self) -> Decimal | None:
        return None if self.price is None else self.holding.value(self.price)

    @property
    def unrealized(self) -> Decimal | None:
        return None if self.price is None else self.holding.unrealized(self.price)


def valued_positions(portfolio: Portfolio, view: MarketView) -> list[Valued]:
    """Positions that were open at the view's moment, by the flows up to then and the last closes known then."""
    flows = PositionFlow.objects.filter(position__portfolio=portfolio, occurred_at__lte=view.as_of)
    sums = flows.values("position_id").annotate(
        quantity=Sum("quantity_change"),
        cost=Sum("cost_change_usd"),
        realized=Sum("realized_usd"),
        cash=Sum("cash_flow_usd"),
        last=Max("occurred_at"),
    )
    totals = {row["position_id"]: row for row in sums if row["quantity"]}
    positions = list(PortfolioAsset.objects.filter(pk__in=totals).select_related("asset").order_by("id"))
    marks: dict[int, frozenset[str]] = {}
    for key, codes in flows.filter(position__in=totals).exclude(assumptions=[]).values_list("position", "assumptions"):
        marks[key] = marks.get(key, frozenset()).union(codes)
    closes = latest_closes({position.asset_id for position in positions}, view)
    unpriced = {(portfolio.pk, position.asset_id) for position in positions if position.asset_id not in closes}
    instead = {asset_id: one for (_key, asset_id), one in stand_ins(unpriced, view.as_of).items()}
    return [
        Valued(
            position,
            Holding(
                totals[position.pk]["quantity"],
                totals[position.pk]["cost"],
                totals[position.pk]["realized"],
                totals[position.pk]["cash"],
                position.asset_type == HoldingType.SHORT_POSITION,
            ),
            *_price(position, closes, instead),
            marks.get(position.pk, frozenset()),
        )
        for position in positions
    ]


def _price(
    position: PortfolioAsset, closes: Mapping[int, Decimal], instead: Mapping[int, StandIn]
) -> tuple[Decimal | None, str | None]:
    """Price of a position's asset, USD, and its mark if no source knows it."""
    close, one = closes.get(position.asset_id), instead.get(position.asset_id)
    if close is not None or one is None:
        return close, None
    return one.price, one.mark


def assumptions(valued: Sequence[Valued], *more: str) -> list[str]:
    """What the figures about the positions rest on besides known prices: in words where a price is assumed, codes of
    what the journal, or their past (``more``), rests on."""
    dollars = {
        one.mark: one.position.asset.symbol for one in valued if one.mark and one.mark.startswith(f"{AS_DOLLAR}:")
    }
    words = [f"{symbol} counted as 1 USD: no rate is known" for symbol in sorted(dollars.values())]
    codes = {code for one in valued for code in one.marks}.union(more, (one.mark for one in valued if one.mark))
    return words + sorted(codes - dollars.keys())
