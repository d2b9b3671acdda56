"""Candles that come one by one, through the ingest and the tasks that live takes, leave what a replay leaves."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.utils import timezone

from assets.compute.checks import LINE, OPTIONAL
from assets.compute.periods import LENGTHS
from assets.models import Asset
from assets.services import derive_candles, ingest_candles
from cryptopredict import tasks
from cryptopredict.bootstrap import bootstrap
from cryptopredict.importing import import_files
from cryptopredict.replaying import replay
from system.choices import LIVE
from tests.business import business_rows, differences
from tests.market_files import cut_after, own_market
from trading.models import AITradingSignal, SignalOutcome, SignalTrack

# Real transactions: bootstrap and import work with both roles, and each has to see what the other has done.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
TRADED = ("ai_trading_signals", "signal_outcomes")
HALF_YEAR = 184 * 6 + 1
"""Moments four hours apart."""
NOT_COMPARED = {"signal_id", "created_at", "updated_at"}


class Market:
    """A market in files, and its candles of a length in the order in which they come.

    Attributes:
        timeframe: of the runs; ``fed``: of the candles that come.
        start: first moment of the runs.
    """

    def __init__(self, files: list[Path], timeframe: str, fed: str, start: datetime) -> None:
        self.files, self.timeframe, self.fed, self.start = files, timeframe, fed, start
        self.step = LENGTHS[timeframe]

    def load_past(self, target: Path) -> None:
        """Candles of before the first moment; whatever else there is says itself since when it is known."""
        candles = [path for path in self.files if "USDT-" in path.name]
        others = [path for path in self.files if path not in candles]
        self.load([*cut_after(candles, target, f"{self.start - timedelta(days=1):%Y-%m-%d}"), *others])
        tables = [
            pl.read_csv(path, infer_schema=False).with_columns(
                asset_id=pl.lit(Asset.objects.get(symbol=path.name.split("USDT-")[0]).pk, pl.Int64)
            )
            for path in self.files
            if f"-{self.fed}.csv" in path.name
        ]
        unknown = {name: pl.lit(None, pl.String) for name in OPTIONAL}
        times = pl.col("candle_time").str.to_datetime(time_zone="UTC")
        self.candles = pl.concat(tables).with_columns(at=times, **unknown)

    def load(self, files: list[Path]) -> None:
        assert not import_files(files, timezone.now(), lambda _file: None).rejects

    def closes(self, moments: int) -> Iterator[datetime]:
        """Ends of the fed candles, up to the last moment of the runs."""
        length = LENGTHS[self.fed]
        count = (moments - 1) * self.step // length
        yield from (self.start + number * length for number in range(count + 1))

    def came(self, end: datetime) -> pl.DataFrame:
        """The candles that end then."""
        rows = self.candles.filter(pl.col("at") == end - LENGTHS[self.fed])
        return rows.drop("at").with_row_index(LINE, offset=1)


def own(target: Path) -> Market:
    return Market(own_market(target), "1d", "1d", datetime(2024, 5, 20, tzinfo=UTC))


def real(shared: Path, start: datetime) -> Market:
    """Hours of six pairs, of which the runs' candles of four hours are made."""
    folder = shared / "data/candles/binance-spot-2024"
    files = [folder / f"{coin}USDT-1h.csv.gz" for coin in ("BTC", "ETH", "SOL", "ATOM", "BCH", "AR")]
    sectors = shared / "data/sectors/coin-categories-2024-05.csv"
    return Market([*files, sectors], "4h", "1h", start)


def live(market: Market, moments: int) -> None:
    """Feed the candles; at every close of the runs do what the end of a round of collecting does."""
    assets = list(
        Asset.objects.filter(pk__in=market.candles["asset_id"].unique().to_list()).values_list("pk", flat=True)
    )
    for end in market.closes(moments):
        if end > market.start:
            report = ingest_candles(market.came(end), market.fed, end)
            assert (report.stored.new, report.stored.changed, report.rejected) == (len(assets), 0, ())
            if market.fed != market.timeframe:
                derive_candles(assets, market.timeframe, end, since=end - market.step)
        if (end - market.start) % market.step == timedelta(0):
            tasks.track_signals(end.isoformat(), market.timeframe)
            tasks.run_pipeline(market.timeframe, end.isoformat())


def traded(series: str) -> dict[str, list[dict[str, Any]]]:
    """Signals, how far they have come, and how they ended."""
    rows = business_rows(series)
    tracks = SignalTrack.objects.filter(signal__series=series).select_related("signal__asset", "signal__run")
    spoken = [
        {"signal": (track.signal.asset.symbol, track.signal.signal_type, track.signal.run and track.signal.run.as_of)}
        | {name: value for name, value in vars(track).items() if name[0] != "_" and name not in NOT_COMPARED}
        for track in tracks
    ]
    return {name: rows[name] for name in TRADED} | {"signal_tracks": sorted(spoken, key=repr)}


@pytest.mark.long
@pytest.mark.parametrize(
    ("start", "moments"),
    [
        pytest.param(None, 8, id="own"),
        pytest.param(datetime(2024, 3, 14, tzinfo=UTC), 6, id="real"),
        pytest.param(datetime(2024, 3, 1, tzinfo=UTC), HALF_YEAR, id="half a year", marks=pytest.mark.full),
    ],
)
def test_candles_that_come_one_by_one_leave_what_a_replay_leaves(
    request: pytest.FixtureRequest, tmp_path: Path, start: datetime | None, moments: int
) -> None:
    """Row by row. The replay has all candles before it from the beginning, those of after the window too."""
    market = real(request.getfixturevalue("shared"), start) if start else own(tmp_path / "own")
    bootstrap()
    market.load_past(tmp_path / "cut")
    live(market, moments)
    lived = traded(LIVE)
    market.load(market.files)
    end = market.start + (moments - 1) * market.step
    replay(market.start, end, market.step, timeframe=market.timeframe, series="again", progress=lambda _run: None)
    assert differences(lived, traded("again")) == []
    assert AITradingSignal.objects.filter(series=LIVE).count() > 3
    assert len(lived["signal_tracks"]) > 0
    assert SignalOutcome.objects.filter(series=LIVE).exists()
