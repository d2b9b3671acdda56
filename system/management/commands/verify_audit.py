"""Verify the audit of the database."""

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from system.exceptions import InvalidInput
from system.selectors.trail import Anchor, Verified, verify_trail
from system.services.trail import seal_changes


class Command(BaseCommand):
    help = (
        "Compute the chain over the audit of the database anew and name the first entry that was changed, is missing "
        "or stands in another order. Exit status: 0 it holds, 1 a fault was found. Keep the --json output elsewhere: "
        "with --anchor it shows a chain that was rewritten as a whole."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seal", action="store_true", help="seal first what is not sealed yet")
        parser.add_argument("--anchor", type=Path, help="file with the --json output of an earlier verification")
        parser.add_argument("--database", default="default", choices=["default", "owner"], help="whose role reads")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        started = time.perf_counter()
        anchor = read_anchor(options["anchor"]) if options["anchor"] else None
        if options["seal"]:
            seal_changes()
        found = verify_trail(anchor=anchor, database=options["database"])
        seconds = time.perf_counter() - started
        if options["json"]:
            self.stdout.write(json.dumps(found.plain() | {"seconds": round(seconds, 3)}, default=str))
        else:
            self.stdout.write(f"{sentence(found)}; {seconds:.2f} s")
        if found.fault is not None:
            sys.exit(1)


def sentence(found: Verified) -> str:
    """What was found, in a line; of a bad chain the first bad entry and what is wrong with it."""
    since = f" (since {found.waiting_since:%Y-%m-%d %H:%M:%S} UTC)" if found.waiting_since else ""
    waiting = f"{found.waiting} not sealed yet{since}"
    if found.fault is not None:
        return f"BAD {found.fault} ({found.fault.kind}); {waiting}"
    kept = found.length - found.forgotten
    emptied = f"{found.emptied} emptied by {found.erasures} erasures"
    if found.unproven:
        emptied += f" ({found.unproven} of them sealed with one hash, of which nothing can be checked any more)"
    gone = f"{found.forgotten} went by age"
    return f"{kept} sealed entries hold up to {found.head or 'nothing'}, {emptied}, {gone}, {waiting}"


def read_anchor(path: Path) -> Anchor:
    """The end of the chain as an earlier verification printed it.

    Raises:
        InvalidInput: the file is not there, is something else, or the chain was bad then.
    """
    try:
        found = json.loads(path.read_text())
        anchor, was_bad = Anchor(int(found["length"]), str(found["head"])), found["fault"] is not None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"{path} holds no output of verify_audit --json ({error}).", field="anchor") from error
    if was_bad:
        raise InvalidInput(f"The chain was bad when {path} was written.", field="anchor")
    return anchor
