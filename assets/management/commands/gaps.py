"""Missing candles: found, shown, asked for."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from assets.choices import GapStatus, Timeframe
from assets.models import Asset, CandleGap
from assets.services import find_gaps, repair_gaps
from system.exceptions import InvalidInput

COLUMNS = ("asset__symbol", "timeframe", "starts_at", "ends_at", "missing", "reason", "status", "asked", "asked_at")
NAMES = ("asset", "timeframe", "start", "end", "missing", "reason", "status", "asked", "asked_at")
ALL_AT_ONCE = 1_000_000


class Command(BaseCommand):
    help = (
        "Look for missing candles in everything that was asked for, and list them with their reason: not_fetched (no "
        "source was asked yet, or it failed), outage (the source has none either), not_listed (not traded then)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="ask the sources for the open gaps")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
        parser.add_argument("--timeframe", choices=Timeframe.values, help="only candles of this length")
        parser.add_argument("--asset", help="only the asset of this symbol")

    def handle(self, *_: Any, **options: Any) -> None:
        asset_ids = None if options["asset"] is None else [asset_of(options["asset"]).pk]
        timeframes = [options["timeframe"]] if options["timeframe"] else Timeframe.values
        found = {name: vars(find_gaps(name, asset_ids)) for name in timeframes}
        repair = None
        if options["repair"]:
            repair = vars(repair_gaps(limit=ALL_AT_ONCE, timeframe=options["timeframe"], asset_ids=asset_ids))
        gaps = CandleGap.objects.exclude(status=GapStatus.REPAIRED).filter(timeframe__in=timeframes)
        if asset_ids is not None:
            gaps = gaps.filter(asset_id__in=asset_ids)
        rows = list(gaps.order_by("asset__symbol", "timeframe", "starts_at").values_list(*COLUMNS))
        if options["json"]:
            listed = [dict(zip(NAMES, row, strict=True)) for row in rows]
            self.stdout.write(json.dumps({"found": found, "repair": repair, "gaps": listed}, default=iso))
        else:
            self._table(rows, repair)

    def _table(self, rows: list[tuple[Any, ...]], repair: dict[str, Any] | None) -> None:
        for symbol, timeframe, first, end, missing, reason, status, _asked, _asked_at in rows:
            span = f"{first:%Y-%m-%d %H:%M} - {end:%Y-%m-%d %H:%M}"
            self.stdout.write(f"{symbol:<14} {timeframe:<3} {span}  {missing:>7}  {reason:<11} {status}")
        if repair is not None:
            for series, reason in sorted(repair["faults"].items()):
                self.stderr.write(f"{series}: {reason}")
            self.stdout.write(
                f"asked for {repair['asked']} gaps: {repair['repaired']} repaired, {repair['confirmed']} confirmed as "
                f"outages, {repair['left']} left open"
            )
        standing = sum(1 for row in rows if row[6] == GapStatus.OPEN)
        candles = sum(row[4] for row in rows)
        self.stdout.write(f"{len(rows)} gaps ({standing} open), {candles} candles missing")


def asset_of(symbol: str) -> Asset:
    """The asset of a symbol.

    Raises:
        InvalidInput: there is none.
    """
    asset = Asset.objects.filter(symbol=symbol.upper()).first()
    if asset is None:
        raise InvalidInput(f"There is no asset {symbol}.", field="asset")
    return asset


def iso(value: Any) -> str:
    """A time as the API writes it."""
    text: str = value.isoformat().replace("+00:00", "Z")
    return text
