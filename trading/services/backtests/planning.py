"""Orders from plans: made anew by the code that lives, or stored by runs of a series."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from aimodels.compute.boosting import Stopped
from assets.compute.periods import LENGTHS
from assets.models import Asset
from assets.selectors import moment
from selection.selectors import active_asset_ids
from system.exceptions import NoData
from system.services import setting
from trading.compute.backtest.bars import Finer, Flags, Integers
from trading.compute.backtest.follow import follow, reference
from trading.compute.backtest.orders import FAR, Orders, joined, orders
from trading.compute.backtest.paths import Paths
from trading.compute.tracked import Plans
from trading.models import AITradingSignal
from trading.rules import horizon_candles
from trading.selectors.followed import ORIGIN, Followed
from trading.services.backtests.lifting import Lifted
from trading.services.market_walk import MarketWalk
from trading.services.plan_proofs import plans_at
from trading.services.setups import limits_of

Lives = Mapping[tuple[int, int], Sequence[tuple[datetime, datetime]]]
"""From when until when other signals live, by asset and side."""
NO_SIGNALS = np.empty(0, dtype=np.int64)
Consider = Callable[[datetime], Collection[int]]
"""Assets that signals are made for at a moment."""


@dataclass(frozen=True)
class Planned:
    """Orders of plans, and what each is: the stored signal, or None for one made anew.

    Attributes:
        signals: keys of the stored signals, shape (m,); empty for plans made anew.
        left_out: why plans are no orders, counted.
    """

    orders: Orders
    signals: Integers
    left_out: dict[str, int]


def stored_orders(candles: Lifted, found: Followed) -> Planned:
    """Signals that runs of a series wrote, as orders. One that cannot be followed, because its levels make no sense or
    nothing was known of its price, holds up no other.

    Raises:
        NoData: none can be followed.
    """
    kept = np.isin(found.asset_ids, candles.asset_ids)
    plans = found.plans
    other_side = ~np.isnan(np.where(plans.side > 0, plans.above, plans.below))
    left_out = {
        "asset_left_out": int((~kept).sum()),
        "rule_not_known": int((kept & other_side).sum()),
        "no_candle_in_its_time": int((kept & ~other_side & (plans.last < plans.first)).sum()),
    }
    places = np.flatnonzero(kept & ~other_side & (plans.last >= plans.first))
    made = orders_of(candles, plans.take(places), found.asset_ids[places])
    sound = _sound(candles, made)
    left_out["makes_no_sense"] = int((~sound).sum())
    if not sound.any():
        raise NoData(f"No {candles.timeframe} signal of the series in this window can be followed.")
    told = {name: count for name, count in left_out.items() if count}
    return Planned(made.take(sound), found.ids[places][sound], told)


def _sound(candles: Lifted, made: Orders) -> Flags:
    """Where an order can be followed."""
    there = (made.row >= 0) & (made.row < candles.bars.length)
    near = replace(made, row=np.clip(made.row, 0, candles.bars.length - 1))
    return np.asarray(there & ~np.logical_or.reduce(list(made.faults(reference(candles.bars, near)).values())))


def orders_of(candles: Lifted, plans: Plans, asset_ids: Integers) -> Orders:
    """Plans that are followed, as orders on these candles.

    Args:
        asset_ids: of each, shape (n,), among the candles' assets.
    """
    columns = {asset_id: column for column, asset_id in enumerate(candles.asset_ids)}
    shift = (candles.bars.start - ORIGIN) // candles.bars.step
    is_long = plans.side > 0
    return orders(
        np.array([columns[asset_id] for asset_id in asset_ids.tolist()], dtype=np.int64),
        plans.first - 1 - shift,
        plans.side,
        last=plans.last - shift,
        zone=np.where(plans.is_limit, np.where(is_long, plans.zone_high, plans.zone_low), np.nan),
        stop=plans.stop,
        targets=plans.targets,
        shares=np.where(np.isnan(plans.targets), 0.0, plans.shares),
        invalid=np.where(is_long, plans.below, plans.above),
        to_entry=plans.to_break_even,
        trail_away=np.where(np.isnan(plans.trail), 0.0, plans.trail),
    )


def sized(found: Planned) -> Orders:
    """The same with what the signals said to put in; those without a proven edge count as the account says."""
    sizes = dict(
        AITradingSignal.objects.filter(pk__in=found.signals.tolist()).values_list(
            "pk", "risk_management__max_position_size_pct"
        )
    )
    shares = np.array([float(sizes.get(key) or 0) / 100 for key in found.signals.tolist()])
    given = found.orders
    return type(given)(**{**given.__dict__, "size": np.where(shares > 0, shares, np.nan)})


def planned_anew(
    candles: Lifted,
    start: datetime,
    end: datetime,
    *,
    consider: Consider,
    finer: Finer,
    lives: Lives | None = None,
    stop: Callable[[], bool] = bool,
) -> tuple[Planned, Paths]:
    """The signals that live runs at every candle of a window would have made: plans of each moment from what was known
    then, none while one of its kind lives; and how each went.

    Args:
        candles: must reach from ``start`` to ``end``.
        consider: whose plans count at a moment.
        lives: what lived beside them.
        stop: asked at every moment.
    Raises:
        NoData: no moment of the window has a market. Stopped: ``stop`` said so.
    """
    step = LENGTHS[candles.timeframe]
    bars = (end - start) // step + 1
    walk = MarketWalk(candles.timeframe, end, bars, 0, is_thinned=False)
    horizon = horizon_candles(candles.timeframe)
    parts = []
    for number, ended in enumerate(walk.ends):
        if stop():
            raise Stopped
        as_of = moment(ended)
        wanted = set(consider(as_of)) & set(candles.asset_ids)
        if as_of < start or not wanted:
            continue
        limits = limits_of(setting("signals", as_of))
        made = plans_at(walk, number, limits)
        mine = [place for place, one in enumerate(made.asset_ids.tolist()) if one in wanted]
        row = candles.row(as_of) - 1
        side, _chance, target, level, carrying = made.levels[mine].T
        columns = np.array([candles.asset_ids.index(made.asset_ids[place]) for place in mine], dtype=np.int64)
        rows = np.full(len(mine), row)
        parts.append(
            orders(columns, rows, side, last=rows + horizon, stop=level, targets=target[:, None], invalid=carrying)
        )
    if not parts:
        raise NoData("No moment of this window has a market that signals could be made for.")
    every = joined(parts)
    paths = follow(candles.bars, every, finer=finer)
    kept = _one_of_a_kind(candles, every, paths, lives or {})
    left_out = {"one_of_its_kind_lived": len(every) - len(kept)}
    told = {name: count for name, count in left_out.items() if count}
    return Planned(every.take(kept), NO_SIGNALS, told), paths.take(kept)


def _one_of_a_kind(candles: Lifted, every: Orders, found: Paths, others: Lives) -> Integers:
    """Places of the plans that were made while no other one of the same asset and side lived: until its end was
    known, or its time was up."""
    until = np.where(found.end_row >= 0, np.minimum(found.end_row, every.last), every.last)
    lives: dict[tuple[int, int], int] = {}
    kept = []
    for place in np.lexsort((every.column, every.row)).tolist():
        kind, row = (int(every.column[place]), int(every.direction[place])), int(every.row[place])
        made_at = moment(candles.bars.start + candles.bars.step * (row + 1))
        spells = others.get((candles.asset_ids[kind[0]], kind[1]), ())
        if lives.get(kind, -FAR) <= row and not any(since <= made_at < end for since, end in spells):
            lives[kind] = int(until[place])
            kept.append(place)
    return np.array(kept, dtype=np.int64)


def on_lists(series: str) -> Consider:
    """The assets that stood on active lists of a series then."""
    return lambda as_of: active_asset_ids(as_of, series)


def always(assets: Collection[Asset]) -> Consider:
    """The same assets at every moment."""
    ids = {one.pk for one in assets}
    return lambda _as_of: ids
