"""Backtest a strategy, or the signals of the product."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import User
from cryptopredict.progress import Bar
from system.exceptions import InvalidInput
from system.stores.artefacts import bucket
from trading.choices import BacktestSource
from trading.services.backtests import Done, request_backtest, run_backtest
from trading.services.backtests.assumptions import assumptions_of, words_of

RULES = {"entry": {"rule": "sma_cross", "fast": 20, "slow": 50}, "stop": {"percent": 2}}


class Command(BaseCommand):
    help = (
        "Follow orders over past candles with costs and limits, and study the result. Orders come from declared rules "
        "(--rules; several variants are chosen walk-forward), from plans made anew as live runs would have (--plans), "
        "or from stored signals (--series live, or the name of a replay). Writes report.html, report.json, trades.csv "
        "and equity.csv."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--config", type=Path, help="JSON file with the whole request; other options change it")
        parser.add_argument("--name", help="name of the backtest")
        parser.add_argument("--user", metavar="EMAIL", help="whose it is; default: the operator's")
        parser.add_argument("--start", help="first moment of entries, a date or a time with its zone")
        parser.add_argument("--end", help="last moment that is known")
        parser.add_argument("--timeframe", help="candles: 5m, 15m, 1h, 4h, 1d or 1w; default: 4h")
        parser.add_argument("--asset", action="append", default=[], help="symbol; again for more; default: the market")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--rules", help="JSON of a strategy or of a list of variants, or the path of such a file")
        source.add_argument("--plans", action="store_true", help="signals made anew by the code and versions of then")
        source.add_argument("--series", help="stored signals of this series")
        parser.add_argument("--folds", type=int, help="steps of a walk-forward choice; default: 5")
        parser.add_argument("--capital", type=float, help="USD to begin with; default: 10,000")
        parser.add_argument("--share", type=float, help="percent of the equity in a position; default: 10")
        parser.add_argument("--max-open", type=int, help="most positions at once; default: 10")
        parser.add_argument("--fee", type=float, help="percent of the traded value; default: 0.1")
        parser.add_argument("--slippage", type=float, help="percent of the price; default: 0.05")
        parser.add_argument("--out", type=Path, help="folder of a copy of the report")
        parser.add_argument("--json", action="store_true", help="print the numbers as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        row = request_backtest(configuration(options), actor=person(options["user"]))
        bar = Bar(self.stderr, self.stderr.isatty() and not options["json"])
        done = run_backtest(
            row, folder=options["out"], progress=lambda phase, share: bar.draw("backtest", share, phase)
        )
        bar.clear()
        if options["json"]:
            told = {"id": row.pk, "fingerprint": row.fingerprint, "report": row.report}
            self.stdout.write(json.dumps(told | {"metrics": row.metrics, "assumptions": row.assumptions}))
        else:
            place = bucket() or "the home"
            self.stdout.write("\n".join([*lines(done), f"report: {row.report}/report.html under {place}"]))
        sys.stdout.flush()


def configuration(options: dict[str, Any]) -> dict[str, Any]:
    """The request that the options make.

    Raises:
        InvalidInput: a file that cannot be read, or is no JSON.
    """
    found: dict[str, Any] = parsed(options["config"], "config") if options["config"] else {}
    if not isinstance(found, dict):
        raise InvalidInput("config must be an object with named fields.", field="config")
    for name in ("name", "start", "end", "timeframe", "series", "folds"):
        if options[name] is not None:
            found[name] = options[name]
    if options["asset"]:
        found["assets"] = options["asset"]
    if options["rules"]:
        found["rules"] = parsed(options["rules"], "rules")
    if options["plans"]:
        found["signals"] = BacktestSource.PLANS.value
    if not {"rules", "series", "signals"} & set(found):
        found["rules"] = RULES
    account = {"capital": "start", "share": "share_percent", "max_open": "max_open"}
    costs = {"slippage": ["slippage_percent"], "fee": ["maker_percent", "taker_percent"]}
    given = {account[name]: options[name] for name in account if options[name] is not None}
    paid = {field: options[name] for name, fields in costs.items() for field in fields if options[name] is not None}
    for name, values in (("account", given), ("costs", paid)):
        if values:
            found[name] = {**found.get(name, {}), **values}
    return found


def person(email: str | None) -> User | None:
    """Who is meant.

    Raises:
        InvalidInput: nobody.
    """
    found = User.objects.filter(email=email.lower()).first() if email else None
    if email and found is None:
        raise InvalidInput(f"user: there is nobody called {email}.", field="user")
    return found


def parsed(text: Any, field: str) -> Any:
    """JSON, written out or in a file.

    Raises:
        InvalidInput: neither.
    """
    try:
        is_written = isinstance(text, str) and text.lstrip()[:1] in ("{", "[")
        return json.loads(text if is_written else Path(text).read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{field}: {text} cannot be read: {error.strerror}.", field=field) from None
    except ValueError as error:
        raise InvalidInput(f"{field} is no JSON: {error}.", field=field) from None


def lines(done: Done) -> list[str]:
    """The result for a person."""
    figures, fall, holding = done.result.figures, done.result.figures.drawdown, done.holding
    refused, luck = done.result.trades.refused.total(), done.random.p_value if done.random else None
    told = f"""\
{done.request.name}: {figures.closed} trades closed, {figures.still_open} open, {refused} orders not taken
  result {100 * figures.total_return:+.2f} %, deepest fall {100 * fall.depth:.2f} %
  Sharpe {number(figures.sharpe)}, Sortino {number(figures.sortino)}, Calmar {number(figures.calmar)}
  share won {number(figures.win_rate)}, mean {number(figures.mean_net_pct)} % a trade, mean R {number(figures.mean_r)}
  fees {figures.fees:.2f} USD, slippage {figures.slippage:.2f} USD, funding {figures.funding:.2f} USD
  holding {100 * holding.total_return:+.2f} % (p {number(holding.p_value)}), random entries p {number(luck)}
  deflated Sharpe {number(done.deflated.chance)} after {done.trials} variants
  fingerprint {done.result.fingerprint}
  it assumes:"""
    return [told, *(f"  - {words_of(one)}" for one in assumptions_of(done))]


def number(value: float | None) -> str:
    """A figure, or that it is not known."""
    return "–" if value is None else f"{value:.3f}"
