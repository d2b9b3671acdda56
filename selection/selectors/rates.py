"""Prices of moments: the newest close that was known then, for many moments in one query."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from assets.models import Asset
from selection.choices import BaseCurrency
from selection.models import ManualPrice

Moment = tuple[int, datetime]
"""An asset and a time."""
CLOSES = """
SELECT w.number, coalesce(
    (SELECT r.old_value FROM candle_revisions r
     WHERE r.asset_id = w.asset_id AND r.timeframe = c.timeframe AND r.candle_time = c.candle_time
       AND r.field = 'close_price' AND r.corrected_at > %(as_of)s::timestamptz ORDER BY r.corrected_at LIMIT 1),
    c.close_price)
FROM unnest(%(numbers)s::int[], %(ids)s::bigint[], %(moments)s::timestamptz[]) AS w(number, asset_id, moment)
CROSS JOIN LATERAL (
    SELECT timeframe, candle_time, close_price FROM (
        (SELECT timeframe, candle_time, close_price, candle_time + interval '1 hour' AS known FROM price_data
         WHERE asset_id = w.asset_id AND timeframe = '1h'
           AND candle_time BETWEEN w.moment - interval '4 days' AND w.moment - interval '1 hour'
         ORDER BY candle_time DESC LIMIT 1)
        UNION ALL
        (SELECT timeframe, candle_time, close_price, candle_time + interval '1 day' FROM price_data
         WHERE asset_id = w.asset_id AND timeframe = '1d'
           AND candle_time BETWEEN w.moment - interval '5 days' AND w.moment - interval '1 day'
         ORDER BY candle_time DESC LIMIT 1)
        UNION ALL
        (SELECT timeframe, candle_time, close_price, candle_time + interval '1 day' FROM price_data_archive
         WHERE asset_id = w.asset_id AND timeframe = '1d'
           AND candle_time BETWEEN w.moment - interval '5 days' AND w.moment - interval '1 day'
         ORDER BY candle_time DESC LIMIT 1)
    ) one ORDER BY known DESC LIMIT 1
) c
"""
"""A close is known from the end of its candle; one that was known more than four days before counts no more."""


def closes_at(moments: Sequence[Moment], *, as_of: datetime | None = None) -> dict[Moment, Decimal]:
    """Newest close of an asset that was known at a time, USD; without those unknown or older than four days. With
    ``as_of`` as it was before what was corrected after that moment."""
    distinct = list(dict.fromkeys(moments))
    parameters: dict[str, Any] = {
        "numbers": list(range(len(distinct))),
        "ids": [asset_id for asset_id, _at in distinct],
        "moments": [at for _asset_id, at in distinct],
        "as_of": as_of,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLOSES, parameters)
        return {distinct[number]: close for number, close in cursor.fetchall()}


def manual_prices_at(portfolio_id: int, moments: Iterable[Moment]) -> dict[Moment, Decimal]:
    """Prices that the owner has stated for a time or before, USD: the latest of each asset. They are marked where they
    are used."""
    wanted = list(moments)
    stated: dict[int, list[tuple[datetime, Decimal]]] = {}
    rows = ManualPrice.objects.filter(portfolio=portfolio_id, asset__in={asset_id for asset_id, _at in wanted})
    for asset_id, at, price in rows.order_by("priced_at").values_list("asset_id", "priced_at", "price"):
        stated.setdefault(asset_id, []).append((at, price))
    found = {}
    for asset_id, at in wanted:
        known = [price for priced_at, price in stated.get(asset_id, ()) if priced_at <= at]
        if known:
            found[asset_id, at] = known[-1]
    return found


def currency_asset(currency: str) -> int | None:
    """The asset of that symbol, whose price is the worth of a base currency in dollars; None if there is none."""
    return Asset.objects.filter(symbol=currency).order_by("pk").values_list("pk", flat=True).first()


def rates_at(
    currency: str, moments: Iterable[datetime], *, as_of: datetime | None = None
) -> dict[datetime, Decimal | None]:
    """Dollars per unit of a base currency at each moment; None where no rate of the four days before is known."""
    wanted = list(moments)
    if currency == BaseCurrency.USD:
        return dict.fromkeys(wanted, Decimal(1))
    asset_id = currency_asset(currency)
    if asset_id is None:
        return dict.fromkeys(wanted)
    closes = closes_at([(asset_id, at) for at in wanted], as_of=as_of)
    return {at: closes.get((asset_id, at)) for at in wanted}
