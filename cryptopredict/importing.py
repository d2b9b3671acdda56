"""Import of market data from files: each file is recognised by its name and folder and stored whole or not at all.

Candles make the assets that they belong to; caps, funding and sectors refer to assets. So candle files come first.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path

import polars as pl
from django.db import DataError, IntegrityError

from assets.compute.aggregation import shorter_timeframes
from assets.models import Asset
from assets.providers import candle_files
from assets.providers.text_files import LINE, Reject, UnreadableFile, read_rows
from assets.services import (
    Stored,
    derive_candles,
    find_gaps,
    note_import,
    refresh_quotes,
    register_asset,
    register_coin,
    store_parts,
)
from macro.providers import news_files, series_files
from macro.services import copy_market_caps, register_series, store_values
from macro.services.news_collection import record_news
from sectors.services import Membership, assign_memberships
from sectors.services.news import tag_news
from system.choices import RunTimeframe

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".zip")
SECTOR_COLUMNS = ("coin_name", "category", "rank_in_category")
MAX_RANK_DIGITS = 9
SERIES, CATEGORIES, NEWS = (len(candle_files.DOLLARS) + place for place in range(3))
"""Places in the order of storing; candles come before, those in the best-known dollar first, and news after all."""

DERIVED = (RunTimeframe.H4, RunTimeframe.D1, RunTimeframe.W1)


class NoPlace(Exception):
    """A file that is sound, but has no place here; the text says why."""


@dataclass
class ImportReport:
    """What an import did.

    Attributes:
        stored: rows by kind (candles, values, memberships, news, and derived: longer candles made of shorter ones).
        files: how many files were stored.
        rejects: rows and files that are faulty, with reasons.
        skipped: what is sound but has no place here, with reasons.
        gaps: how many stretches of candles are missing in what the files span.
    """

    stored: dict[str, Stored] = field(default_factory=dict)
    files: int = 0
    rejects: list[Reject] = field(default_factory=list)
    skipped: list[Reject] = field(default_factory=list)
    gaps: int = 0

    def add(self, kind: str, stored: Stored, rejects: Iterable[Reject] = ()) -> None:
        self.stored[kind] = self.stored.get(kind, Stored()) + stored
        self.rejects += rejects

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all could be read."""
        return not any(total.new + total.changed + total.equal for total in self.stored.values())


_Touched = defaultdict[str, set[int]]
"""Assets that candles were stored for, by timeframe."""


@dataclass
class _Job:
    """A recognised file and how to store it; lower ``order`` first."""

    order: int
    path: Path
    run: Callable[[ImportReport], None]


@dataclass
class _Categories:
    """What all sector files of an import say together.

    Attributes:
        paths: the files.
        members: memberships; their ``line`` is their place in ``lines``.
        lines: file and line of each membership.
        is_complete: whether every line of them could be read.
    """

    paths: list[Path] = field(default_factory=list)
    members: list[Membership] = field(default_factory=list)
    lines: list[tuple[str, int]] = field(default_factory=list)
    is_complete: bool = True


def import_files(paths: Iterable[Path], now: datetime, progress: Callable[[str], None]) -> ImportReport:
    """Store everything in the given files and folders.

    Args:
        paths: files, and folders whose files are taken with those of their sub-folders.
        now: nothing that lies later is taken.
        progress: told a line per file.
    """
    report, touched, categories = ImportReport(), _Touched(set), _Categories()
    jobs: list[_Job] = []
    for path in sorted(_files(paths, report)):
        try:
            jobs.append(_recognise(path, now, touched, categories))
        except UnreadableFile as error:
            report.rejects.append(Reject(path.name, 0, str(error)))
        except NoPlace as error:
            report.skipped.append(Reject(path.name, 0, str(error)))
    for job in sorted(jobs, key=lambda job: (job.order, job.path)):
        if _run(job, report):
            progress(job.path.name)
    _assign(categories, now, report)
    if {"news", "memberships"} & set(report.stored):
        tag_news(recorded=True)
    copy_market_caps()
    _derive(now, touched, report)
    refresh_quotes(sorted(set().union(*touched.values())))
    for timeframe, asset_ids in touched.items():
        found = find_gaps(timeframe, sorted(asset_ids))
        report.gaps += found.found + found.standing
    return report


