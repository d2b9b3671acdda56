"""The import command: what is sound is stored, what is not is listed, and the exit status says which it was."""

import csv
import gzip
import os
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from django.core.management import call_command
from django.utils import timezone

from assets.compute import checks
from assets.models import Asset, PriceData
from assets.services import register_coin
from macro.models import ExternalValue
from sectors.models import SectorMapping
from sectors.services import ensure_sectors
from system.exceptions import InvalidInput

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
HEADER = "candle_time,open,high,low,close,volume"
SOUND = [f"2024-01-0{day}T00:00:00Z,1,2,0.5,1.5,10" for day in (1, 2, 3)]


def write(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "\n".join([*lines, ""]).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def run(*paths: Path, report: Path | None = None) -> int:
    """Exit status of the command."""
    options = ["--report", str(report)] if report else []
    try:
        call_command("import_market", *map(str, paths), *options)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_sound_files_then_the_same_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ensure_sectors()
    write(tmp_path / "spot/BTCUSDT-1d.csv.gz", [HEADER, *SOUND])
    write(tmp_path / "spot/ETHUSDT-1d.csv", [HEADER, *SOUND])
    write(tmp_path / "macro/vix-daily.csv", ["DATE,OPEN,HIGH,LOW,CLOSE", "2024-01-02,13,14,12,13.2"])
    categories = ["coin_name,category,rank_in_category", "Bitcoin,layer-1,1"]
    write(tmp_path / "sectors/coin-categories-2024-05.csv", categories)
    assert run(tmp_path) == 0
    said = capsys.readouterr().out
    assert "candles: 6 new, 0 changed, 0 as before" in said
    assert (PriceData.objects.count(), ExternalValue.objects.count(), SectorMapping.objects.count()) == (6, 1, 1)
    assert Asset.objects.get(symbol="BTC").current_price == Asset.objects.get(symbol="ETH").current_price != 0
    before = list(PriceData.objects.values())
    assert run(tmp_path) == 0
    said = capsys.readouterr().out
    assert "candles: 0 new, 0 changed, 6 as before" in said
    assert "values: 0 new, 0 changed, 1 as before" in said
    assert "memberships: 0 new, 0 changed, 1 as before" in said
    assert list(PriceData.objects.values()) == before


def test_longer_candles_that_no_file_has_are_made_of_the_shorter_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hours = [f"2024-01-{1 + n // 24:02}T{n % 24:02}:00:00Z,1,{2 + n},0.5,1.5,10" for n in range(8 * 24)]
    write(tmp_path / "BTCUSDT-1h.csv", [HEADER, *hours])
    write(tmp_path / "BTCUSDT-1d.csv", [HEADER, *SOUND])
    assert run(tmp_path) == 0
    assert "derived: 54 new, 0 changed, 0 as before" in capsys.readouterr().out
    made = PriceData.objects.filter(is_derived=True)
    assert {name: made.filter(timeframe=name).count() for name in ("4h", "1d", "1w", "1M")} == {
        "4h": 48,
        "1d": 5,  # the files have the first three of eight
        "1w": 1,
        "1M": 0,
    }
    week = made.get(timeframe="1w")
    assert week.candle_time.isoformat() == "2024-01-01T00:00:00+00:00"
    assert (week.high_price, week.base_volume) == (Decimal(2 + 7 * 24 - 1), Decimal(10 * 7 * 24))
    assert run(tmp_path) == 0
    assert "derived: 0 new, 0 changed, 54 as before" in capsys.readouterr().out


def test_faulty_rows_are_listed_and_the_others_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faulty = ["2024-01-04T00:00:00Z,1,0.2,0.5,1.5,10", "2024-01-05T00:00:00Z,NaN,2,0.5,1.5,10"]
    write(tmp_path / "spot/BTCUSDT-1d.csv", [HEADER, *SOUND, *faulty])
    write(tmp_path / "spot/BTCEUR-1d.csv", [HEADER, *SOUND])
    write(tmp_path / "spot/ETHUSDT-1d.csv", ["when,what", "1,2"])
    report = tmp_path / "report.csv"
    assert run(tmp_path / "spot", tmp_path / "absent", report=report) == 1
    assert PriceData.objects.count() == 3
    rows = list(csv.DictReader(report.read_text().splitlines()))
    assert {(row["file"].rpartition("/")[2], row["line"]) for row in rows if row["what"] == "refused"} == {
        ("BTCUSDT-1d.csv", "5"),
        ("BTCUSDT-1d.csv", "6"),
        ("BTCEUR-1d.csv", "0"),
        ("ETHUSDT-1d.csv", "0"),
        ("absent", "0"),
    }
    said = capsys.readouterr()
    assert "refused: BTCUSDT-1d.csv line 5: high is not the highest price" in said.err
    assert "unknown symbol BTCEUR" in said.err
    assert str(report) in said.err
    assert "1 files, 5 refused" in said.out


def test_what_no_column_holds_costs_its_own_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faulty = [
        "2024-01-04T00:00:00Z,1,2,0.5,1.5,1e25,,",
        "2024-01-05T00:00:00Z,1,2,0.5,1.5,10,3000000000,",
        "2024-01-06T00:00:00Z,1,2,1e-20,1.5,10,,",
        "2024-01-07T00:00:00Z,1e15,1e15,1e15,1e15,1e14,,",
        "2024-01-08T00:00:00Z,1,2,0.5,1.5,1e-18,,1e27",
        "2024-01-09T00:00:00Z,1,1.000000000000000001,1,1.000000000000000002,1,,",
        '2024-01-10T00:00:00Z,1,2,0.5,"1.5,10,,',
    ]
    sound = [f"{line},," for line in SOUND]
    write(tmp_path / "spot/BTCUSDT-1d.csv", [f"{HEADER},trade_count,quote_volume", *faulty, *sound])
    write(tmp_path / f"spot/{'A' * 21}USDT-1d.csv", [HEADER, *SOUND])
    write(tmp_path / "spot/ETHUSDT-1d.csv", [f"{HEADER},Close", *(f"{line},1.5" for line in SOUND)])
    write(tmp_path / f"funding/{'A' * 16}.csv", ["funding_time,funding_rate", "2024-01-01T00:00:00Z,0.1"])
    write(tmp_path / "coingecko-2024/nameless.csv", ["date,symbol,market_cap_usd,total_volume_usd", "2024-01-02,,1,2"])
    ensure_sectors()
    categories = ["coin_name,category,rank_in_category", f"BTC,layer-1,{'9' * 5000}", "BTC,defi,2"]
    write(tmp_path / "sectors/coin-categories-2024-05.csv", categories)
    report = tmp_path / "report.csv"
    assert run(tmp_path, report=report) == 1
    assert (Asset.objects.count(), PriceData.objects.count(), SectorMapping.objects.count()) == (1, 3, 1)
    refused = sorted((row["file"], int(row["line"])) for row in csv.DictReader(report.read_text().splitlines()))
    assert refused == [
        (f"{'A' * 16}.csv", 0),
        (f"{'A' * 21}USDT-1d.csv", 0),
        *(("BTCUSDT-1d.csv", line) for line in range(2, 9)),
        ("ETHUSDT-1d.csv", 0),
        ("coin-categories-2024-05.csv", 2),
        ("nameless.csv", 0),
    ]
    assert "candles: 3 new" in capsys.readouterr().out


def test_what_the_database_refuses_costs_its_own_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were a check to let something through: here the one of prices is out of order."""
    monkeypatch.setattr(checks, "MIN_PRICE", 0)
    write(tmp_path / "spot/BTCUSDT-1d.csv", [HEADER, "2024-01-04T00:00:00Z,1,2,1e-20,1.5,10"])
    write(tmp_path / "spot/ETHUSDT-1d.csv", [HEADER, *SOUND])
    write(tmp_path / "macro/vix-daily.csv", ["date,close", "2024-01-02,1e-2147483648"])
    assert run(tmp_path, report=tmp_path / "r.csv") == 1
    said = capsys.readouterr().err
    for file in ("BTCUSDT-1d.csv", "vix-daily.csv"):
        assert f"refused: {file}: the database takes none of it" in said
    assert PriceData.objects.count() == 3


def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-1d.csv", [HEADER, *SOUND])
    write(Path(os.fsdecode(bytes(tmp_path) + b"/\xff.csv")), [HEADER, *SOUND])
    report = tmp_path / "r.csv"
    assert run(tmp_path, report=report) == 0
    assert "\\udcff.csv,0" in report.read_text()


def test_values_of_the_future_are_refused_and_those_of_before_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    today = timezone.now()
    tomorrow = today + timedelta(days=1)
    sentiment = tmp_path / "crypto-fear-greed-daily.csv"
    write(sentiment, ["date,value", "2024-01-02,40", f"{today:%Y-%m-%d},50", f"{tomorrow:%Y-%m-%d},60"])
    for said in ("1 new, 0 changed, 0 as before", "0 new, 0 changed, 1 as before"):
        assert run(sentiment, report=tmp_path / "r.csv") == 1
        output = capsys.readouterr()
        assert f"values: {said}" in output.out
        assert "line 3: value of" in output.err
        assert "line 4: date" in output.err
    assert not ExternalValue.objects.filter(known_at__gt=today).exists()


def test_pairs_of_one_coin_are_never_mixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The best-known dollar comes first, whatever the order of the names, and the others change nothing."""
    write(tmp_path / "spot/BTCFDUSD-1d.csv", [HEADER, *(line.replace(",10", ",77") for line in SOUND)])
    write(tmp_path / "spot/BTCUSDT-1d.csv", [HEADER, *SOUND])
    for said in ("3 new, 0 changed, 0 as before", "0 new, 0 changed, 3 as before"):
        assert run(tmp_path, report=tmp_path / "r.csv") == 0
        output = capsys.readouterr()
        assert f"candles: {said}" in output.out
        assert "skipped: BTCFDUSD-1d.csv: BTC has the candles of BTCUSDT" in output.err
    assert set(PriceData.objects.values_list("base_volume", flat=True)) == {10}
    assert run(tmp_path / "spot/BTCFDUSD-1d.csv", report=tmp_path / "r.csv") == 2
    assert PriceData.objects.count() == 3


def test_a_coin_that_was_known_before_takes_its_first_pair(tmp_path: Path) -> None:
    register_coin("bitcoin", "btc")
    write(tmp_path / "BTCFDUSD-1d.csv", [HEADER, *SOUND])
    write(tmp_path / "BTCTUSD-1d.csv", [HEADER, *(line.replace(",10", ",77") for line in SOUND)])
    assert run(tmp_path, report=tmp_path / "r.csv") == 0
    assert set(PriceData.objects.values_list("base_volume", flat=True)) == {10}


class TestSectorFiles:
    HEADER = "coin_name,category,rank_in_category"

    @pytest.fixture(autouse=True)
    def bitcoin(self) -> None:
        ensure_sectors()
        register_coin("bitcoin", "btc")

    def write(self, folder: Path, month: str, *lines: str) -> None:
        write(folder / f"coin-categories-{month}.csv", [self.HEADER, *lines])

    def test_a_later_file_leaves_the_past_alone(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.write(tmp_path, "2024-05", "Bitcoin,layer-1,1", "Bitcoin,defi,2")
        assert run(tmp_path) == 0
        before = timezone.now()
        self.write(tmp_path, "2024-06", "Bitcoin,layer-1,1", "Bitcoin,meme,7")
        for said in ("memberships: 1 new, 1 changed, 1 as before", "memberships: 0 new, 0 changed, 2 as before"):
            capsys.readouterr()
            assert run(tmp_path, report=tmp_path / "r.csv") == 0
            output = capsys.readouterr()
            assert said in output.out
            assert "coin-categories-2024-05.csv: coin-categories-2024-06.csv is a newer list" in output.err
        found = {mapping.sector.name: mapping for mapping in SectorMapping.objects.select_related("sector")}
        assert (found["Layer 1"].valid_from, found["Layer 1"].valid_to) == (None, None)
        assert found["DeFi"].valid_from is None
        begins = found["Meme"].valid_from
        assert begins is not None
        assert begins > before
        assert found["DeFi"].valid_to == begins

    def test_files_of_several_names_are_one_list(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.write(tmp_path, "defi", "Bitcoin,defi,2")
        self.write(tmp_path, "layer-1", "Bitcoin,layer-1,1", "No such coin,defi,3")
        for said in ("memberships: 2 new, 0 changed, 0 as before", "memberships: 0 new, 0 changed, 2 as before"):
            assert run(tmp_path, report=tmp_path / "r.csv") == 0
            output = capsys.readouterr()
            assert said in output.out
            assert "coin-categories-layer-1.csv line 3: no asset called No such coin" in output.err

    @pytest.mark.parametrize("faulty", ["Bitcoin,defi,second", "Bitcoin,defi"])
    def test_a_line_that_cannot_be_read_ends_nothing(self, tmp_path: Path, faulty: str) -> None:
        self.write(tmp_path, "2024-05", "Bitcoin,layer-1,1", "Bitcoin,defi,2")
        run(tmp_path)
        self.write(tmp_path, "2024-05", "Bitcoin,layer-1,1", faulty)
        assert run(tmp_path, report=tmp_path / "r.csv") == 1
        assert SectorMapping.objects.filter(valid_to__isnull=True).count() == 2


@pytest.mark.parametrize("place", [".", "taken.csv/report.csv", "taken.csv/deeper/report.csv", "x" * 300])
def test_a_report_that_cannot_be_written_stops_before_anything_is_stored(tmp_path: Path, place: str) -> None:
    write(tmp_path / "spot/BTCUSDT-1d.csv", [HEADER, *SOUND])
    (tmp_path / "taken.csv").touch()
    with pytest.raises(InvalidInput, match=r"^The report cannot be written to .*; name another file with --report\.$"):
        run(tmp_path / "spot", report=tmp_path / place)
    assert not PriceData.objects.exists()


def test_without_anything_to_report_no_file_is_made_and_none_emptied(tmp_path: Path) -> None:
    sound = write(tmp_path / "spot/BTCUSDT-1d.csv", [HEADER, *SOUND])
    assert run(sound, report=tmp_path / "new/report.csv") == 0
    assert not (tmp_path / "new/report.csv").exists()
    kept = write(tmp_path / "kept.csv", ["of yesterday"])
    assert run(sound, report=kept) == 0
    assert kept.read_text() == "of yesterday\n"


def test_parquet_and_the_exchanges_archives_store_the_same_as_csv(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the kind of the file: the same candles again change nothing."""
    csv_file = write(
        tmp_path / "a/BTCUSDT-1d.csv", [f"{HEADER},trade_count,quote_volume", *(f"{r},7,15" for r in SOUND)]
    )
    assert run(csv_file, report=tmp_path / "r.csv") == 0
    pl.read_csv(csv_file, infer_schema=False).write_parquet(tmp_path / "BTCUSDT-1d.parquet")
    rows = []
    for line in SOUND:
        moment, *amounts, volume = line.split(",")
        start = int(datetime.fromisoformat(moment).timestamp() * 1e6)
        rows.append(",".join([str(start), *amounts, volume, str(start + 86_399_999_999), "15", "7", "1", "1", "0"]))
    (tmp_path / "spot").mkdir()
    with zipfile.ZipFile(tmp_path / "spot/BTCUSDT-1d-2024-01.zip", "w") as archive:
        archive.writestr("BTCUSDT-1d-2024-01.csv", "\n".join(rows))
    with zipfile.ZipFile(tmp_path / "spot/photos.zip", "w") as archive:
        archive.writestr("cat.png", "x")
    capsys.readouterr()
    assert run(tmp_path, report=tmp_path / "r.csv") == 0
    said = capsys.readouterr()
    assert "candles: 0 new, 0 changed, 9 as before" in said.out
    assert "skipped: photos.zip" in said.err
    (tmp_path / "spot/ETHUSDT-1d-2024-01.zip").write_bytes(b"PK no archive")
    (tmp_path / "spot/ETHUSDT-1d.parquet").write_bytes(b"PAR1")
    assert run(tmp_path, report=tmp_path / "r.csv") == 1
    assert "ETHUSDT-1d.parquet: no readable Parquet file" in capsys.readouterr().err


def test_counts_of_a_chain_belong_to_the_coin_that_is_known(tmp_path: Path) -> None:
    write(tmp_path / "spot/BTCUSDT-1d.csv", [HEADER, *SOUND])
    write(tmp_path / "daily-coinmetrics/btc.csv.gz", ["time,AdrActCnt,TxCnt", "2024-01-01,10.0,", "2024-01-02,11.0,5"])
    assert run(tmp_path, report=tmp_path / "r.csv") == 0
    assert (Asset.objects.get().external_ids or {})["coinmetrics"] == "btc"
    found = ExternalValue.objects.values_list("series__code", "series__source", "value").order_by(
        "series__code", "value"
    )
    assert list(found) == [
        ("ACTIVE_ADDRESSES:BTC", "coinmetrics", Decimal(10)),
        ("ACTIVE_ADDRESSES:BTC", "coinmetrics", Decimal(11)),
        ("TRANSACTIONS:BTC", "coinmetrics", Decimal(5)),
    ]


def test_nothing_readable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "spot/BTCUSDT-1d.csv", [HEADER, "2024-01-04T00:00:00Z,1,0.2,0.5,1.5,10"])
    (tmp_path / "spot/ETHUSDT-1d.csv.gz").write_bytes(b"no archive")
    assert run(tmp_path, report=tmp_path / "r.csv") == 2
    assert "Nothing could be read" in capsys.readouterr().out
    assert not PriceData.objects.exists()


def test_a_truncated_archive_keeps_its_whole_rows_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write(tmp_path / "spot/BTCUSDT-1d.csv.gz", [HEADER, *SOUND])
    path = tmp_path / "cut/BTCUSDT-1d.csv.gz"
    path.parent.mkdir()
    path.write_bytes(whole.read_bytes()[:-9])
    assert run(path, report=tmp_path / "r.csv") == 1
    assert "BTCUSDT-1d.csv.gz" in capsys.readouterr().err
    assert PriceData.objects.count() >= 2


def test_an_unreadable_file_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path / "spot/BTCUSDT-1d.csv", [HEADER, *SOUND])
    (tmp_path / "spot/ETHUSDT-1d.csv").symlink_to(tmp_path / "spot/ETHUSDT-1d.csv")
    assert run(tmp_path / "spot/BTCUSDT-1d.csv", tmp_path / "spot/ETHUSDT-1d.csv", report=tmp_path / "r.csv") == 1
    assert PriceData.objects.count() == 3
