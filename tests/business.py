"""What runs say, without how it was written: business columns, and names instead of the numbers of rows.

Two runs are equal when these are (``rules.md`` §1 of the design: not ids, run, series, nor the time of writing).
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import Model

from accounts.models import User
from aimodels.models import AIModel
from assets.models import Asset, PriceData
from macro.models import ExternalSeries, MetricsSnapshot
from macro.services.snapshot import WALL_CLOCK
from sectors.models import Sector, SectorHistory
from selection.models import AIWatchlistAnalysis, Portfolio, PortfolioAsset, Watchlist
from system.models.base import RunResult
from trading.models import AITradingSignal

NAMES: dict[type[Model], Callable[[Any], Any]] = {
    Asset: lambda asset: asset.symbol,
    AIModel: str,
    ExternalSeries: lambda series: series.code,
    MetricsSnapshot: lambda snapshot: (snapshot.timeframe, snapshot.snapshot_time),
    Portfolio: lambda portfolio: portfolio.name,
    PortfolioAsset: lambda position: (position.portfolio.name, position.asset.symbol, position.asset_type),
    Sector: lambda sector: sector.name,
    User: lambda user: user.email,
    Watchlist: lambda watchlist: watchlist.name,
    AITradingSignal: lambda signal: (signal.asset.symbol, signal.signal_type, signal.run and signal.run.as_of),
    AIWatchlistAnalysis: lambda analysis: (analysis.watchlist.name, analysis.analysis_time),
}
NOT_BUSINESS = {"id", "run_id", "series", "created_at", "updated_at", "evaluated_at", "judged_at", *WALL_CLOCK}
SIGNALS = ("related_signals", "suggested_signals")
"""Numbers of signals, which are counted."""


def result_models() -> list[type[Model]]:
    """Tables that a run writes."""
    results = [model for model in apps.get_models() if issubclass(model, RunResult)]
    return [MetricsSnapshot, SectorHistory, *results]


def business_rows(series: str = "live") -> dict[str, list[dict[str, Any]]]:
    """Rows of all tables that runs write, by table, in an order that depends on their contents only."""
    symbols = dict(Asset.objects.values_list("pk", "symbol"))
    named: dict[tuple[Any, Any], Any] = {}
    found = {}
    for model in result_models():
        rows = model._default_manager.all()
        if issubclass(model, RunResult):
            rows = rows.filter(series=series)
        spoken = [_spoken(row, symbols, named) for row in rows]
        found[model._meta.db_table] = sorted(spoken, key=repr)
    candles = PriceData.objects.exclude(technical_indicators={}).filter(technical_indicators__isnull=False)
    columns = ("timeframe", "candle_time", "technical_indicators")
    found["price_data"] = sorted(
        ({"symbol": symbols[asset_id], **dict(zip(columns, rest, strict=True))}
         for asset_id, *rest in candles.values_list("asset_id", *columns)),
        key=repr,
    )  # fmt: skip
    return found


def differences(one: dict[str, list[dict[str, Any]]], other: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Where two dumps differ, in words; empty = equal."""
    found = []
    for table, rows in one.items():
        if len(rows) != len(other[table]):
            found.append(f"{table}: {len(rows)} rows, {len(other[table])} there")
        for left, right in zip(rows, other[table], strict=False):
            found += [
                f"{table}.{name}: {left[name]!r}, {right[name]!r} there" for name in left if left[name] != right[name]
            ]
    return found


def _spoken(row: Model, symbols: dict[int, str], named: dict[tuple[Any, Any], Any]) -> dict[str, Any]:
    """A row in words. ``named`` keeps what other rows are called: many rows name the same few."""
    values = {}
    for field in row._meta.concrete_fields:
        if field.attname in NOT_BUSINESS:
            continue
        if field.is_relation:
            key = (field.related_model, getattr(row, field.attname))
            if key not in named:
                target = getattr(row, field.name)
                named[key] = NAMES.get(type(target), _kind)(target) if target is not None else None
            values[field.name] = named[key]
        else:
            values[field.name] = _named(getattr(row, field.attname), symbols)
    if isinstance(row, AIWatchlistAnalysis):
        values["key_signals"] = {
            symbols[int(asset_id)]: _named(inner, symbols) for asset_id, inner in (row.key_signals or {}).items()
        }
    return values


def _kind(target: Model) -> str:
    return target._meta.db_table


def _named(value: Any, symbols: dict[int, str]) -> Any:
    """JSON with symbols where it has numbers of assets; numbers of other rows are left out, or counted."""
    if isinstance(value, list):
        return [_named(one, symbols) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: symbols[inner] if key == "asset_id" else len(inner) if key in SIGNALS else _named(inner, symbols)
        for key, inner in value.items()
        if key in ("asset_id", *SIGNALS) or not (key == "active_signals" or key.endswith(("_id", "_ids")))
    }
