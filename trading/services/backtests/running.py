"""A backtest from request to result."""

from collections.abc import Callable
from dataclasses import dataclass

from aimodels.compute.boosting import Stopped
from assets.models import Asset
from system.choices import LIVE
from system.exceptions import InvalidInput
from trading.compute.backtest.account import Account
from trading.compute.backtest.costs import Funding
from trading.compute.backtest.entries import rule_orders
from trading.compute.backtest.figures import Part, parts
from trading.compute.backtest.orders import Orders
from trading.compute.backtest.rules import Rules
from trading.compute.backtest.run import Backtest, backtest
from trading.compute.backtest.scan import Fold, Setting, walk_forward
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
from trading.services.backtests.lifting import (
    Lifted,
    chosen_assets,
    finer_of,
    funding_of,
    is_demo,
    lifted,
    regimes_at,
    sectors_of,
)
from trading.services.backtests.planning import always, on_lists, planned_anew, sized, stored_orders
from trading.services.backtests.requests import Request

WARM_UPS = 5
"""Lengths of the longest average that its indicators warm up with before the window."""
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


def run_request(request: Request, *, progress: Progress = silent, stop: Callable[[], bool] = bool) -> Done:
    """Lift the candles, make the orders, follow them, and study the result. Nothing is written.

    Raises:
        InvalidInput: an asset that there is none of, or a window too short for the folds.
        NoData: no candle or no signal lies in the window. Stopped: ``stop`` said so.
    """
    progress("reading candles", 0.0)
    assets = chosen_assets(request.assets, request.timeframe, request.end)
    warm_up = WARM_UPS * max((_longest(rules) for rules in request.variants), default=0) + 1
    whole = lifted(assets, request.timeframe, request.start, request.end, warm_up=warm_up)
    first = max(whole.row(request.start) - 1, 0)
    account = Account(**{**request.account.__dict__, "sectors": sectors_of(whole)})
    if stop():
        raise Stopped
    progress("following", 0.2)
    if len(request.variants) > 1:
        return _walked(request, whole, first, account, progress, assets)
    candles = whole.since(first)
    made, left_out = _orders(request, whole, candles, first, assets, stop)
    result = backtest(
        candles.bars,
        made,
        account=account,
        costs=request.costs,
        funding=funding_of(candles),
        finer=finer_of(candles),
        pauses=not request.variants,
    )
    return _studied(request, candles, result, 1, 0.0, (), left_out, assets, progress)


def _longest(rules: Rules) -> int:
    return int(max([*rules.settings.values(), rules.atr_length if rules.stop == "atr" else 1]))


def _orders(
    request: Request,
    whole: Lifted,
    candles: Lifted,
    first: int,
    assets: list[Asset],
    stop: Callable[[], bool],
) -> tuple[Orders, dict[str, int]]:
    """Orders on the candles of the window. Rows of those by rules count from its first one, which they may be made at
    the close of."""
    if request.variants:
        every = rule_orders(whole.bars, request.variants[0])
        return _shifted(every.take(every.row >= first), first), {}
    if request.series:
        found = stored_orders(candles, request.series, request.start, request.end)
        return sized(found), found.left_out
    consider = always(assets) if request.assets else on_lists(LIVE)
    made = planned_anew(candles, request.start, request.end, consider=consider, finer=finer_of(candles), stop=stop)
    return made.orders, made.left_out


def _shifted(given: Orders, first: int) -> Orders:
    moved = {name: getattr(given, name) - first for name in ("row", "last", "leave")}
    return Orders(**{**given.__dict__, **moved})


def _walked(
    request: Request, whole: Lifted, first: int, account: Account, progress: Progress, assets: list[Asset]
) -> Done:
    candles = whole.since(first)
    funding: Funding | None = funding_of(candles)
    setting = Setting(account, request.costs, funding)
    try:
        walk = walk_forward(
            candles.bars, request.variants, setting, folds=request.folds, finer=finer_of(candles),
            progress=lambda share: progress("trying variants", 0.2 + 0.6 * share),
        )  # fmt: skip
    except ValueError as error:
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
