"""Train models."""

import json
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.base import BaseCommand

from aimodels.choices import ModelType
from aimodels.services.training_runs import Stopped
from aimodels.services.tuning import Tuning
from cryptopredict.learning import LAYERS, Learned, train, trainables
from cryptopredict.management.commands.run_pipeline import known_until, moment
from cryptopredict.progress import Bar
from macro.services.training import Trained, train_regimes
from macro.services.versions import LEARNED
from system.choices import RunTimeframe
from system.exceptions import DomainError, InvalidInput


class Command(BaseCommand):
    help = (
        "Train a version of each chosen model, test it once on the untouched block, and register it with its evidence. "
        "It serves only with --activate, and only if it passes every gate; so do the regimes, whose gates are their "
        "own. Exit status: 0 all were trained, 1 some could not be, 2 none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--type", action="append", choices=[ModelType.MACRO, *LAYERS], help="only this layer")
        parser.add_argument("--timeframe", action="append", choices=RunTimeframe.values, help="only these candles; 1d")
        parser.add_argument("--model", action="append", default=[], help="only the model of this name")
        parser.add_argument("--as-of", type=moment, help="know nothing that came later; default: now")
        parser.add_argument("--optimise", type=int, default=0, metavar="N", help="trials of settings for each model")
        parser.add_argument("--activate", action="store_true", help="put into force what passes every gate")
        parser.add_argument("--json", action="store_true", help="print each model as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        as_of = known_until(options["as_of"])
        if not 0 <= options["optimise"] <= 1000:
            raise InvalidInput("optimise must be from 0 to 1000.", field="optimise")
        types = options["type"] or [*LAYERS]
        has_macro = ModelType.MACRO in types and not options["model"]
        chosen = trainables(
            types=[one for one in types if one != ModelType.MACRO],
            timeframes=options["timeframe"] or ([] if options["model"] else [RunTimeframe.D1]),
            names=options["model"],
        ) if set(types) - {ModelType.MACRO} else []  # fmt: skip
        over, bar = threading.Event(), Bar(self.stderr, self.stderr.isatty() and not options["json"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        done: list[bool] = []
        try:
            if has_macro:
                done.append(self._regimes(as_of, options, bar, over.is_set))
            started = time.perf_counter()
            for one in train(
                chosen,
                as_of,
                choices=Tuning(optimise=options["optimise"]),
                put_into_force=options["activate"],
                progress=lambda model, phase, share: bar.draw(model.name, share, phase),
                stop=over.is_set,
            ):
                bar.clear()
                seconds = time.perf_counter() - started
                self.stdout.write(json.dumps(facts(one, seconds)) if options["json"] else line(one, seconds))
                done.append(one.run is not None)
                started = time.perf_counter()
        except Stopped:
            bar.clear()
            self.stderr.write("Stopped: the model in training was not registered.")
            sys.exit(130)
        if not all(done):
            sys.exit(1 if any(done) else 2)

    def _regimes(self, as_of: Any, options: dict[str, Any], bar: Bar, stop: Callable[[], bool]) -> bool:
        try:
            found: Trained | DomainError = train_regimes(
                as_of,
                put_into_force=options["activate"],
                progress=lambda phase, share: bar.draw(LEARNED, share, phase),
                stop=stop,
            )
        except DomainError as error:
            found = error
        bar.clear()
        if options["json"]:
            self.stdout.write(json.dumps(regime_facts(found)))
        elif isinstance(found, DomainError):
            self.stdout.write(f"{LEARNED}: not trained: {found}")
        else:
            self.stdout.write(verdict(str(found.model), found.failed, found.model.is_active, found.refusal))
        return not isinstance(found, DomainError)


def facts(one: Learned, seconds: float) -> dict[str, Any]:
    """One model as JSON."""
    if one.run is None:
        return {"model": one.model.name, "fault": one.fault}
    final = one.run.final
    skill = None if final is None else final.lines[-1].figures.log_skill
    return {
        "model": one.model.name,
        "version": one.run.model.version,
        "id": one.run.model.pk,
        "is_active": one.is_active,
        "failed_gates": gates(one.run.failed),
        "refusal": one.refusal,
        "skill": None if skill is None else [skill.skill, skill.low, skill.high],
        "seconds": round(seconds, 3),
    }


def regime_facts(found: Trained | DomainError) -> dict[str, Any]:
    """The regimes as JSON."""
    if isinstance(found, DomainError):
        return {"model": LEARNED, "fault": str(found)}
    return {
        "model": found.model.name,
        "version": found.model.version,
        "id": found.model.pk,
        "is_active": found.model.is_active,
        "failed_gates": gates(found.failed),
        "refusal": found.refusal,
        "evidence": found.evidence,
    }


def gates(failed: Sequence[Any]) -> list[dict[str, str]]:
    """Failed gates as JSON."""
    return [{"gate": one.gate, "subject": one.subject, "reason": one.reason} for one in failed]


def line(one: Learned, seconds: float) -> str:
    """One model for people: what stands against it, or that nothing does."""
    if one.run is None:
        return f"{one.model.name}: not trained: {one.fault}"
    return verdict(f"{one.run.model} ({seconds:.0f} s)", one.run.failed, one.is_active, one.refusal)


def verdict(head: str, failed: Sequence[Any], is_active: bool, refusal: str) -> str:
    """What stands against a version, or that nothing does."""
    if failed:
        return "\n".join([f"{head}: may not serve.", *(f"  {one.reason}" for one in failed)])
    if is_active:
        return f"{head}: in force."
    return f"{head}: passed every gate; put into force with --activate." + (f" {refusal}" if refusal else "")
