"""The report of a backtest: a page, JSON, its trades and its account over time as CSV."""

import base64
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.template.loader import render_to_string

from assets.selectors import moment
from system.stores.artefacts import Artefacts
from trading.compute.backtest.paths import Reason
from trading.services.backtests.assumptions import assumptions_of, words_of
from trading.services.backtests.charts import HEIGHT, WIDTH, falls, line_chart
from trading.services.backtests.figure_words import figure_rows, study_rows
from trading.services.backtests.running import Done

COLUMNS = (
    "symbol", "side", "entered_at", "exited_at", "entry", "exit", "quantity", "fees", "funding", "pnl",
    "return_percent", "r", "reason", "assumed",
)  # fmt: skip
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "td,th{padding:.25rem .8rem;border-bottom:1px solid #ddd;text-align:start}"
    "td.n{text-align:end;font-variant-numeric:tabular-nums}svg{width:100%;height:auto;direction:ltr}"
    "polyline{fill:none;stroke:#1f5fa8;stroke-width:1.5}polyline.fall{stroke:#b3261e}figure{margin:1rem 0}"
    "code{overflow-wrap:anywhere}"
)
CURVE_COLUMNS = ("closed_at", "account_usd", "below_high_percent")
MOST_MOMENTS = 2000
"""Lines of the account over time: each tells the last close of a stretch, and the deepest fall within it."""
SHOWN = 200
"""Trades on the page; the file has all."""


def files_of(done: Done) -> dict[str, str]:
    """Every file of a report, by name."""
    told = facts(done)
    trades = list(trade_lines(done))
    return {
        "report.json": json.dumps(told | {"trades": trades}, indent=1, allow_nan=False),
        "trades.csv": _as_csv(COLUMNS, ([line[name] for name in COLUMNS] for line in trades)),
        "equity.csv": _as_csv(CURVE_COLUMNS, curve_lines(done)),
        "report.html": _page(done, told, trades),
    }


def write_report(done: Done, folder: Path) -> list[Path]:
    """Write all files into a folder, which is made.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in files_of(done).items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def send_report(done: Done, there: Artefacts, place: str) -> None:
    """Put all files below a place in the bucket, each whole or not at all.

    Raises:
        UnavailableError: the bucket does not take them.
    """
    for name, text in files_of(done).items():
        content = text.encode()
        there.write(f"{place}/{name}", [content], len(content))


def metrics_of(done: Done) -> dict[str, Any]:
    """The numbers of a backtest."""
    return {
        "figures": asdict(done.result.figures),
        "holding": asdict(done.holding),
        "random_entries": asdict(done.random) if done.random else None,
        "reordered": asdict(done.reordered) if done.reordered else None,
        "deflated_sharpe": asdict(done.deflated),
        "regimes": {name: asdict(part) for name, part in done.regimes.items()},
        "folds": [_fold(done, place) for place in range(len(done.folds))],
        "refused": dict(sorted(done.result.trades.refused.items())),
        "left_out": done.left_out,
        "orders": len(done.result.orders),
    }


def facts(done: Done) -> dict[str, Any]:
    """All that is told of a backtest but its trades."""
    assumptions = assumptions_of(done)
    request = done.request
    return {
        "name": request.name,
        "source": request.source,
        "timeframe": request.timeframe,
        "start": request.start.isoformat(),
        "end": request.end.isoformat(),
        "assets": list(done.result.bars.keys),
        "configuration": dict(request.declared),
        "metrics": metrics_of(done),
        "assumptions": assumptions,
        "fingerprint": done.result.fingerprint,
    }


def trade_lines(done: Done) -> Iterator[dict[str, Any]]:
    """Every trade, oldest first; what has not happened is None."""
    result = done.result
    bars, orders, trades = result.bars, result.orders, result.trades
    path = result.paths.take(trades.order)
    shares = path.exit_share
    closed = np.isfinite(trades.net)
    price = np.nan_to_num(shares * trades.exit_price).sum(axis=1)
    fees = trades.fee + np.nan_to_num(trades.exit_fee).sum(axis=1)
    funding = np.nan_to_num(trades.exit_funding).sum(axis=1)
    worth = trades.quantity * trades.price
    risk = path.risk * trades.quantity
    last = path.last_exit
    for place, order in enumerate(trades.order.tolist()):
        is_over = bool(closed[place])
        reason = Reason(path.exit_reason[place, last[place]]).name.lower() if is_over else None
        net = float(trades.net[place])
        yield {
            "symbol": bars.keys[orders.column[order]],
            "side": "long" if orders.direction[order] > 0 else "short",
            "entered_at": moment(bars.start + bars.step * path.fill_row[place]).isoformat(),
            "exited_at": moment(bars.start + bars.step * (path.end_row[place] + 1)).isoformat() if is_over else None,
            "entry": float(trades.price[place]),
            "exit": float(price[place]) if is_over else None,
            "quantity": float(trades.quantity[place]),
            "fees": float(fees[place]),
            "funding": float(funding[place]),
            "pnl": net if is_over else None,
            "return_percent": 100 * net / float(worth[place]) if is_over else None,
            "r": net / float(risk[place]) if is_over and risk[place] > 0 else None,
            "reason": reason,
            "assumed": bool(path.assumed[place]),
        }


def _fold(done: Done, place: int) -> dict[str, Any]:
    fold, bars = done.folds[place], done.result.bars
    rules = done.request.declared["rules"][fold.variant]
    return {
        "from": moment(bars.start + bars.step * fold.first).isoformat(),
        "until": moment(bars.start + bars.step * fold.end).isoformat(),
        "variant": fold.variant,
        "rules": rules,
        "sharpe_of_past_per_day": None if np.isnan(fold.ratio) else fold.ratio,
    }


def curve_lines(done: Done) -> Iterator[tuple[str, float, float]]:
    """The account at closes: when, USD, and how far below its high it stood at the deepest since the line before."""
    bars, value = done.result.bars, done.result.equity.value
    depth = falls(value, done.request.account.start)
    stretch = -(-len(value) // MOST_MOMENTS)
    for first in range(0, len(value), stretch):
        end = min(first + stretch, len(value))
        closed = moment(bars.start + bars.step * end).isoformat()
        yield closed, round(float(value[end - 1]), 4), round(float(depth[first:end].min()), 6)


def _as_csv(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for line in lines:
        writer.writerow([_cell(value) for value in line])
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A cell that no program takes for a formula."""
    if isinstance(value, str) and value[:1] in "=+-@\t\r":
        return f"'{value}"
    return "" if value is None else value


def _page(done: Done, told: dict[str, Any], trades: list[dict[str, Any]]) -> str:
    value = done.result.equity.value
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    context = {
        "told": told,
        "metrics": told["metrics"],
        "results": figure_rows(told["metrics"]["figures"]),
        "studies": study_rows(told["metrics"]),
        "equity": line_chart(value),
        "fall": line_chart(falls(value, done.request.account.start)),
        "width": WIDTH,
        "height": HEIGHT,
        "assumptions": [words_of(one) for one in told["assumptions"]],
        "trades": trades[:SHOWN],
        "more": max(0, len(trades) - SHOWN),
        "style": STYLE,
        "style_hash": style,
    }
    return render_to_string("backtests/report.html", context)
