"""Score what would have come of following recommendations, and print the report."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.management.commands.run_pipeline import known_until, moment
from cryptopredict.suggestion_words import figure
from system.choices import LIVE
from trading.selectors.recommendation_report import AdviceGroup, recommendation_report
from trading.services import score_recommendations


class Command(BaseCommand):
    help = (
        "Score every recommendation whose horizon has passed, whatever was done with it, and print how often following "
        "was better than doing nothing. The same again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=moment, help="use nothing that ended later; default: now")
        parser.add_argument("--series", default=LIVE, help="live, or the name of a replay")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        series = options["series"]
        scored = score_recommendations(known_until(options["as_of"]), series)
        report = recommendation_report(series)
        if options["json"]:
            told = {"series": series, "recommendations": asdict(scored), "report": asdict(report)}
            self.stdout.write(json.dumps(told, default=str))
            return
        self.stdout.write(f"{series}: {scored.scored} recommendations scored, {scored.unresolved} not measured")
        self.stdout.write(f"  {line('all', report.every)}")
        for parts in (report.by_kind, report.by_deed):
            for name, group in parts.items():
                self.stdout.write(f"  {line(name, group)}")


def line(name: str, group: AdviceGroup) -> str:
    """A group in words."""
    return (
        f"{name}: {group.due} due, {group.scored} scored, {group.unmeasured} unmeasured, following was better in "
        f"{figure(group.right, 3)}, on average by {figure(group.advantage, 2)} points"
    )
