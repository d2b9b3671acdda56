"""What every source of single values offers: macro closes, sentiment, on-chain counts, derivatives, market caps.

As with candles, a source hands over rows as it sent them; ``macro.compute.values`` judges them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import polars as pl

from assets.providers.base import VALUE_SCHEMA, Fetched, plain
from macro.compute.values import ValueRule


@dataclass(frozen=True)
class SeriesSpec:
    """A series that a source offers.

    Attributes:
        code, name, kind, unit: as in ``external_series``.
        key: the source's own name of it.
        rule: how its rows are read.
        asset_id: the asset that it describes.
        caveat: what a reader must know.
        reach: how far back it is fetched when nothing of it is stored.
    """

    code: str
    name: str
    kind: str
    unit: str
    key: str
    rule: ValueRule = field(default_factory=ValueRule)
    asset_id: int | None = None
    caveat: str | None = None
    reach: timedelta = timedelta(days=3653)


class SeriesSource(Protocol):
    """A source of series."""

    @property
    def name(self) -> str:
        """Its name in ``external_series.source``."""

    @property
    def specs(self) -> Sequence[SeriesSpec]:
        """The series that it offers here."""

    def fetch(self, spec: SeriesSpec, since: datetime, until: datetime) -> Fetched:
        """Rows of a series from ``since`` to ``until`` (the present), of ``VALUE_SCHEMA``.

        Never raises for what the source did: that is told in the answer.
        """


def value_frame(rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Times and values as text, numbered from 1."""
    numbered = [(number, plain(time), plain(value)) for number, (time, value) in enumerate(rows, 1)]
    return pl.DataFrame(numbered, schema=VALUE_SCHEMA, orient="row")
