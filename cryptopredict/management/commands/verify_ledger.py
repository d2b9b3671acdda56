"""Verify the forecast ledger."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from aimodels.selectors.recounted import differing_sums
from aimodels.services.verification import Anchor, Verified, verify_ledger
from cryptopredict.progress import Bar
from system.exceptions import InvalidInput


class Command(BaseCommand):
    help = (
        "Compute the chain of every model version anew and name the first bad row of each; hold the sums over "
        "forecasts, which every record is read from, against counting. Exit status: 0 all hold, 1 a fault "
        "was found, 2 not verified. Keep the --json output elsewhere: with --anchors it shows a chain that was "
        "rewritten as a whole."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--model", default="", help="only versions of this name")
        parser.add_argument("--anchors", type=Path, help="file with the --json output of an earlier verification")
        parser.add_argument("--database", default="default", choices=["default", "owner"], help="whose role reads")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        started = time.perf_counter()
        anchors = read_anchors(options["anchors"]) if options["anchors"] else None
        bar = Bar(self.stderr, self.stderr.isatty() and not options["json"])
        found = verify_ledger(
            options["model"],
            anchors=anchors,
            database=options["database"],
            progress=lambda chain, done, length: bar.draw(chain, done / length, f"{done}/{length}"),
        )
        seconds = time.perf_counter() - started
        differing = [] if options["model"] else differing_sums(options["database"])
        faults = sum(chain.fault is not None for chain in found) + len(differing)
        if options["json"]:
            result = {
                "chains": [chain.plain() for chain in found],
                "sums": [asdict(one) for one in differing],
                "faults": faults,
                "seconds": round(seconds, 3),
            }
            self.stdout.write(json.dumps(result, default=str))
        else:
            for chain in found:
                self.stdout.write(line(chain))
            for one in differing:
                self.stdout.write(f"{one.model:<40} BAD: sums of {one.market}, {one.horizon_hours} h from {one.as_of}")
            links = sum(chain.length for chain in found)
            self.stdout.write(f"{links} forecasts in {len(found)} chains, {faults} with a fault; {seconds:.2f} s")
        if faults:
            sys.exit(1)


def line(chain: Verified) -> str:
    """A chain in one line; of a bad one the first bad row and what is wrong with it."""
    names = f"{chain.model} {chain.version}"
    if chain.fault is None:
        return f"{names:<40} {chain.length:>9} forecasts  holds  {chain.head}"
    place = "no place" if chain.fault.position is None else f"place {chain.fault.position}"
    row = "no forecast" if chain.fault.prediction_id is None else f"forecast {chain.fault.prediction_id}"
    return f"{names:<40} BAD at {place}, {row}: {chain.fault.meaning} ({chain.fault.kind})"


def read_anchors(path: Path) -> dict[tuple[str, str], Anchor]:
    """Ends of chains as an earlier verification printed them; a chain that was bad then is no anchor.

    Raises:
        InvalidInput: the file is not there, or is something else.
    """
    try:
        chains = json.loads(path.read_text())["chains"]
        return {
            (chain["model"], chain["version"]): Anchor(int(chain["length"]), str(chain["head"]))
            for chain in chains
            if chain["fault"] is None
        }
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"{path} holds no output of verify_ledger --json ({error}).", field="anchors") from error
