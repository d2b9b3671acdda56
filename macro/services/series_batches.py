"""Many series at once: one statement for all of their values."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from django.db import transaction

from assets.services import Stored
from macro.models import ExternalSeries
from macro.services.series import store_rows


@dataclass(frozen=True)
class SeriesValues:
    """A series as ``register_series`` knows it, and values as ``store_values`` takes them."""

    code: str
    name: str
    kind: str
    unit: str
    values: pl.DataFrame
    asset_id: int | None = None


@transaction.atomic
def store_series(batch: Iterable[SeriesValues], *, source: str) -> Stored:
    """Store values of many series of one source, all or none; series that are new are made. Repeatable."""
    filled = {one.code: one for one in batch if not one.values.is_empty()}
    if not filled:
        return Stored()
    ids = _register(filled.values(), source)
    return store_rows(
        pl.concat(
            one.values.select(pl.lit(ids[code]).alias("series_id"), "observed_at", "known_at", "value")
            for code, one in filled.items()
        )
    )


def _register(batch: Iterable[SeriesValues], source: str) -> dict[str, int]:
    """Ids by code."""
    wanted = list(batch)
    known = ExternalSeries.objects.filter(code__in=[one.code for one in wanted])
    ids = dict(known.values_list("code", "pk"))
    new = [
        ExternalSeries(
            code=one.code, name=one.name[:100], kind=one.kind, unit=one.unit, source=source, asset_id=one.asset_id
        )
        for one in wanted
        if one.code not in ids
    ]
    return ids | {series.code: series.pk for series in ExternalSeries.objects.bulk_create(new)}
