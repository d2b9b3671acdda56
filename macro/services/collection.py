"""Fetching series of single values, each from where its stored values end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import F, Max

from assets.choices import DEMO_SOURCE, AssetType
from assets.compute import periods
from assets.models import Asset
from assets.services import Stored
from macro.compute.values import check_values
from macro.models import ExternalSeries
from macro.providers.base import SeriesSource, SeriesSpec
from macro.providers.market import CoinSizes, Perpetuals
from macro.providers.sources import AlternativeMe, CoinMetrics, Fred, Stooq, Yahoo
from macro.services.series import register_series, store_values
from system.exceptions import ConflictError

REREAD = timedelta(days=7)
"""Newest stored values that are fetched once more: sources correct them for some days."""
ON_CHAIN = ("BTC", "ETH")
"""Coins whose chains are looked at, besides those that were imported from Coin Metrics."""
PERPETUAL = "-PERP"


@dataclass
class SeriesCollected:
    """What fetching from a source did, by code of the series.

    Attributes:
        source: who was asked.
        stored: values by what became of them.
        rejects: rows that hold no value: code, number of the row, reason.
        faults: why a series is not complete.
    """

    source: str
    stored: dict[str, Stored] = field(default_factory=dict)
    rejects: list[tuple[str, int, str]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        return not self.faults


def collect_series(source: SeriesSource, until: datetime) -> SeriesCollected:
    """Fetch what a source has of its series up to ``until``, the present. Repeatable.

    A fault of one series does not stop the others. What came before the fault is stored, and the fault is told.
    """
    done, newest = SeriesCollected(source.name), _newest(source.specs)
    for spec in source.specs:
        since = newest[spec.code] - REREAD if spec.code in newest else until - spec.reach
        fetched = source.fetch(spec, periods.start(since, "1d"), until)
        checked = check_values(fetched.rows, spec.rule, until)
        done.rejects += [(spec.code, fault.line, fault.reason) for fault in checked.faults]
        if fetched.error is not None:
            done.faults[spec.code] = fetched.error
        elif checked.sound.is_empty() and spec.code not in newest:
            done.faults[spec.code] = "no value came"
        if checked.sound.is_empty():
            continue
        try:
            done.stored[spec.code] = store_values(_series(spec, source.name), checked.sound)
        except (ConflictError, DatabaseError) as error:
            done.faults[spec.code] = str(error).partition("\n")[0]
    return done


def standing_sources(assets: int) -> list[SeriesSource]:
    """All sources, with the series that the known assets call for.

    Args:
        assets: of how many assets, the largest first, market caps are fetched.
    """
    real = Asset.objects.exclude(data_source=DEMO_SOURCE).filter(is_active=True)
    ordered = real.order_by(F("market_cap_rank").asc(nulls_last=True), "pk")
    perpetuals = ordered.filter(symbol__endswith=PERPETUAL, external_ids__has_key="binance")[:assets]
    coins = ordered.filter(external_ids__has_key="coingecko", asset_type__in=[AssetType.CRYPTO, AssetType.STABLECOIN])[
        :assets
    ]
    chains = real.filter(symbol__in=ON_CHAIN) | real.filter(external_ids__has_key="coinmetrics")
    return [
        AlternativeMe(),
        Fred(),
        Stooq(),
        Yahoo(),
        CoinMetrics(_named(chains.order_by("pk"), "coinmetrics")),
        Perpetuals(_named(perpetuals, "binance")),
        CoinSizes(_named(coins, "coingecko")),
    ]


def _named(assets: Iterable[Asset], source: str) -> tuple[tuple[str, str, int], ...]:
    """Name at the source, symbol and id of each asset."""
    return tuple(((a.external_ids or {}).get(source, a.symbol.lower()), a.symbol, a.pk) for a in assets)


def _newest(specs: Iterable[SeriesSpec]) -> dict[str, datetime]:
    """Moment of the newest stored value, by code."""
    known = ExternalSeries.objects.filter(code__in=[spec.code for spec in specs])
    return dict(
        known.annotate(newest=Max("values__observed_at")).filter(newest__isnull=False).values_list("code", "newest")
    )


def _series(spec: SeriesSpec, source: str) -> ExternalSeries:
    """The series, which goes on where a file of the same values ended.

    Raises:
        ConflictError: its values come from elsewhere, and two sources are never mixed in one series.
    """
    asset = Asset.objects.get(pk=spec.asset_id) if spec.asset_id is not None else None
    series = register_series(
        spec.code, name=spec.name, kind=spec.kind, unit=spec.unit, source=source, asset=asset, caveat=spec.caveat
    )
    if series.source == "file" and not series.caveat:
        series.source = source
        series.save(update_fields=["source", "updated_at"])
    if series.source != source or series.caveat != spec.caveat:
        said = f" ({series.caveat})" if series.caveat else ""
        raise ConflictError(
            f"{spec.code} has the values of {series.source}{said}; sources are never mixed in a series."
        )
    return series
