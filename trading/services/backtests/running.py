"""A backtest from request to result."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from aimodels.compute.boosting import Stopped
from assets.models import Asset
from selection.selectors import listed_asset_ids
from system.choices import LIVE
from system.exceptions import InvalidInput, NoData
from trading.compute.backtest.account import Account
from trading.compute.backtest.costs import FundingPaid
from trading.compute.backtest.entries import rule_orders
from trading.compute.backtest.figures import Part, parts
from trading.compute.backtest.paths import Paths
from trading.compute.backtest.rules import Rules
from trading.compute.backtest.run import Backtest, backtest
from trading.compute.backtest.scan import Fold, Setting, TooShort, walk_forward
from trading.compute.backtest.studies import (
    Deflated,
    Holding,
    RandomEntries,
    Reordered,
    deflated,
    holding,
    random_entries,
    reordered,
)
from trading.selectors.followed import Followed, planned
from trading.services.backtests.lifting import (
    Lifted,
    assets_of,
    finer_of,
    funding_of,
    is_demo,
    lifted,
    market_since,
    named_assets,
    regimes_at,
    sectors_of,
)
from trading.services.backtests.planning import (
    NO_SIGNALS,
    Planned,
    always,
    on_lists,
    planned_anew,
    sized,
    stored_orders,
)
from trading.services.backtests.requests import Request

WARM_UPS = 5
"""Lengths of the longest average that its indicators warm up with before the window."""
MOST_WORK = 20_000_000_000
"""Candles times variants: hours on a small server."""
Progress = Callable[[str, float], None]


def silent(_phase: str, _share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Done:
    """What came of a request.

    Attributes:
        trials: variants that were tried, as the deflated Sharpe ratio counts them.
        folds: of a walk-forward choice; empty without one.
        left_out: plans that are no orders, by reason.
        regimes: closed trades by the regime that was written when the order was made.
        traded_at: the moment whose market the assets are; None = they were named, or follow from signals or lists.
    """

    request: Request
    candles: Lifted
    result: Backtest
    holding: Holding
    random: RandomEntries | None
    reordered: Reordered | None
    deflated: Deflated
    trials: int
    folds: tuple[Fold, ...]
    left_out: dict[str, int]
    regimes: dict[str, Part]
    is_demo: bool
    traded_at: datetime | None = None


def run_request(request: Request, *, progress: Progress = silent, stop: Callable[[], bool] = bool) -> Done:
    """Lift the candles, make the orders, follow them, and study the result. Nothing is written.

    Raises:
        InvalidInput: an asset that there is none of, a window too short for the folds, or more than can be done.
        NoData: no candle or no signal lies in the window. Stopped: ``stop`` said so.
    """
    progress("reading candles", 0.0)
    stored = planned(request.timeframe, request.series, request.start, request.end) if request.series else None
    assets, traded_at = _assets(request, stored)
    warm_up = WARM_UPS * max((_longest(rules) for rules in request.variants), default=0) + 1
    whole = lifted(assets, request.timeframe, request.start, request.end, warm_up=warm_up)
    _check_work(request, whole)
    first = max(whole.row(request.start) - 1, 0)
    account = Account(**{**request.account.__dict__, "sectors": sectors_of(whole)})
    if stop():
        raise Stopped
    progress("following", 0.2)
    if len(request.variants) > 1:
        done = _walked(request, whole, first, account, progress, stop, assets)
    else:
        done = _followed(request, whole, first, account, progress, stop, assets, stored)
    return replace(done, traded_at=traded_at)


def _followed(
    request: Request,
    whole: Lifted,
    first: int,
    account: Account,
    progress: Progress,
    stop: Callable[[], bool],
    assets: list[Asset],
    stored: Followed | None,
) -> Done:
    candles = whole.since(first)
    made, followed = _planned(request, whole, candles, first, assets, stored, stop)
    funding = funding_of(candles)
    result = backtest(
        candles.bars,
        made.orders,
        account=account,
        costs=request.costs,
        funding=None if funding is None else FundingPaid(candles.bars, funding),
        finer=finer_of(candles),
        pauses=not request.variants,
        followed=followed,
    )
    return _studied(request, candles, result, 1, 0.0, (), made.left_out, assets, progress)


def _assets(request: Request, stored: Followed | None) -> tuple[list[Asset], datetime | None]:
    """The assets that were named, that the signals are of, that stood on the lists at any time of the window, or, for
    declared rules, that traded at its start; and when they did."""
    if request.assets:
        return named_assets(request.assets), None
    if request.variants:
        return market_since(request.timeframe, request.start, request.end)
    if stored is not None:
        if not len(stored):
            raise NoData(f"The series {request.series} has no {request.timeframe} signals in this window.")
        return assets_of(stored.assets.tolist()), None
    listed = assets_of(listed_asset_ids(request.start, request.end))
    if not listed:
        raise NoData("No asset stood on a list in this window.")
    return listed, None


def _check_work(request: Request, whole: Lifted) -> None:
    """Refuse what would take hours.

    Raises:
        InvalidInput: more than ``MOST_WORK``.
    """
    work = whole.bars.close.size * len(request.variants)
    if work > MOST_WORK:
        raise InvalidInput(
            f"rules: {len(request.variants):,} variants of {whole.bars.close.size:,} candles are {work:,}; "
            f"{MOST_WORK:,} at most.",
            field="rules",
        )


def _longest(rules: Rules) -> int:
    return int(max([*rules.settings.values(), rules.atr_length if rules.stop == "atr" else 1]))


def _planned(
    request: Request,
    whole: Lifted,
    candles: Lifted,
    first: int,
    assets: list[Asset],
    stored: Followed | None,
    stop: Callable[[], bool],
) -> tuple[Planned, Paths | None]:
    """Orders on the candles of the window, whose first one they may be made at the close of, and how they went where
    that is known."""
    if request.variants:
        return Planned(rule_orders(whole.bars, request.variants[0], first=first), NO_SIGNALS, {}), None
    if stored is not None:
        found = stored_orders(candles, stored)
        return replace(found, orders=sized(found)), None
    consider = always(assets) if request.assets else on_lists(LIVE)
    return planned_anew(candles, request.start, request.end, consider=consider, finer=finer_of(candles), stop=stop)


def _walked(
    request: Request,
    whole: Lifted,
    first: int,
    account: Account,
    progress: Progress,
    stop: Callable[[], bool],
    assets: list[Asset],
) -> Done:
    candles = whole.since(first)
    setting = Setting(account, request.costs, funding_of(candles))
    try:
        walk = walk_forward(
            whole.bars, request.variants, setting, folds=request.folds, first=first, finer=finer_of(candles), stop=stop,
            progress=lambda share: progress("trying variants", 0.2 + 0.6 * share),
        )  # fmt: skip
    except TooShort as error:
        raise InvalidInput(f"{error}.", field="folds") from None
    return _studied(request, candles, walk.result, walk.trials, walk.variance, walk.folds, {}, assets, progress)


def _studied(
    request: Request,
    candles: Lifted,
    result: Backtest,
    trials: int,
    variance: float,
    folds: tuple[Fold, ...],
    left_out: dict[str, int],
    assets: list[Asset],
    progress: Progress,
) -> Done:
    progress("studying", 0.8)
    bars, value, start, seed = result.bars, result.equity.value, request.account.start, request.seed
    labels, names = regimes_at(candles, result.orders.row[result.trades.order], request.series)
    by_label = parts(labels, result.trades)
    return Done(
        request=request,
        candles=candles,
        result=result,
        holding=holding(bars, value, start, request.costs, seed=seed),
        random=random_entries(bars, result.orders, result.paths, result.trades, request.costs, seed=seed),
        reordered=reordered(result.trades, seed=seed),
        deflated=deflated(bars, value, start, trials=trials, variance=variance),
        trials=trials,
        folds=folds,
        left_out=left_out,
        regimes={names[label]: part for label, part in by_label.items()},
        is_demo=is_demo(assets),
    )
