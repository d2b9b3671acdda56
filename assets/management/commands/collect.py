"""Fetch candles now, without waiting for the schedule."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from assets.choices import Timeframe
from assets.management.commands.gaps import asset_of
from assets.services import collect_candles, collected_assets
from system.exceptions import NoData
from system.services import setting


class Command(BaseCommand):
    help = (
        "Fetch the candles that closed since the newest stored ones, for the assets and timeframes of the setting "
        "'collection'. Exit status 1 when a source did not answer in full."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--timeframe", choices=Timeframe.values, help="only candles of this length")
        parser.add_argument("--asset", help="only the asset of this symbol, whatever the setting says")

    def handle(self, *_: Any, **options: Any) -> None:
        wanted = [options["timeframe"]] if options["timeframe"] else setting("collection")["timeframes"]
        faults = 0
        for timeframe in wanted:
            asset_ids = [asset_of(options["asset"]).pk] if options["asset"] else collected_assets(timeframe)
            if not asset_ids:
                raise NoData(
                    "Nothing is collected: switch the setting 'collection' on (admin, System configuration), and give "
                    "the assets a pair at its exchange; or name one with --asset."
                )
            done = collect_candles(timeframe, asset_ids, timezone.now())
            for symbol, reason in sorted(done.faults.items()):
                self.stderr.write(f"{symbol} {timeframe}: {reason}")
            faults += len(done.faults)
            self.stdout.write(
                f"{timeframe}: {done.assets} assets, {done.stored.new} new, {done.stored.changed} changed, "
                f"{done.stored.equal} as before, {done.rejected} refused, {len(done.faults)} not complete"
            )
        if faults:
            raise SystemExit(1)
