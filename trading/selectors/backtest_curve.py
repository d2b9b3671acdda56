"""The account of a backtest over time, as its report keeps it."""

import csv
from dataclasses import dataclass
from datetime import datetime

from system.stores.artefacts import local_path
from trading.models import Backtest

FILE = "equity.csv"


@dataclass(frozen=True)
class CurvePoint:
    """The account at a close.

    Attributes:
        value: USD.
        below: how far below its high it stood at the deepest since the point before, percent, 0 or less.
    """

    time: datetime
    value: float
    below: float


def backtest_curve(backtest: Backtest) -> list[CurvePoint]:
    """Every point, oldest first; none while there is no report, or where it was made before reports kept it.

    Raises:
        UnavailableError: the bucket of the files does not answer.
    """
    path = local_path(f"{backtest.report}/{FILE}") if backtest.report else None
    if path is None:
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            CurvePoint(
                datetime.fromisoformat(line["closed_at"]),
                float(line["account_usd"]),
                float(line["below_high_percent"]),
            )
            for line in csv.DictReader(file)
        ]
