"""People who change the tier lists at one moment, each in a process of their own.

Reads what each is to do, one JSON object a line, from standard input; forks a process for each, because loading takes
longer than the work; lets all of them start together; prints what came of each, one JSON object a line.
"""

import json
import multiprocessing
import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
django.setup()

from django.db import connections  # noqa: E402

from accounts.models import User  # noqa: E402
from selection.models import Watchlist, WatchlistAsset  # noqa: E402
from selection.services import demote, promote, reorder_watchlist, review_suggestion  # noqa: E402
from system.exceptions import DomainError, InvalidInput  # noqa: E402

ATTEMPTS = 40
"""How often somebody orders a list anew that others are changing meanwhile."""


def reorder(actor: User, watchlist: int, seed: int) -> None:
    """Shuffle what is seen; what others add or take away meanwhile is a refusal, and is seen the next time."""
    chance = random.Random(seed)  # noqa: S311 - an order
    for attempt in range(ATTEMPTS):
        keys = list(WatchlistAsset.objects.filter(watchlist=watchlist).values_list("pk", flat=True))
        chance.shuffle(keys)
        try:
            reorder_watchlist(Watchlist.objects.get(pk=watchlist), keys, actor=actor)
        except InvalidInput:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return


def step(actor: User, entry: int, is_promotion: bool) -> None:
    """Move an entry to the other tier."""
    found = WatchlistAsset.objects.select_related("asset", "watchlist").get(pk=entry)
    (promote if is_promotion else demote)(found, actor=actor)


def review(actor: User, suggestion: int, decision: str) -> None:
    """Decide about a suggestion."""
    review_suggestion(suggestion, reviewer=actor, decision=decision, notes="no")


DEEDS: dict[str, Callable[..., None]] = {"reorder": reorder, "step": step, "review": review}


def act(start: Barrier, results: Any, deed: dict[str, Any]) -> None:
    """Do it when all are ready, and say what came of it."""
    said: dict[str, Any] = {"deed": deed, "pid": os.getpid()}
    try:
        actor = User.objects.get(pk=deed["actor"])
        start.wait(60)
        begun = time.monotonic()
        DEEDS[deed["kind"]](actor, **deed["with"])
        said |= {"outcome": "done", "seconds": time.monotonic() - begun}
    except DomainError as refusal:
        said |= {"outcome": "refused", "kind": type(refusal).__name__, "reason": str(refusal)}
    except Exception:
        said |= {"outcome": "failed", "reason": traceback.format_exc()}
        raise
    finally:
        results.put(said)


def main() -> None:
    deeds = [json.loads(line) for line in sys.stdin]
    connections.close_all()
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(len(deeds)), context.SimpleQueue()
    people = [context.Process(target=act, args=(start, results, deed)) for deed in deeds]
    for person in people:
        person.start()
    for _ in people:
        print(json.dumps(results.get()), flush=True)  # noqa: T201
    for person in people:
        person.join()


if __name__ == "__main__":
    main()