def _run(job: _Job, report: ImportReport) -> bool:
    """Store a file, or note why not; whether it was stored."""
    name = job.path.name
    try:
        job.run(report)
    except NoPlace as error:
        report.skipped.append(Reject(name, 0, str(error)))
    except UnreadableFile as error:
        report.rejects.append(Reject(name, 0, str(error)))
    except OSError as error:
        report.rejects.append(Reject(name, 0, f"cannot be read ({error.strerror})"))
    except (DataError, IntegrityError) as error:
        reason = str(error).partition("\n")[0]
        report.rejects.append(Reject(name, 0, f"the database takes none of it ({reason})"))
    else:
        report.files += 1
        return True
    return False


def _files(paths: Iterable[Path], report: ImportReport) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.is_file() and file.name.endswith(SUFFIXES))
        elif path.exists():
            yield path
        else:
            report.rejects.append(Reject(str(path), 0, "there is no such file or folder"))


def _recognise(path: Path, now: datetime, touched: _Touched, categories: _Categories) -> _Job:
    """How to store a file.

    Raises:
        UnreadableFile: a file of a known kind that cannot be used.
        NoPlace: a kind of file that has no place here.
    """
    if candles := candle_files.recognise(path):
        order = candle_files.DOLLARS.index(candles.quote)
        return _Job(order, path, lambda report: _store_candles(candles, now, touched, report))
    if series := series_files.recognise(path):
        return _Job(SERIES, path, lambda report: _store_all_series(series, now, report))
    if path.name.startswith("coin-categories"):
        categories.paths.append(path)
        return _Job(CATEGORIES, path, lambda report: _read_categories(path, categories, report))
    if news_files.is_news_file(path):
        return _Job(NEWS, path, lambda report: _store_news(path, now, report))
    if path.name.startswith("hourly-"):
        raise NoPlace("prices without open, high and low are no candles, and candles are never made up")
    raise NoPlace("its name is none of candles, macro series, funding, market caps, sectors or news")


def _store_candles(file: candle_files.CandleFile, now: datetime, touched: _Touched, report: ImportReport) -> None:
    """A file in the order of time is stored part by part, in one transaction, so that its size does not matter."""
    try:
        _store_parts(file, candle_files.read_candle_parts(file, now), touched, report)
    except candle_files.NotInOrder:
        _store_parts(file, [candle_files.read_candles(file, now)], touched, report)


def _store_parts(
    file: candle_files.CandleFile,
    parts: Iterable[tuple[pl.DataFrame, list[Reject]]],
    touched: _Touched,
    report: ImportReport,
) -> None:
    rejects: list[Reject] = []
    times: list[datetime] = []

    def sound() -> Iterator[pl.DataFrame]:
        for candles, refused in parts:
            rejects.extend(refused)
            if candles.height:
                times.extend(candles["candle_time"].item(place) for place in (0, -1))  # the oldest stands first
                yield candles

    candles = sound()
    beginning = next(candles, None)
    if beginning is None:
        report.rejects += rejects
        raise UnreadableFile("it holds no sound candle")
    pair = file.path.name.split("-")[0]
    asset = register_asset(file.symbol, data_source="binance", quote=file.quote, exchange_pair=pair)
    stored = (asset.external_ids or {}).get("binance")
    if stored != pair:
        raise NoPlace(f"{asset.symbol} has the candles of {stored}, and the pairs of a coin are never mixed")
    report.add("candles", store_parts(asset.pk, file.timeframe, chain([beginning], candles)), rejects)
    note_import(asset.pk, file.timeframe, times[0], times[-1], rejected=len(rejects))
    touched[file.timeframe].add(asset.pk)


