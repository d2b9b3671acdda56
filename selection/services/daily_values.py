"""Daily values of portfolios: counted when somebody looks, forgotten from the day on that something changed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from selection.compute.portfolio_days import Day
from selection.models import Portfolio, PortfolioDay
from selection.selectors.counting import days_after, days_of
from selection.selectors.portfolio_days import first_day, newest_known_day
from system.read_only import Kept, writing

ONE_DAY = timedelta(days=1)
CHANGED = """
SELECT least(
    (SELECT min(d.day) FROM candle_revisions r
     JOIN (SELECT DISTINCT asset_id FROM portfolio_assets WHERE portfolio_id = %(portfolio)s) p USING (asset_id)
     JOIN portfolio_days d ON d.portfolio_id = %(portfolio)s AND d.day = (r.candle_time AT TIME ZONE 'UTC')::date
                          AND r.corrected_at > d.computed_at - interval '1 minute'
     WHERE r.timeframe = '1d' AND r.field = 'close_price'),
    (SELECT min(d.day) FROM portfolio_days d, unnest(d.carried) AS a(asset_id)
     JOIN price_data c ON c.asset_id = a.asset_id
     WHERE d.portfolio_id = %(portfolio)s AND c.timeframe = '1d'
       AND c.candle_time = d.day::timestamp AT TIME ZONE 'UTC'))
"""
"""The first day that a close was corrected of, or came to be known of, since it was counted. A correction that was
being written while the day was counted bears an earlier time, but not by a minute."""
AMOUNTS = ("value", "external", "invested", "realized", "unrealized", "income", "fees", "growth")
LISTS = ("missing", "carried", "assumptions")
LAND = """
INSERT INTO portfolio_days (portfolio_id, computed_at, day, value_usd, external_usd, invested_usd, realized_usd,
    unrealized_usd, income_usd, fees_usd, growth, restart, missing, carried, assumptions)
SELECT %s, %s, d.day, d.value, d.external, d.invested, d.realized, d.unrealized, d.income, d.fees, d.growth, d.restart,
    d.missing::bigint[], d.carried::bigint[], d.assumptions::varchar[]
FROM unnest(%s::date[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
    %s::numeric[], %s::numeric[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS d(day, value, external, invested, realized, unrealized, income, fees, growth, restart, missing, carried,
         assumptions)
"""


def forget_values(portfolio: Portfolio, *, since: datetime) -> int:
    """Forget the daily values from the day of a change on; the next look counts them anew.

    Args:
        portfolio: whose journal, stated prices or settings have changed.
        since: earliest moment that the change has an effect on.
    Returns:
        How many days were forgotten.
    """
    return PortfolioDay.objects.filter(portfolio=portfolio, day__gte=since.astimezone(UTC).date()).delete()[0]


def count_days(portfolio: Portfolio, *, as_of: datetime | None = None) -> None:
    """Bring the daily values up to the last day that is over. What is counted already stays, unless a close of it has
    changed since.

    Two that count at a time wait for one another, and the second finds the work done. Who only looks at what is counted
    waits for nobody, not for an import that runs either.
    """
    last = (as_of or timezone.now()).astimezone(UTC).date() - ONE_DAY
    if _is_counted(portfolio, last):
        return
    with writing(Kept.DAYS), transaction.atomic():
        Portfolio.objects.select_for_update(of=("self",)).only("pk").get(pk=portfolio.pk)
        _count(portfolio, last)


def _is_counted(portfolio: Portfolio, last: date) -> bool:
    days = PortfolioDay.objects.filter(portfolio=portfolio)
    if days.filter(day=last).exists():
        return first_day(portfolio) is not None and _first_changed(portfolio) is None
    first = first_day(portfolio)
    return not days.exists() if first is None else first > last


def _count(portfolio: Portfolio, last: date) -> None:
    """What is to be done while the portfolio is locked."""
    first = first_day(portfolio)
    days = PortfolioDay.objects.filter(portfolio=portfolio)
    if first is None:
        days.delete()
    if first is None or first > last:
        return
    changed, now = _first_changed(portfolio), timezone.now()
    if changed is not None:
        days.filter(day__gte=changed).delete()
    if days.filter(day=last).exists():
        return
    known = newest_known_day(portfolio)
    days.filter(day__gt=date.fromordinal(known.day) if known else date.min).delete()
    _land(portfolio, days_after(portfolio, known, last) if known else days_of(portfolio, first, last), now)


def _first_changed(portfolio: Portfolio) -> date | None:
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"portfolio": portfolio.pk})
        found: date | None = cursor.fetchone()[0]
    return found


def _land(portfolio: Portfolio, days: Sequence[Day], now: datetime) -> None:
    """All days in one statement, a column each: an object and a parameter each would cost more than the counting."""
    columns: list[list[Any]] = [
        [date.fromordinal(day.day) for day in days],
        *([getattr(day, name) for day in days] for name in AMOUNTS),
        [day.restart.value for day in days],
        *([_array(getattr(day, name)) for day in days] for name in LISTS),
    ]
    with connection.cursor() as cursor:
        cursor.execute(LAND, [portfolio.pk, now, *columns])


def _array(values: tuple[int | str, ...]) -> str:
    """A list as PostgreSQL writes one; codes hold no quotes."""
    return f"{{{','.join(map(str, values))}}}"
