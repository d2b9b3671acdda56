"""The import command: what is sound is stored, what is not is listed, and the exit status says which it was."""

import csv
import gzip
from pathlib import Path

import pytest
from django.core.management import call_command

from assets.models import Asset, PriceData
from macro.models import ExternalValue
from sectors.models import SectorMapping
from sectors.services import ensure_sectors

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