def _derive(now: datetime, touched: _Touched, report: ImportReport) -> None:
    """Make the longer candles that runs work on and that no file has, of the shorter ones that came."""
    for timeframe in DERIVED:
        assets = set().union(*(touched[part] for part in shorter_timeframes(timeframe) if part in touched))
        if assets:
            report.add("derived", derive_candles(sorted(assets), timeframe, now))


def _store_all_series(files: Iterable[series_files.SeriesFile], now: datetime, report: ImportReport) -> None:
    for file in files:
        _store_series(file, now, report)


def _store_series(file: series_files.SeriesFile, now: datetime, report: ImportReport) -> None:
    values, rejects = series_files.read_values(file, now)
    if values.is_empty():
        report.rejects += rejects
        raise UnreadableFile(f"it holds no value of {file.name}")
    asset = _asset_of(file)
    series = register_series(
        file.code.format(symbol=asset.symbol if asset else ""),
        name=file.name,
        kind=file.kind,
        unit=file.unit,
        source=file.source,
        asset=asset,
        caveat=file.caveat,
    )
    report.add("values", store_values(series, values), rejects)


def _asset_of(file: series_files.SeriesFile) -> Asset | None:
    """The asset that a series describes, made if need be."""
    if file.coingecko_id:
        symbols, _rejects = read_rows(file.path, ("symbol",))
        symbol = symbols["symbol"].drop_nulls().first()
        if not symbol or not str(symbol).isprintable():
            raise UnreadableFile(f"it names no symbol of {file.coingecko_id}")
        return register_coin(file.coingecko_id, str(symbol))
    if file.symbol and file.source == "coinmetrics":
        return register_asset(file.symbol, data_source=file.source, quote="USD", exchange_pair=file.symbol.lower())
    if file.symbol:
        return register_asset(
            file.symbol, data_source="binance", quote="USDT", exchange_pair=file.symbol.removesuffix("-PERP")
        )
    return None


def _read_categories(path: Path, categories: _Categories, report: ImportReport) -> None:
    newest = max(other.name for other in categories.paths if _undated(other) == _undated(path))
    if newest > path.name:
        raise NoPlace(f"{newest} is a newer list of the same")
    was_complete, categories.is_complete = categories.is_complete, False
    rows, rejects = read_rows(path, SECTOR_COLUMNS)
    for line, coin, category, rank in rows.select(LINE, *SECTOR_COLUMNS).iter_rows():
        if not coin or not category or not str(rank).isdecimal() or len(rank) > MAX_RANK_DIGITS:
            rejects.append(Reject(path.name, line, "a coin, a category and a whole rank are needed"))
        else:
            categories.members.append(Membership(len(categories.lines), coin, category, int(rank)))
            categories.lines.append((path.name, line))
    categories.is_complete = was_complete and not rejects
    report.rejects += rejects


def _store_news(path: Path, now: datetime, report: ImportReport) -> None:
    done, rejects = record_news(path, now)
    report.skipped += [Reject(path.name, line, reason) for line, reason in done.repeated]
    report.add("news", done.stored, rejects)


def _undated(path: Path) -> str:
    """What a file is called but for its date."""
    return re.sub(r"\d{4}-\d{2}(-\d{2})?", "", path.name.removesuffix(".gz"))


def _assign(categories: _Categories, now: datetime, report: ImportReport) -> None:
    """A line that could not be read may be just the one of a membership: then none ends."""
    if not categories.members:
        return
    assigned = assign_memberships(categories.members, now=now, is_complete=categories.is_complete)
    report.skipped += [Reject(*categories.lines[place], reason) for place, reason in assigned.unknown]
    report.add("memberships", Stored(assigned.new, assigned.changed, assigned.equal))
