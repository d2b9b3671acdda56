"""Evaluate the regimes against phases dated afterwards."""

import json
from argparse import ArgumentParser
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from aimodels.services import model_in_force
from assets.choices import Market
from macro.rules import REGIME_RULES
from macro.selectors.daily import daily_market
from macro.services.evaluation import Evaluation, evaluate, keep_evaluation
from macro.services.versions import learned_in_force
from system.exceptions import InvalidInput

HEADER = f"{'judge':<14}{'BTC':>7}{'delay':>7}{'length':>8}{'false':>7}{'panel':>8}{'length':>8}   gain on the baseline"


class Command(BaseCommand):
    help = (
        "Judge every day of a span by versions that were trained before its year, score it against bull and bear "
        "phases dated afterwards, beside naive rules, and keep the result."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--start", type=date.fromisoformat, required=True, help="first day")
        parser.add_argument("--end", type=date.fromisoformat, required=True, help="the day after the last one")
        parser.add_argument("--json", action="store_true", help="print every figure as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        start, end = options["start"], options["end"]
        until, now = datetime.combine(end, time(), UTC), timezone.now()
        if start >= end or until > now:
            raise InvalidInput("start must lie before end, and end not in the future.", field="end")
        found = evaluate(daily_market(until), start, end)
        serving = learned_in_force(Market.REAL, until)
        model = serving[0] if serving else model_in_force(REGIME_RULES, until)
        row = keep_evaluation(found, model, now)
        if options["json"]:
            self.stdout.write(json.dumps(row.detailed_metrics))
            return
        self.stdout.write(f"{found.start} to {found.end}, {len(found.symbols)} assets; in force: {model}")
        self.stdout.write(HEADER)
        for name in found.bitcoin:
            self.stdout.write(line(found, name))


def line(found: Evaluation, name: str) -> str:
    """The figures of one judge."""
    one, (panel, length) = found.bitcoin[name], found.panel[name]
    gain = found.gain.get(name)
    more = "" if gain is None else f"   {gain[0]:+.3f} [{gain[1]:+.3f} … {gain[2]:+.3f}]"
    return (
        f"{name:<14}{one.balanced_accuracy:>7.3f}{one.delay_days:>7.1f}{one.mean_length_days:>8.1f}"
        f"{one.false_switches:>7}{panel:>8.3f}{length:>8.1f}{more}"
    )
