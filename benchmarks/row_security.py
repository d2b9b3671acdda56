"""What fences between people cost: the reads of a person's pages, with the fences of their tables and without them.

The peer is the same database without row-level security, over Django's own backend, which says nothing in front of its
statements; both are asked in turns within one run, so that they meet the same machine. People, portfolios and entries
are made up; each question is one that a page asks.

Arguments: people (200), entries of each (500), rounds (400). Prints `name: figure` lines, a JSON line, and a summary.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
django.setup()

from django.db import connections  # noqa: E402 - Django is set up now
from django.db.models import Count  # noqa: E402
from django.utils import timezone  # noqa: E402
from psycopg import sql  # noqa: E402

from accounts.models import Notification, User  # noqa: E402
from assets.models import Asset  # noqa: E402
from benchmarks.scratch import drop, owner, scratch_database  # noqa: E402
from selection.models import Portfolio, PortfolioAsset, Watchlist, WatchlistAsset  # noqa: E402
from system.acting import acting_as  # noqa: E402
from system.fences import FENCED  # noqa: E402
from trading.models import TradeAction  # noqa: E402

WARM_UP = 20
PLAIN = "plain"
ASSETS = 20
BATCH = 5_000


def fill(people: int, entries: int) -> list[int]:
    """Everybody has a portfolio with entries, a list and messages; ids of the people."""
    now = timezone.now()
    users = User.objects.bulk_create(User(email=f"person{n}@example.com", password="") for n in range(people))
    assets = Asset.objects.bulk_create(
        Asset(symbol=f"C{n}", name=f"Coin {n}", asset_type="crypto") for n in range(ASSETS)
    )
    portfolios = Portfolio.objects.bulk_create(Portfolio(user=user, name="Coins") for user in users)
    positions = PortfolioAsset.objects.bulk_create(
        PortfolioAsset(
            portfolio=one, asset=asset, asset_type="Crypto Asset", added_by=one.user, last_modified_by=one.user
        )
        for one in portfolios
        for asset in assets
    )
    TradeAction.objects.bulk_create(
        (
            TradeAction(
                portfolio_asset=one,
                action_type="buy",
                asset_price=100,
                quantity=1,
                executed_at=now - timedelta(hours=n),
            )
            for one in positions
            for n in range(entries // ASSETS)
        ),
        batch_size=BATCH,
    )
    lists = Watchlist.objects.bulk_create(
        Watchlist(user=user, name="List", watchlist_type="personal") for user in users
    )
    WatchlistAsset.objects.bulk_create(
        WatchlistAsset(watchlist=one, asset=asset, sort_order=n, added_by=one.user, last_modified_by=one.user)
        for one in lists
        for n, asset in enumerate(assets, 1)
    )
    Notification.objects.bulk_create(
        (
            Notification(user=user, notification_type="system", title="t", message="m", data={"key": str(n)})
            for user in users
            for n in range(50)
        ),
        batch_size=BATCH,
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return [user.pk for user in users]


@contextmanager
def without_fences(database: str) -> Iterator[None]:
    """A copy of a database whose tables have none, under an alias of its own."""
    copy = f"{database}_plain"
    connections.close_all()
    owner(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copy), sql.Identifier(database)))
    plain = {"NAME": copy, "ENGINE": "django.db.backends.postgresql"}
    settings = {alias: connections[alias].settings_dict | plain for alias in ("owner", "default")}
    connections.databases[PLAIN], connections.databases["plain owner"] = settings["default"], settings["owner"]
    try:
        with connections["plain owner"].cursor() as cursor:
            for name in sorted(FENCED):
                cursor.execute(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
            cursor.execute("VACUUM ANALYZE")
        yield
    finally:
        connections.close_all()
        drop(copy)


def journal(alias: str, person: int) -> list[Any]:
    found = TradeAction.objects.using(alias).filter(portfolio_asset__portfolio__user=person)
    return list(found.select_related("portfolio_asset__asset").order_by("-executed_at", "-pk")[:50])


def positions(alias: str, person: int) -> list[Any]:
    found = PortfolioAsset.objects.using(alias).filter(portfolio__user=person).select_related("asset")
    return list(found.annotate(entries=Count("actions")).order_by("pk"))


def messages(alias: str, person: int) -> list[Any]:
    return list(Notification.objects.using(alias).filter(user=person).order_by("-pk")[:20])


def own_list(alias: str, person: int) -> list[Any]:
    found = WatchlistAsset.objects.using(alias).filter(watchlist__user=person).select_related("asset", "watchlist")
    return list(found.order_by("sort_order"))


def one_portfolio(alias: str, person: int) -> list[Any]:
    return list(Portfolio.objects.using(alias).filter(user=person, is_active=True))


QUESTIONS: dict[str, Callable[[str, int], list[Any]]] = {
    "journal": journal,
    "positions with counts": positions,
    "messages": messages,
    "list": own_list,
    "portfolio": one_portfolio,
}


def timed(ask: Callable[[str, int], list[Any]], alias: str, person: int) -> tuple[float, int]:
    """Milliseconds, and how many rows came."""
    begin = time.perf_counter()
    with acting_as(person):
        rows = len(ask(alias, person))
    return 1000 * (time.perf_counter() - begin), rows


def main(people: int = 200, entries: int = 500, rounds: int = 400) -> None:
    with scratch_database("fences") as database:
        ids = fill(people, entries)
        with without_fences(database):
            times: dict[str, dict[str, list[float]]] = {name: {"default": [], PLAIN: []} for name in QUESTIONS}
            for number in range(WARM_UP + rounds):
                person = ids[number * 7919 % len(ids)]
                for name, ask in QUESTIONS.items():
                    arms = ("default", PLAIN) if number % 2 else (PLAIN, "default")
                    told = {alias: timed(ask, alias, person) for alias in arms}
                    if told["default"][1] != told[PLAIN][1]:
                        raise SystemExit(f"{name}: {told['default'][1]} rows with fences, {told[PLAIN][1]} without")
                    if number >= WARM_UP:
                        for alias, (milliseconds, _rows) in told.items():
                            times[name][alias].append(milliseconds)
    figures = {}
    for name, arms_of in times.items():
        fenced, plain = (statistics.median(arms_of[alias]) for alias in ("default", PLAIN))
        figures[name] = {"fenced_ms": fenced, "plain_ms": plain, "cost": fenced / plain - 1}
        print(f"{name}: {fenced:.3f} ms with fences, {plain:.3f} ms without, {100 * (fenced / plain - 1):+.1f} %")
    whole = [sum(statistics.median(arms[alias]) for arms in times.values()) for alias in ("default", PLAIN)]
    cost = whole[0] / whole[1] - 1
    print(json.dumps({"questions": figures, "cost": cost}))
    print(f"fences cost {100 * cost:+.1f} % of the median time of {len(QUESTIONS)} questions, asked in turns")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
