"""What stands in for a price that no source knows: one that the owner has stated, else one dollar for coins that count
as one. Whoever uses it is told so by a mark."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from assets.models import Asset
from selection.compute.marks import AS_DOLLAR, DOLLAR, DOLLARS, STATED
from selection.models import ManualPrice

__all__ = ["AS_DOLLAR", "DOLLAR", "DOLLARS", "ONE", "STATED", "StandIn", "stand_ins"]

ONE = Decimal(1)
Key = tuple[int, int]
"""A portfolio and an asset."""


@dataclass(frozen=True)
class StandIn:
    """A price, USD; since when it holds, if a person stated it; and its mark, None for the dollar itself."""

    price: Decimal
    since: datetime | None
    mark: str | None


def stand_ins(wanted: Collection[Key], as_of: datetime) -> dict[Key, StandIn]:
    """What stands in for prices in portfolios at a moment, by what was stated then; without those that nothing does."""
    if not wanted:
        return {}
    portfolios, assets = {key[0] for key in wanted}, {key[1] for key in wanted}
    symbols = Asset.objects.filter(pk__in=assets, symbol__in=(*DOLLARS, DOLLAR)).values_list("pk", "symbol")
    marks = {pk: None if symbol == DOLLAR else f"{AS_DOLLAR}:{pk}" for pk, symbol in symbols}
    found = {key: StandIn(ONE, None, marks[key[1]]) for key in wanted if key[1] in marks}
    stated = ManualPrice.objects.filter(
        portfolio__in=portfolios, asset__in=assets, priced_at__lte=as_of, created_at__lte=as_of
    ).order_by("priced_at", "pk")
    for portfolio, asset, price, at in stated.values_list("portfolio", "asset", "price", "priced_at"):
        if (portfolio, asset) in wanted:
            found[portfolio, asset] = StandIn(price, at, f"{STATED}:{asset}")
    return found
