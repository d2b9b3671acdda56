"""What people are shown: one market at a time, with the age of its prices."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, QuerySet

from assets.choices import DEMO_SOURCE, FIXED_SOURCE, Market
from assets.models import Asset, PriceData
from assets.selectors.visible import visible_assets


def shown_market() -> Market | None:
    """The real market as soon as one of its prices is known, before that the demo market; None without any asset."""
    priced = Asset.objects.filter(current_price__isnull=False)
    if priced.exclude(data_source__in=(DEMO_SOURCE, FIXED_SOURCE)).exists():
        return Market.REAL
    return Market.DEMO if Asset.objects.filter(data_source=DEMO_SOURCE).exists() else None


def assets_of(market: Market | None) -> QuerySet[Asset]:
    """The visible assets of one market."""
    is_demo = {"data_source": DEMO_SOURCE}
    assets = visible_assets()
    return assets.filter(**is_demo) if market == Market.DEMO else assets.exclude(**is_demo)


def is_collected(timeframe: str, market: Market | None) -> bool:
    """Whether any asset of a market has a candle of the timeframe, archived ones aside."""
    return PriceData.objects.filter(timeframe=timeframe, asset__in=assets_of(market)).exists()


@dataclass(frozen=True)
class PriceAge:
    """How fresh the prices of a source are: its newest price, and of how many assets it has one."""

    source: str
    newest: datetime | None
    assets: int


def price_ages(market: Market | None) -> list[PriceAge]:
    """Each source of prices of a market, the most used first."""
    rows = (
        assets_of(market)
        .values("data_source")
        .annotate(newest=Max("last_price_update"), priced=Count("current_price"))
        .filter(priced__gt=0)
        .order_by("-priced", "data_source")
    )
    return [PriceAge(row["data_source"], row["newest"], row["priced"]) for row in rows]
