"""Trades of a backtest, as its report keeps them."""

import csv
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, overload

from system.stores.artefacts import local_path
from trading.models import Backtest

FILE = "trades.csv"


def trades_file(backtest: Backtest) -> Path | None:
    """The file of a report with all trades; None while there is none.

    Raises:
        UnavailableError: the bucket of the files does not answer.
    """
    return local_path(f"{backtest.report}/{FILE}") if backtest.report else None


class StoredTrades(Sequence[dict[str, str]]):
    """Lines of a report, read as far as they are asked for; none while there is no report.

    Args:
        backtest: whose.
    """

    def __init__(self, backtest: Backtest) -> None:
        self._path = trades_file(backtest)

    def _lines(self) -> Iterator[dict[str, str]]:
        if self._path is None:
            return
        with self._path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    @cached_property
    def _count(self) -> int:
        return sum(1 for _line in self._lines())

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> dict[str, str]: ...
    @overload
    def __getitem__(self, place: slice) -> list[dict[str, str]]: ...
    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return list(islice(self._lines(), *place.indices(len(self))))
        return next(islice(self._lines(), range(len(self))[place], None))
