"""A portfolio at a glance: what it is worth at the latest prices, what today brought, what it consists of. In USD."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from sectors.selectors.members import primary_sectors
from selection.compute.lots import EXACT
from selection.models import Portfolio, PortfolioDay, PositionFlow
from selection.selectors.portfolio_days import day_start
from selection.selectors.valuation import PortfolioValue, PositionValue, latest_values

ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Part:
    """What belongs together in a portfolio.

    Attributes:
        key: id of the asset, or of the sector; None for a risk category, and where there is no sector.
        name: symbol, sector or risk category; None where there is none.
        value: worth, short positions negative; None while a price is missing.
        share_pct: of the worth of the whole, with the same sign; None where that is unknown or not above 0.
    """

    key: int | None
    name: str | None
    value: Decimal | None
    share_pct: Decimal | None


@dataclass(frozen=True)
class Summary:
    """A portfolio at the latest prices.

    Attributes:
        total: worth of all that is held; None while a price is missing.
        gained_today: since the day began (UTC), without what was put in or taken out; None where the worth of then or
            of now is unknown.
        gained_today_pct: by the worth of then and what was put in since; None where these are not above 0.
        unrealized: profit not yet realised; None while a price is missing.
        realized: profit since the beginning, net of fees.
        held: number of positions that hold something.
        by_asset, by_sector, by_risk: what is held, the largest first.
    """

    total: Decimal | None
    gained_today: Decimal | None
    gained_today_pct: Decimal | None
    unrealized: Decimal | None
    realized: Decimal
    held: int
    by_asset: Sequence[Part]
    by_sector: Sequence[Part]
    by_risk: Sequence[Part]


def portfolio_summary(portfolio: Portfolio, now: datetime) -> Summary:
    """A portfolio at a glance. What it was worth when the day began is known once its days have been counted, see
    ``selection.services.count_days``."""
    whole = latest_values([portfolio.pk])[portfolio.pk]
    held = [one for one in whole.positions.values() if one.position.quantity]
    midnight = day_start(now.astimezone(UTC).date())
    flows = PositionFlow.objects.filter(position__portfolio=portfolio)
    sums = flows.aggregate(
        realized=Coalesce(Sum("realized_usd"), ZERO),
        external=Coalesce(Sum("external_usd", filter=Q(occurred_at__gte=midnight)), ZERO),
    )
    start = _worth_at(portfolio, midnight)
    gained = _gained(whole.total, start, sums["external"])
    basis = None if start is None else start + max(sums["external"], ZERO)
    sectors = primary_sectors([one.position.asset_id for one in held], now)
    of_sector = {pk: (sector.pk, sector.name) for pk, sector in sectors.items()}
    return Summary(
        total=whole.total,
        gained_today=gained,
        gained_today_pct=100 * gained / basis if gained is not None and basis and basis > 0 else None,
        unrealized=_sum(one.unrealized for one in held),
        realized=sums["realized"],
        held=whole.held,
        by_asset=_parts(held, whole, lambda one: (one.position.asset_id, one.position.asset.symbol)),
        by_sector=_parts(held, whole, lambda one: of_sector.get(one.position.asset_id, (None, None))),
        by_risk=_parts(held, whole, lambda one: (None, one.position.risk_category)),
    )


def _worth_at(portfolio: Portfolio, midnight: datetime) -> Decimal | None:
    """Worth when a day began; 0 where nothing had happened before, None where it is unknown."""
    if not PositionFlow.objects.filter(position__portfolio=portfolio, occurred_at__lt=midnight).exists():
        return ZERO
    last = (midnight - ONE_DAY).date()
    return PortfolioDay.objects.filter(portfolio=portfolio, day=last).values_list("value_usd", flat=True).first()


def _gained(total: Decimal | None, start: Decimal | None, external: Decimal) -> Decimal | None:
    if total is None or start is None:
        return None
    with localcontext(EXACT):
        return total - start - external


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Sum; None if one of the amounts is unknown."""
    found = ZERO
    with localcontext(EXACT):
        for amount in amounts:
            if amount is None:
                return None
            found += amount
    return found


def _parts(
    held: Iterable[PositionValue], whole: PortfolioValue, of: Callable[[PositionValue], tuple[int | None, str | None]]
) -> list[Part]:
    """Positions by what they have in common, the largest first and the unknown last."""
    groups: dict[Hashable, list[PositionValue]] = {}
    for one in held:
        groups.setdefault(of(one), []).append(one)
    parts = []
    for members in groups.values():
        key, name = of(members[0])
        value = _sum(one.value for one in members)
        is_known = value is not None and whole.total is not None and whole.total > 0
        share = 100 * value / whole.total if is_known and value is not None and whole.total is not None else None
        parts.append(Part(key, name, value, share))
    return sorted(parts, key=lambda part: (part.value is None, -abs(part.value or ZERO), part.name or ""))
