"""Flows and days of portfolios, lifted for counting and for showing."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from django.db import connection
from django.db.models import F, Min, Sum

from selection.choices import FlowKind, HoldingType
from selection.compute.portfolio_days import Day, Entry, Leg, Position, Restart, State
from selection.models import Portfolio, PortfolioAsset, PortfolioDay, PositionFlow
from selection.selectors.daily_prices import FIRST_OF_1970, day_end

LEGS = """
SELECT (extract(epoch FROM f.occurred_at) * 1000000)::bigint, f.action_id, f.leg, f.position_id, f.kind,
       f.quantity_change, f.cost_change_usd,
       f.realized_usd - f.cash_flow_usd, f.price, f.external_usd, f.realized_usd, f.fee_usd, f.income_usd, f.assumptions
FROM position_flows f JOIN portfolio_assets p ON p.id = f.position_id
WHERE p.portfolio_id = %(portfolio)s AND f.occurred_at >= %(since)s AND f.occurred_at < %(until)s
ORDER BY f.occurred_at, f.place,
    bool_or(f.leg = 0 AND f.quantity_change < 0) OVER (PARTITION BY f.occurred_at, f.place, f.action_id) DESC,
    f.action_id, f.leg %% 10, f.leg DESC
"""
"""In the order in which the journal has booked them: of a transfer first what was sent; a leg from 10 on, which brings
what the leg of its last digit lacks, before that."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400_000_000
"""Microseconds of a day."""
MOVING = frozenset({FlowKind.SPLIT, FlowKind.TRANSFER})
"""Flows by which coins become others."""
NO_MARKS = "[]"
DAY_COLUMNS = (
    "day", "value_usd", "external_usd", "invested_usd", "realized_usd", "unrealized_usd", "income_usd", "fees_usd",
    "growth", "restart", "missing", "carried", "assumptions",
)  # fmt: skip


def positions_of(portfolio: Portfolio) -> dict[int, Position]:
    """All positions that the portfolio ever had."""
    rows = PortfolioAsset.objects.filter(portfolio=portfolio).values_list("pk", "asset_id", "asset_type")
    return {pk: Position(pk, asset_id, kind == HoldingType.SHORT_POSITION) for pk, asset_id, kind in rows}


def first_day(portfolio: Portfolio) -> date | None:
    """Day of the first flow; None without any."""
    first = PositionFlow.objects.filter(position__portfolio=portfolio).aggregate(first=Min("occurred_at"))["first"]
    return first.date() if first else None


def entries(portfolio: Portfolio, since: date, until: date, *, timed: bool = False) -> list[Entry]:
    """What the journal did on the days ``since`` to ``until``, in the order of the moments; told if ``timed``.

    A moment is read as a number, of which the day follows: making a date of each would cost more than all the rest.
    """
    with connection.cursor() as cursor:
        cursor.execute(LEGS, {"portfolio": portfolio.pk, "since": day_start(since), "until": day_end(until)})
        rows = cursor.fetchall()
    return [
        Entry(at // DAY + FIRST_OF_1970, tuple([_leg(row) for row in group]), moment(at) if timed else None)
        for (at, _action), group in groupby(rows, key=itemgetter(0, 1))
    ]


def moment(number: int) -> datetime:
    """Microseconds since 1970 as a time."""
    return EPOCH + timedelta(microseconds=number)


def _leg(row: tuple[Any, ...]) -> Leg:
    _at, action, number, position_id, kind, quantity, cost, tied, price, external, realized, fee, income, marks = row
    splits = moves = False
    if kind in MOVING:
        splits = kind == FlowKind.SPLIT and not cost
        moves = number % 10 == 0 and not splits and not external and not realized
        price = None if kind == FlowKind.SPLIT else price
    return Leg(
        position_id,
        quantity,
        cost - tied,
        tied,
        price if price and quantity else None,
        external,
        realized,
        fee,
        income,
        splits,
        () if marks == NO_MARKS else tuple(orjson.loads(marks)),
        moves,
        action,
        number,
    )


def state_after(portfolio: Portfolio, row: Day) -> State:
    """What a portfolio is at the end of a counted day with a known value, but for the prices of that day."""
    sums = (
        PositionFlow.objects.filter(position__portfolio=portfolio, occurred_at__lt=day_end(date.fromordinal(row.day)))
        .values_list("position_id")
        .annotate(
            quantity=Sum("quantity_change"),
            owed=Sum(F("cost_change_usd") - F("realized_usd") + F("cash_flow_usd")),
            tied=Sum(F("realized_usd") - F("cash_flow_usd")),
        )
    )
    state = State(base=row.value if row.value and row.value > 0 else None)
    state.realized, state.income, state.fees = row.realized, row.income, row.fees
    for key, quantity, owed, tied in sums:
        if quantity:
            state.quantity[key] = quantity
        if quantity or owed:
            state.owed[key] = owed
        if quantity or tied:
            state.tied[key] = tied
    return state


def counted_days(portfolio: Portfolio, until: date | None = None) -> list[Day]:
    """Days that have been counted, oldest first."""
    rows = PortfolioDay.objects.filter(portfolio=portfolio).order_by("day")
    if until is not None:
        rows = rows.filter(day__lte=until)
    return list(_days(rows.values_list(*DAY_COLUMNS).iterator(chunk_size=10_000)))


def newest_known_day(portfolio: Portfolio) -> Day | None:
    """The last counted day with a known value."""
    rows = PortfolioDay.objects.filter(portfolio=portfolio, value_usd__isnull=False).order_by("-day")
    return next(_days(iter(rows.values_list(*DAY_COLUMNS)[:1])), None)


def _days(rows: Iterator[tuple[Any, ...]]) -> Iterator[Day]:
    for day, value, external, invested, realized, unrealized, income, fees, growth, restart, missing, *rest in rows:
        carried, assumptions = rest
        yield Day(
            day.toordinal(),
            value,
            external,
            invested,
            realized,
            unrealized,
            income,
            fees,
            growth,
            Restart(restart),
            tuple(missing),
            tuple(carried),
            tuple(assumptions),
        )


def day_start(day: date) -> datetime:
    """First moment of a day."""
    return day_end(date.fromordinal(day.toordinal() - 1))
