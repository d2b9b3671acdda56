"""Candles that an admin sends by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from assets.compute.checks import PRICES
from assets.models import Asset
from assets.services.ingest import IngestReport, upload_candles
from system.choices import AuditOperation
from system.services import record_change

MAX_DIGITS = 30
"""Before the point. No more coins than that can be stored; what is written out must stay short."""


@transaction.atomic
def accept_candles(
    asset: Asset, timeframe: str, rows: Sequence[Mapping[str, Any]], *, actor: Any, now: datetime
) -> IngestReport:
    """Store what is sound of candles that an admin sends, and note that he did. The same again changes nothing.

    Args:
        asset: whose candles.
        timeframe: of all of them.
        rows: ``time``, prices and ``volume`` in dollars, as the API shows candles; ``base_volume`` (coins) and
            ``trade_count`` where known. Text or numbers; what is no candle is refused row by row.
        actor: the admin.
        now: nothing later is taken.
    """
    report = upload_candles(asset.pk, timeframe, [as_exchange(row) for row in rows], now)
    stored = report.stored
    counts = {"new": stored.new, "changed": stored.changed, "equal": stored.equal, "rejected": len(report.rejected)}
    details = f"{len(rows)} {timeframe} candles of {asset.symbol}"
    record_change(asset, AuditOperation.ACTION, actor=actor, new={"candles": counts}, details=details)
    return report


def as_exchange(row: Mapping[str, Any]) -> dict[str, Any]:
    """A candle in the columns of an exchange, whose ``volume`` counts coins.

    Where the coins are not told, they are estimated by the mean price. The dollars are then left out: a candle with
    both would pass for one whose average price is known.
    """
    sent = {name: row.get(name) for name in (*PRICES, "trade_count")} | {"candle_time": row.get("time")}
    if row.get("base_volume") is not None:
        return sent | {"volume": row["base_volume"], "quote_volume": row.get("volume")}
    return sent | {"volume": coins(row)}


def coins(row: Mapping[str, Any]) -> Any:
    """Coins that the dollars of a candle buy at its mean price; the dollars as they are, to be refused, if there is no
    such price."""
    dollars = row.get("volume")
    try:
        mean = sum((Decimal(str(row.get(name))) for name in PRICES), Decimal(0)) / len(PRICES)
        found = Decimal(str(dollars)) / mean
    except ArithmeticError:
        return dollars
    return f"{found:.18f}" if found.is_finite() and found.adjusted() < MAX_DIGITS else dollars
