"""Columns of the screener: which there are, what each sorts by, and what stands in the file."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, ExpressionWrapper, F
from django.db.models.functions import NullIf
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assets.models import Asset
from cryptopredict.pages.asset_chart.chart import iso
from cryptopredict.pages.screener.rows import Row

BELOW_TOP = ExpressionWrapper(
    100 * (F("current_price") / NullIf(F("ath"), Decimal(0)) - 1),
    output_field=DecimalField(max_digits=38, decimal_places=6),
)
"""How far the price lies from its highest ever, in percent."""
SIGNALS = "open_signals"
"""Number of open signals; the page adds it to its assets."""


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        key: names it in the address.
        label: its head.
        order: what it sorts by; None: it cannot be sorted by.
        heads: of the file; ``cells`` gives the values under them.
        is_number: it stands at the end of its cell.
        is_usual: it is shown unless the reader chose otherwise.
        rises: sorted from the smallest first.
    """

    key: str
    label: str | Promise
    order: Any
    heads: tuple[str, ...]
    cells: Callable[[Row], tuple[Any, ...]]
    is_number: bool = True
    is_usual: bool = True
    rises: bool = False


def plain(name: str) -> Callable[[Row], tuple[Any, ...]]:
    """A figure of the asset as it is stored, without idle zeros."""

    def cells(row: Row) -> tuple[Any, ...]:
        value = getattr(row.asset, name)
        return (f"{value.normalize():f}" if isinstance(value, Decimal) else value,)

    return cells


def _moment(asset: Asset) -> str | None:
    return iso(asset.last_price_update) if asset.last_price_update else None


ASSET = Column(
    "asset",
    _("Asset"),
    F("symbol"),
    ("symbol", "name"),
    lambda row: (row.asset.symbol, row.asset.name),
    is_number=False,
    rises=True,
)
CHOSEN = (
    Column("price", _("Price, USD"), F("current_price"), ("price_usd",), plain("current_price")),
    Column(
        "24h",
        _("24 h"),
        F("price_change_percentage_24h"),
        ("change_24h_pct",),
        plain("price_change_percentage_24h"),
    ),
    Column("7d", _("7 d"), F("price_change_percentage_7d"), ("change_7d_pct",), plain("price_change_percentage_7d")),
    Column(
        "30d",
        _("30 d"),
        F("price_change_percentage_30d"),
        ("change_30d_pct",),
        plain("price_change_percentage_30d"),
    ),
    Column(
        "trend",
        _("Last 30 days"),
        None,
        ("closes_30d_usd",),
        lambda row: (" ".join(f"{close:.10g}" for close in row.spark.known) if row.spark else None,),
        is_number=False,
    ),
    Column("cap", _("Market cap, USD"), F("market_cap"), ("market_cap_usd",), plain("market_cap")),
    Column(
        "rank",
        _("Rank"),
        F("market_cap_rank"),
        ("market_cap_rank",),
        plain("market_cap_rank"),
        is_usual=False,
        rises=True,
    ),
    Column("volume", _("Volume 24 h, USD"), F("total_volume"), ("volume_24h_usd",), plain("total_volume")),
    Column(
        "top",
        _("From all-time high"),
        BELOW_TOP,
        ("from_ath_pct",),
        lambda row: (None if row.from_top is None else f"{row.from_top:.4f}",),
        is_usual=False,
    ),
    Column(
        "sector",
        _("Sector"),
        None,
        ("sectors",),
        lambda row: ("; ".join(row.sectors),),
        is_number=False,
        is_usual=False,
    ),
    Column(
        "signals",
        _("Open signals"),
        F(SIGNALS),
        ("long_signals", "short_signals", "proven_signals"),
        lambda row: (row.signals.long, row.signals.short, row.signals.proven),
        is_number=False,
    ),
    Column(
        "updated",
        _("Updated, source"),
        F("last_price_update"),
        ("updated", "source"),
        lambda row: (_moment(row.asset), row.asset.data_source),
    ),
)
"""Those that one may hide."""
EVERY = (ASSET, *CHOSEN)
USUAL = tuple(column.key for column in CHOSEN if column.is_usual)


def shown(keys: list[str]) -> list[Column]:
    """The columns of these keys in the order of the table; the usual ones when none is known."""
    wanted = {key for key in keys if key in {column.key for column in CHOSEN}} or set(USUAL)
    return [ASSET, *(column for column in CHOSEN if column.key in wanted)]
