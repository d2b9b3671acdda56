"""Walk-forward report of the models."""

import json
import sys
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

from aimodels.services.evaluations import line_words
from aimodels.services.training_runs import Interval, Line, Report, SkillInterval, walk_forward_report
from cryptopredict.learning import LAYERS, subjects, trainables
from cryptopredict.management.commands.run_pipeline import known_until, moment
from cryptopredict.progress import Bar
from system.choices import RunTimeframe
from system.exceptions import DomainError

HEADER = (
    f"{'':<10}{'n':>8}{'stretches':>10}  {'log skill %':<22}{'Brier skill %':<22}{'AUC':<22}"
    f"{'calibration error':<22}{'90 % interval holds':<22}{'pinball skill %':<22}"
)
BLANK = "–"


class Command(BaseCommand):
    help = (
        "Judge each chosen model walk-forward, beside the naive forecast and the rules, with 95 % intervals by blocks "
        "of time. The untouched last block is not looked at: training does that, once. Regimes have evaluate_regimes. "
        "Exit status: 0 all were judged, 1 some could not be, 2 none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--type", action="append", default=[], choices=[*LAYERS], help="only this layer")
        parser.add_argument("--timeframe", action="append", choices=RunTimeframe.values, help="only these candles; 1d")
        parser.add_argument("--model", action="append", default=[], help="only the model of this name")
        parser.add_argument("--as-of", type=moment, help="know nothing that came later; default: now")
        parser.add_argument("--json", action="store_true", help="print each model as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        as_of = known_until(options["as_of"])
        frames = options["timeframe"] or ([] if options["model"] else [RunTimeframe.D1])
        chosen = trainables(types=options["type"], timeframes=frames, names=options["model"])
        bar, done = Bar(self.stderr, self.stderr.isatty() and not options["json"]), []
        for one, found in subjects(chosen, as_of):
            report: Report | str
            try:
                if isinstance(found, DomainError):
                    raise found
                report = walk_forward_report(found, progress=partial(show, bar, one.name))
            except DomainError as error:
                report = str(error)
            bar.clear()
            done.append(isinstance(report, Report))
            if options["json"]:
                self.stdout.write(json.dumps(facts(one.name, report)))
            else:
                self.stdout.write("\n".join(lines(one.name, report)))
        if not all(done):
            sys.exit(1 if any(done) else 2)


def show(bar: Bar, name: str, phase: str, share: float) -> None:
    """Progress of one model."""
    bar.draw(name, share, phase)


def facts(name: str, report: Report | str) -> dict[str, Any]:
    """One model as JSON."""
    if isinstance(report, str):
        return {"model": name, "fault": report}
    return {
        "model": name,
        "rows": report.rows,
        "trials": report.trials,
        "lines": {line.who: line_words(line) for line in report.lines},
    }


def lines(name: str, report: Report | str) -> list[str]:
    """One model as a table."""
    if isinstance(report, str):
        return [f"{name}: not judged: {report}"]
    head = f"{name}: {report.rows} forecasts out of fold; {report.trials} variants tried so far"
    return [head, HEADER, *(row(line) for line in report.lines), ""]


def row(line: Line) -> str:
    """The figures of one forecaster."""
    figures, values = line.figures, line.values
    error = figures.calibration
    return (
        f"{line.who:<10}{figures.n:>8}{figures.blocks:>10}  {percent(figures.log_skill):<22}"
        f"{percent(figures.brier_skill):<22}{share(figures.auc):<22}"
        f"{share(Interval(error.corrected, error.low, error.high)):<22}"
        f"{share(values.coverage if values else None):<22}{percent(values.pinball_skill if values else None):<22}"
    )


def percent(found: SkillInterval | None) -> str:
    """A skill with its interval."""
    if found is None:
        return BLANK
    return f"{100 * found.skill:+.2f} [{100 * found.low:+.2f} … {100 * found.high:+.2f}]"


def share(found: Interval | None) -> str:
    """A figure from 0 to 1 with its interval."""
    return BLANK if found is None else f"{found.value:.3f} [{found.low:.3f} … {found.high:.3f}]"
