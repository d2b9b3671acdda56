"""What the figures of a portfolio's analysis were counted from, each value with the row it came from."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np

from assets.compute import periods
from assets.compute.series import Floats
from assets.selectors import MarketView
from selection.compute.portfolio_days import Day
from selection.selectors.analysed import Analysed
from selection.selectors.explanation import Candle, Input
from selection.selectors.holdings import PAST_DAYS
from selection.selectors.optimum_inputs import Movable
from selection.selectors.valued import Valued

SETTINGS = "system_config:portfolio_rules"


def name_of(one: Valued) -> str:
    """A position as explanations name it."""
    return f"{one.position.asset.symbol} {one.position.asset_type}"


def sizes(case: Analysed) -> list[Input]:
    """Coins and price of every position: what its share is counted from."""
    found = []
    for one in case.valued:
        of, own = name_of(one), f"portfolio_assets:{one.position.pk}"
        found += [
            Input("quantity", one.holding.quantity, "coins", own, None, of),
            Input("price", one.price, "USD", _price_key(case, one), None, of),
        ]
    return found


def costs(case: Analysed) -> list[Input]:
    """What is in every position."""
    found = []
    for one in case.valued:
        of, own = name_of(one), f"portfolio_assets:{one.position.pk}"
        found += [
            Input("cost", one.holding.cost, "USD", own, None, of),
            Input("tied", one.holding.tied, "USD", own, None, of),
        ]
    return found


def groups(case: Analysed, name: str, names: Sequence[str], row: str) -> list[Input]:
    """What every position belongs to."""
    return [
        Input(name, group, "name", f"{row}:{one.position.asset_id}", None, name_of(one))
        for one, group in zip(case.valued, names, strict=True)
    ]


def closes(case: Analysed, bars: int = PAST_DAYS, *, market: bool = False) -> list[Input]:
    """Closes of the last days of every position, one before the first return, since the first that any of them has;
    with ``market`` also Bitcoin's.

    What has no candles and counts at a price that was assumed has the same return on each of them, 0.
    """
    found, bars = list[Input](), min(bars, case.known_bars)
    daily = None if case.held is None else case.held.daily
    places = {} if daily is None else {one: place for place, one in enumerate(daily.panel.asset_ids.tolist())}
    for one in case.valued:
        asset_id, of = one.position.asset_id, name_of(one)
        if daily is not None and asset_id in places:
            found += _line(daily, "close", asset_id, places[asset_id], bars, of)
        elif one.is_assumed:
            found.append(Input("fixed_return", 0.0, "ratio", str(one.mark), None, of))
    bitcoin = None if daily is None else daily.universe.bitcoin
    if market and daily is not None and bitcoin is not None and bitcoin in places:
        found += _line(daily, "bitcoin_close", bitcoin, places[bitcoin], bars, "")
    return found


def growth(days: Sequence[Day]) -> list[Input]:
    """What 1 became on each of the portfolio's own days."""
    return [
        Input("growth", day.growth, "ratio", f"portfolio_days:{on}", on)
        for day in days
        if day.growth is not None
        for on in (date.fromordinal(day.day),)
    ]


def fees(case: Analysed) -> list[Input]:
    """Fees since the beginning at both ends of the last year, and what was invested on its days."""
    period, found = (
        case.past.period,
        [Input("fees_before", case.past.period.fees_before, "USD", "portfolio_days:before")],
    )
    for day in period.days:
        on = date.fromordinal(day.day)
        if day.invested is None or day.invested:
            found.append(Input("invested", day.invested, "USD", f"portfolio_days:{on}", on))
    if period.days:
        on = date.fromordinal(period.days[-1].day)
        found.append(Input("fees", period.days[-1].fees, "USD", f"portfolio_days:{on}", on))
    return found


def wanted_weights(case: Analysed, part: Movable) -> list[Input]:
    """What better weights must keep to, and how they were looked for."""
    optimal = case.analysis.optimal_allocation or {}
    limits, own = part.limits, f"ai_portfolio_analysis:{case.analysis.pk}"
    moving = [one for one, is_free in zip(case.valued, part.free, strict=True) if is_free]
    found = [
        Input("largest", float(value), "ratio", SETTINGS, None, name_of(one))
        for one, value in zip(moving, limits.largest, strict=True)
    ]
    found += [
        Input("largest_sector", limits.largest_group, "ratio", SETTINGS),
        Input("largest_turnover", limits.largest_turnover, "ratio", SETTINGS),
        Input("cost_rate", part.costs.rate, "ratio", SETTINGS),
        Input("holding_days", float(part.costs.days), "days", SETTINGS),
        Input("risk_aversion", part.costs.aversion, "number", SETTINGS),
        Input("method", optimal.get("method"), "name", own),
    ]
    return found + [
        Input("failed", f"{one['method']}: {one['reason']}", "name", own) for one in optimal.get("fallbacks", [])
    ]


def candles(case: Analysed) -> tuple[Candle, ...]:
    """Closes that the positions are worth."""
    return tuple(
        Candle(
            one.position.asset_id,
            one.position.asset.symbol,
            case.times.get(one.position.asset_id, case.view.candle_time).date(),
            one.price,
            case.times.get(one.position.asset_id) == case.view.candle_time,
        )
        for one in case.valued
        if one.price is not None
    )


def _price_key(case: Analysed, one: Valued) -> str:
    time = case.times.get(one.position.asset_id)
    if time is None:
        return str(one.mark)
    return _candle_key(one.position.asset_id, case.view.timeframe, time)


def _candle_key(asset_id: int, timeframe: str, time: datetime) -> str:
    is_day = periods.LENGTHS[timeframe] >= periods.LENGTHS["1d"]
    return f"price_data:{asset_id}:{timeframe}:{time.date() if is_day else time.isoformat()}"


def _line(daily: MarketView, name: str, asset_id: int, place: int, bars: int, of: str) -> list[Input]:
    panel = daily.panel
    lines: list[tuple[int, float]] = list(
        zip(panel.times[-(bars + 1) :].tolist(), _floats(panel.close[-(bars + 1) :, place]), strict=True)
    )
    found = []
    for seconds, close in lines:
        time = datetime.fromtimestamp(seconds, UTC)
        value = close if np.isfinite(close) else None
        key = _candle_key(asset_id, daily.timeframe, time)
        found.append(Input(name, value, "USD", key, time.date(), of))
    return found


def _floats(values: Floats) -> list[float]:
    found: list[float] = values.tolist()
    return found
