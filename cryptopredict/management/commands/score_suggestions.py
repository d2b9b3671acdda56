"""Score what came of suggestions and rankings, and print the report."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.management.commands.run_pipeline import known_until, moment
from cryptopredict.suggestion_words import ranking_lines, report_lines
from selection.selectors.ranking_record import ranking_record
from selection.selectors.suggestion_report import BY, suggestion_report, suggestion_reports
from selection.services import measure_rankings, score_suggestions
from system.choices import LIVE


class Command(BaseCommand):
    help = (
        "Score every suggestion and ranking whose days have passed, also archived ones, and print what came of them: "
        "precision of the product, value added by the reviewers, rank correlations. The same again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=moment, help="use nothing that ended later; default: now")
        parser.add_argument("--series", default=LIVE, help="live, or the name of a replay")
        parser.add_argument("--by", choices=list(BY), help="the report in parts as well")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        as_of, series = known_until(options["as_of"]), options["series"]
        scored, measured = score_suggestions(as_of, series), measure_rankings(as_of, series)
        report, rankings = suggestion_report(series), ranking_record(series)
        parts = suggestion_reports(options["by"], series) if options["by"] else {}
        if options["json"]:
            told = {
                "series": series,
                "suggestions": asdict(scored),
                "rankings": asdict(measured),
                "report": asdict(report),
                "record": [asdict(one) for one in rankings],
                "parts": {name: asdict(part) for name, part in parts.items()},
            }
            self.stdout.write(json.dumps(told, default=str))
            return
        self.stdout.write(
            f"{series}: {scored.scored} suggestions scored, {scored.unresolved} wait for a candle; "
            f"{measured.measured} rankings measured, {measured.unresolved} without prices"
        )
        for line in (*report_lines(report), *ranking_lines(rankings)):
            self.stdout.write(f"  {line}")
        for name, part in parts.items():
            self.stdout.write(f"  {name}")
            for line in report_lines(part):
                self.stdout.write(f"    {line}")
