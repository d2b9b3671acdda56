"""Every figure of an analysis, counted again by hand from what its explanation gives, and from nothing else."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from assets.models import PriceData
from sectors.models import SectorMapping
from selection.choices import HoldingType
from selection.compute.allocation import Costs, Limits, optimum
from selection.models import ManualPrice, Portfolio
from selection.selectors.explain import explain
from selection.selectors.explain_catalogue import FIGURES
from selection.selectors.explanation import Explanation, Grade
from tests.factories import (
    AssetFactory,
    FlowFactory,
    ManualPriceFactory,
    MetricsSnapshotFactory,
    PositionFactory,
    add_candles,
)
from tests.factories.base import EPOCH
from tests.selection.held_coins import AS_OF, DAY, LENGTH, SYMBOLS, D, analysis, closes, portfolio

__all__ = ["portfolio"]
pytestmark = pytest.mark.django_db


def named(found: Explanation, name: str) -> list[Any]:
    return [one.value for one in found.inputs if one.name == name]


def floats(found: Explanation, name: str) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in named(found, name)])


def by_position(found: Explanation, name: str) -> dict[str, Any]:
    return {one.of: one.value for one in found.inputs if one.name == name}


def sign(of: str) -> int:
    return -1 if of.endswith(HoldingType.SHORT_POSITION) else 1


def shares(found: Explanation) -> dict[str, float]:
    quantity, price = by_position(found, "quantity"), by_position(found, "price")
    sizes = {of: float(quantity[of]) * float(price[of]) for of in quantity}
    return {of: sign(of) * size / sum(sizes.values()) for of, size in sizes.items()}


def returns(found: Explanation) -> dict[str, np.ndarray]:
    """Of each position on each day, by its closes; the same on all days where the explanation says so."""
    lines: dict[str, list[float]] = {}
    for one in found.inputs:
        if one.name == "close":
            lines.setdefault(one.of, []).append(np.nan if one.value is None else float(one.value))
    moves = {of: np.array(line[1:]) / np.array(line[:-1]) - 1 for of, line in lines.items()}
    days = len(next(iter(moves.values())))
    return moves | {of: np.full(days, value) for of, value in by_position(found, "fixed_return").items()}


def mixed(found: Explanation) -> np.ndarray:
    moves = returns(found)
    return np.array([share * moves[of] for of, share in shares(found).items()]).sum(axis=0)


def hhi(found: Explanation) -> float:
    return sum(share**2 for share in shares(found).values())


def gain(found: Explanation) -> float:
    quantity, price, cost = (by_position(found, name) for name in ("quantity", "price", "cost"))
    return sum(sign(of) * quantity[of] * price[of] - cost[of] for of in quantity)


def beta(found: Explanation) -> float:
    bitcoin = floats(found, "bitcoin_close")
    market, own = bitcoin[1:] / bitcoin[:-1] - 1, mixed(found)
    assert len(own) == 90
    return np.cov(own, market)[0, 1] / market.var(ddof=1)


def ratio(found: Explanation) -> float:
    moves, weights = returns(found), shares(found)
    return sum(abs(share) * moves[of].std(ddof=1) for of, share in weights.items()) / mixed(found).std(ddof=1)


def pairs(found: Explanation) -> list[dict[str, Any]]:
    moves, least = returns(found), named(found, "max_correlation")[0]
    names, close = list(moves), []
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            with np.errstate(invalid="ignore"):
                value = np.corrcoef(sign(first) * moves[first], sign(second) * moves[second])[0, 1]
            if value >= least:
                close.append({"asset1": first.split()[0], "asset2": second.split()[0], "correlation": value})
    return sorted(close, key=lambda pair: -pair["correlation"])


def scaled(found: Explanation) -> np.ndarray:
    """The past's returns as if the volatility had been today's."""
    own, decay = mixed(found), named(found, "decay")[0]
    variance = [np.mean(own[:30] ** 2)]
    for value in own:
        variance.append(decay * variance[-1] + (1 - decay) * value**2)
    return own * np.sqrt(variance[-1] / np.array(variance[:-1]))


def worst(values: np.ndarray, found: Explanation) -> np.ndarray:
    """The days beyond the level, the worst first."""
    count = int(np.ceil((1 - named(found, "level")[0]) * len(values) - 1e-9))
    return np.sort(-values)[::-1][:count]


def score(found: Explanation) -> float:
    volatility, loss = named(found, "annual_volatility")[0], named(found, "var_95")[0]
    parts = [named(found, "concentration_risk")[0], min(1, volatility),
             min(1, max(loss, 0) / named(found, "worst_day")[0])]  # fmt: skip
    return sum(parts) / 3


def drawdown(found: Explanation) -> float:
    path = np.concatenate([[1], np.cumprod(floats(found, "growth"))])
    return 100 * max(1 - low / max(path[: place + 1]) for place, low in enumerate(path))


def sharpe(found: Explanation) -> float:
    gains = floats(found, "growth") - 1
    return gains.mean() / gains.std(ddof=1) * 365**0.5


def grouped(weights: dict[str, float], names: dict[str, str]) -> dict[str, float]:
    total = sum(abs(share) for share in weights.values())
    sums = dict.fromkeys(names.values(), 0.0)
    for of, share in weights.items():
        sums[names[of]] += 100 * abs(share) / total
    return sums


def allocation(label: str) -> Callable[[Explanation], dict[str, float]]:
    return lambda found: grouped(shares(found), by_position(found, label))


def better(found: Explanation) -> dict[str, dict[str, float]]:
    weights, moves, sectors = shares(found), returns(found), by_position(found, "sector")
    largest = by_position(found, "largest")
    part = sum(weights[of] for of in largest)
    table = np.column_stack([moves[of] for of in largest])
    limits = Limits(
        np.array(list(largest.values())),
        tuple(sectors[of] for of in largest),
        named(found, "largest_sector")[0],
        named(found, "largest_turnover")[0],
    )
    costs = Costs(named(found, "cost_rate")[0], int(named(found, "holding_days")[0]), named(found, "risk_aversion")[0])
    current = np.array([weights[of] / part for of in largest])
    best = optimum(table[np.isfinite(table).all(axis=1)], limits, current, costs)
    assert named(found, "method") == [best.method]
    assert named(found, "failed") == [f"{method}: {reason}" for method, reason in best.fallbacks]
    then = weights | {of: weight * part for of, weight in zip(largest, best.weights, strict=True)}
    symbols = {of: of.split()[0] for of in then}
    kinds = {"by_sector": sectors, "by_risk": by_position(found, "risk"), "by_asset": symbols}
    return {kind: grouped(then, names) for kind, names in kinds.items()}


def deviation(found: Explanation) -> dict[str, float]:
    now, then = by_position(found, "present_share"), by_position(found, "better_share")
    return {sector: share - then[sector] for sector, share in now.items()}


def efficiency(found: Explanation) -> float:
    """Bare skfolio on the returns of the explanation."""
    from skfolio.moments import LedoitWolf, ShrunkMu
    from skfolio.optimization import MeanRisk
    from skfolio.prior import EmpiricalPrior

    weights, moves, largest = shares(found), returns(found), by_position(found, "largest")
    table = np.column_stack([moves[of] for of in largest])
    prior = EmpiricalPrior(mu_estimator=ShrunkMu(), covariance_estimator=LedoitWolf())
    moments = prior.fit(table).return_distribution_
    own = np.array([weights[of] for of in largest])
    own /= own.sum()
    best = MeanRisk(prior_estimator=prior, min_return=float(moments.mu @ own) - 1e-12).fit(table).weights_
    return float(np.sqrt(best @ moments.covariance @ best / (own @ moments.covariance @ own)))


BY_HAND: dict[str, Callable[[Explanation], Any]] = {
    "total_portfolio_value_usd": lambda found: gain(found) + sum(named(found, "tied")),
    "total_pnl_usd": gain,
    "total_pnl_pct": lambda found: 100 * gain(found) / sum(abs(cost) for cost in named(found, "cost")),
    "concentration_risk": hhi,
    "effective_positions": lambda found: 1 / hhi(found),
    "diversification_score": lambda found: 1 - hhi(found),
    "diversification_ratio": ratio,
    "portfolio_beta": beta,
    "portfolio_volatility": lambda found: min(1, mixed(found).std(ddof=1) * 365**0.5),
    "correlated_pairs": pairs,
    "var_95": lambda found: worst(mixed(found), found)[-1],
    "cvar_95": lambda found: worst(mixed(found), found).mean(),
    "var_99": lambda found: worst(mixed(found), found)[-1],
    "cvar_99": lambda found: worst(mixed(found), found).mean(),
    "filtered_var_95": lambda found: worst(scaled(found), found)[-1],
    "filtered_cvar_95": lambda found: worst(scaled(found), found).mean(),
    "filtered_var_99": lambda found: worst(scaled(found), found)[-1],
    "filtered_cvar_99": lambda found: worst(scaled(found), found).mean(),
    "portfolio_risk_score": score,
    "total_fees_impact_pct": lambda found: float(
        100 * (named(found, "fees")[0] - named(found, "fees_before")[0]) / np.mean(named(found, "invested"))
    ),
    "sharpe_ratio": sharpe,
    "max_drawdown_pct": drawdown,
    "allocation_by_sector": allocation("sector"),
    "allocation_by_risk": allocation("risk"),
    "allocation_by_asset_type": allocation("kind"),
    "allocation_by_asset": allocation("symbol"),
    "optimal_allocation": better,
    "allocation_deviation": deviation,
    "portfolio_efficiency_score": efficiency,
}


def require_equal(by_hand: Any, value: Any, tolerance: float) -> None:
    if isinstance(value, dict):
        assert by_hand.keys() == value.keys()
        for name, one in value.items():
            require_equal(by_hand[name], one, tolerance)
    elif isinstance(value, list):
        assert len(by_hand) == len(value)
        for first, second in zip(by_hand, value, strict=True):
            require_equal(first, second, tolerance)
    elif isinstance(value, str):
        assert by_hand == value
    else:
        assert float(by_hand) == pytest.approx(float(value), rel=tolerance, abs=tolerance)


def short_and_dollars(portfolio: Portfolio) -> None:
    """One more coin, sold short, which moves as ether does, and dollars without candles."""
    short = PositionFactory(
        portfolio=portfolio, asset=AssetFactory(symbol="XRP"), asset_type=HoldingType.SHORT_POSITION
    )
    add_candles(short.asset, (100**2 / closes(1)).round(6).tolist(), volume=D(10_000_000))
    FlowFactory(
        position=short, quantity_change=D(3), price=D(100), cash_flow_usd=D(299), cost_change_usd=D(-299), fee_usd=D(1)
    )
    dollars = PositionFactory(portfolio=portfolio, asset=AssetFactory(symbol="USDC"), asset_type=HoldingType.STABLECOIN)
    FlowFactory(position=dollars, quantity_change=D(250), price=D(1), cash_flow_usd=D(-250), cost_change_usd=D(250))


@pytest.mark.parametrize("is_mixed", [False, True])
def test_every_figure_is_what_its_inputs_give(portfolio: Portfolio, is_mixed: bool) -> None:
    assert set(BY_HAND) == set(FIGURES)
    if is_mixed:
        short_and_dollars(portfolio)
    row = analysis(portfolio)
    for figure, by_hand in BY_HAND.items():
        found = explain(portfolio, figure)
        assert (found.reason, found.as_of) == (None, AS_OF), figure
        require_equal(by_hand(found), found.value, 1e-4 if figure == "optimal_allocation" else 1e-9)
        assert found.formula
        assert all(one.key for one in found.inputs)
        if not is_mixed:
            assert (found.quality, found.assumptions) == (Grade.A, ()), figure
        column = getattr(row, figure, None)
        if column is not None and figure != "optimal_allocation":
            require_equal(found.value, column, 0.006)


def test_a_hundred_days_have_no_worst_in_a_hundred_before_they_are_there(portfolio: Portfolio) -> None:
    """With 90 days of candles one day in a hundred is less than a day."""
    PriceData.objects.filter(candle_time__lt=AS_OF - 90 * DAY).delete()
    analysis(portfolio)
    found = explain(portfolio, "var_99")
    assert (found.value, found.reason, found.quality) == (None, "too_few_days", Grade.F)
    assert explain(portfolio, "var_95").value is not None


def test_closes_that_the_worth_rests_on(portfolio: Portfolio) -> None:
    analysis(portfolio)
    found = explain(portfolio, "concentration_risk")
    assert [(one.symbol, one.day, one.is_own) for one in found.candles] == [
        (symbol, (AS_OF - DAY).date(), True) for symbol in SYMBOLS
    ]
    keys = [one.key for one in explain(portfolio, "var_95").inputs if one.name == "close"]
    bitcoin = portfolio.positions.order_by("pk").first()
    assert bitcoin is not None
    assert keys[0] == f"price_data:{bitcoin.asset_id}:1d:{EPOCH.date()}"
    assert len(keys) == 4 * LENGTH


def test_a_journal_that_changed_since_gives_no_value(portfolio: Portfolio) -> None:
    analysis(portfolio)
    position = portfolio.positions.order_by("pk").first()
    FlowFactory(position=position, occurred_at=AS_OF - DAY / 2, quantity_change=D(5), price=D(100))
    for figure in ("total_portfolio_value_usd", "concentration_risk", "var_95", "allocation_by_asset",
                   "optimal_allocation"):  # fmt: skip
        found = explain(portfolio, figure)
        assert (found.value, found.reason, found.quality) == (None, "changed_since_the_analysis", Grade.F), figure


def test_a_sector_that_changed_since(portfolio: Portfolio) -> None:
    analysis(portfolio)
    SectorMapping.objects.all().delete()
    assert explain(portfolio, "allocation_by_sector").reason == "changed_since_the_analysis"
    assert explain(portfolio, "concentration_risk").quality == Grade.A


class TestGrades:
    def test_a_close_of_the_day_before(self, portfolio: Portfolio) -> None:
        PriceData.objects.filter(asset__symbol="ADA", candle_time=AS_OF - DAY).delete()
        analysis(portfolio)
        assert explain(portfolio, "concentration_risk").quality == Grade.B
        assert explain(portfolio, "var_95").quality == Grade.D

    def test_a_coin_counted_as_a_dollar(self, portfolio: Portfolio) -> None:
        short_and_dollars(portfolio)
        analysis(portfolio)
        found = explain(portfolio, "var_95")
        assert found.quality == Grade.B
        assert [mark.partition(":")[0] for mark in found.assumptions] == ["as_dollar"]

    def test_a_stated_price(self, portfolio: Portfolio) -> None:
        position = PositionFactory(portfolio=portfolio, asset=AssetFactory(symbol="HOUSE"))
        FlowFactory(position=position)
        ManualPriceFactory(portfolio=portfolio, asset=position.asset, priced_at=EPOCH, price=D(90))
        ManualPrice.objects.update(created_at=EPOCH)
        analysis(portfolio)
        assert explain(portfolio, "concentration_risk").quality == Grade.C
        assert explain(portfolio, "sharpe_ratio").quality == Grade.C


def test_without_a_price_the_reason_is_that_of_the_column(portfolio: Portfolio) -> None:
    FlowFactory(position=PositionFactory(portfolio=portfolio, asset=AssetFactory(symbol="UNKNOWN")))
    analysis(portfolio)
    for figure in FIGURES:
        found = explain(portfolio, figure)
        assert (found.value, found.quality) == (None, Grade.F), figure
        if not figure.startswith(("var", "cvar", "filtered")):
            assert found.reason == "no price of UNKNOWN", figure


def test_without_an_analysis_there_is_nothing(portfolio: Portfolio) -> None:
    for figure in FIGURES:
        found = explain(portfolio, figure)
        assert (found.value, found.reason, found.quality) == (None, "not_analysed", Grade.F)


def test_of_a_day_the_analysis_that_was_the_newest_then(portfolio: Portfolio) -> None:
    analysis(portfolio, MetricsSnapshotFactory(snapshot_time=AS_OF - 10 * DAY))
    analysis(portfolio)
    assert explain(portfolio, "var_95").as_of == AS_OF
    assert explain(portfolio, "var_95", until=(AS_OF - 5 * DAY).date()).as_of == AS_OF - 10 * DAY


def test_it_is_json(portfolio: Portfolio) -> None:
    analysis(portfolio)
    found = explain(portfolio, "optimal_allocation").as_json()
    assert found["value"]["by_asset"].keys() == set(SYMBOLS)
    assert found["as_of"] == AS_OF.isoformat()
