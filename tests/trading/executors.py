"""People who execute signals and sell again at one moment, each in a process of their own.

Reads what each is to do, one JSON object a line, from standard input; forks a process for each, because loading takes
longer than the work; lets all of them start together; prints what came of each, one JSON object a line.
"""

import json
import multiprocessing
import os
import random
import sys
import traceback
from collections import Counter
from decimal import Decimal
from multiprocessing.synchronize import Barrier
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
django.setup()

from django.db import connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from selection.models import Portfolio  # noqa: E402
from system.exceptions import ConflictError, DomainError  # noqa: E402
from trading.models import AITradingSignal  # noqa: E402
from trading.services import RiskLimit, execute_signal, record_trade  # noqa: E402

SIZES = ("40", "130", "333.33", "700", "1500", "4000")
PRICES = ("0.99", "1", "1.01")
"""What is paid, by the latest price."""


def step(chance: random.Random, portfolio: Portfolio, signals: list[AITradingSignal]) -> str:
    """One thing that a person does; the word says what came of it."""
    if chance.random() < 0.2:
        return sell(chance, portfolio)
    one = chance.choice(signals)
    price = (one.asset.current_price or Decimal(0)) * Decimal(chance.choice(PRICES))
    try:
        execute_signal(
            one.pk,
            user=portfolio.user,
            portfolio=portfolio,
            risk_confirmed=True,
            position_size=Decimal(chance.choice(SIZES)),
            price=price,
            leverage=Decimal(chance.choice(("1", "1", "2", "3"))),
            fee=Decimal(chance.choice(("0", "0.5"))),
        )
    except RiskLimit as refusal:
        return refusal.broken[0].rule
    except DomainError as refusal:
        return refusal.code or type(refusal).__name__
    return "executed"


def sell(chance: random.Random, portfolio: Portfolio) -> str:
    """Close a position, or half of it, at a price of the day."""
    held = list(portfolio.positions.filter(quantity__gt=0).exclude(asset=portfolio.cash_asset).select_related("asset"))
    if not held:
        return "nothing held"
    position = chance.choice(held)
    price = (position.asset.current_price or Decimal(0)) * Decimal(chance.choice(("0.97", "1", "1.02")))
    # Half of the least that can be held is nothing.
    part = (position.quantity / chance.choice((1, 2))).quantize(position.quantity) or position.quantity
    try:
        record_trade(
            portfolio,
            position.asset,
            actor=portfolio.user,
            action_type="partial_exit",
            position=position,
            quantity=part,
            price=price,
            executed_at=timezone.now(),
        )
    except ConflictError:
        return "sold meanwhile"
    return "sold"


def act(start: Barrier, results: Any, deed: dict[str, Any]) -> None:
    """Go through the portfolios in the order that all have, a few steps in each."""
    chance = random.Random(deed["seed"])  # noqa: S311 - choices
    said: dict[str, Any] = {"pid": os.getpid(), "did": {}}
    try:
        signals = list(AITradingSignal.objects.select_related("asset").order_by("pk"))
        portfolios = list(Portfolio.objects.filter(pk__in=deed["portfolios"]).select_related("user").order_by("pk"))
        start.wait(60)
        said["did"] = Counter(step(chance, one, signals) for one in portfolios for _ in range(deed["steps"]))
    except Exception:
        said["failed"] = traceback.format_exc()
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
