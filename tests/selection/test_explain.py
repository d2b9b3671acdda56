"""Every figure of a sample portfolio, counted again by hand from what its explanation gives, and from nothing else."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from assets.choices import DEMO_SOURCE
from assets.models import Asset
from selection.choices import BaseCurrency, FlowKind, HoldingType
from selection.models import Portfolio, PositionLot
from selection.selectors.explain import FIGURES, Explanation, Grade, explain
from selection.selectors.performance import benchmarks, performance
from selection.services.daily_values import count_days, forget_values
from system.exceptions import InvalidInput
from tests.factories import (
    AssetFactory,
    DisposalFactory,
    FlowFactory,
    LotFactory,
    ManualPriceFactory,
    PortfolioFactory,
    PositionFactory,
    WatchlistFactory,
    add_candles,
)
from tests.factories.base import EPOCH
from tests.factories.lists import EntryFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
D = Decimal
LENGTH = 400


def walk(seed: int, start: float) -> list[float]:
    return (start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0005, 0.02, LENGTH)))).round(6).tolist()


@pytest.fixture
def portfolio() -> Portfolio:
    """Bitcoin bought twice and sold in part, ether bought once with income since; 400 days, no cash position."""
    made = PortfolioFactory()
    bitcoin, ether = (AssetFactory(symbol=symbol) for symbol in ("BTC", "ETH"))
    add_candles(bitcoin, walk(1, 60_000), first=EPOCH - DAY)
    add_candles(ether, walk(2, 3_000), first=EPOCH - DAY)
    first, second = (PositionFactory(portfolio=made, asset=asset) for asset in (bitcoin, ether))
    noon = EPOCH + DAY / 2

    def flow(position: Any, day: int, quantity: str, price: str, cash: str, cost: str, **more: Any) -> None:
        FlowFactory(
            position=position,
            occurred_at=noon + day * DAY,
            quantity_change=D(quantity),
            price=D(price),
            cash_flow_usd=D(cash),
            cost_change_usd=D(cost),
            **more,
        )

    flow(first, 0, "0.5", "60000", "-30010", "30010", fee_usd=D(10))
    flow(second, 3, "4", "3000", "-12000", "12000")
    flow(first, 50, "0.25", "61000", "-15250", "15250")
    flow(first, 120, "-0.375", "64000", "23990", "-22630", realized_usd=D(1360), fee_usd=D(10))
    flow(second, 200, "0.01", "3100", "0", "31", realized_usd=D(31), income_usd=D(31), kind=FlowKind.INCOME,
         external_usd=D(0))  # fmt: skip
    LotFactory(position=second, acquired_at=noon, quantity=D(4), cost_usd=D(12000))
    LotFactory(position=second, acquired_at=noon + 200 * DAY, quantity=D("0.01"), cost_usd=D(31))
    DisposalFactory(
        position=first, acquired_at=noon, disposed_at=noon + 120 * DAY, quantity=D("0.375"), cost_usd=D(22630)
    )
    count_days(made, as_of=EPOCH + 390 * DAY)
    return made


def named(found: Explanation, name: str) -> list[Any]:
    return [one.value for one in found.inputs if one.name == name]


def number(found: Explanation) -> float:
    assert isinstance(found.value, (Decimal, float))
    return float(found.value)


def growths(found: Explanation) -> np.ndarray:
    return np.array([float(value) for value in named(found, "growth")])


def by_position(found: Explanation) -> list[dict[str, Decimal]]:
    grouped: dict[str, dict[str, Any]] = {}
    for one in found.inputs:
        if one.of:
            grouped.setdefault(one.of, {"sign": -1 if one.of.endswith(HoldingType.SHORT_POSITION) else 1})[one.name] = (
                one.value
            )
    return list(grouped.values())


def worth(found: Explanation) -> Decimal:
    rate = named(found, "rate")
    total = sum((one["sign"] * one["quantity"] * one["price"] - one["owed"] for one in by_position(found)), D(0))
    return total / rate[0] if rate else total


def internal_rate(found: Explanation) -> float:
    """By bisection on the payments' worth: another way than the product's."""
    paid = [(one.day, float(one.value or 0)) for one in found.inputs if one.name == "payment"]
    start = paid[0][0]
    assert start is not None
    low, high = -0.99, 10.0
    for _step in range(200):
        middle = (low + high) / 2
        worth = sum(amount / (1 + middle) ** ((day - start).days / 365) for day, amount in paid if day)
        low, high = (middle, high) if worth > 0 else (low, middle)
    return low


def drawdown(found: Explanation) -> float:
    path = np.concatenate([[1], np.cumprod(growths(found))])
    return max(1 - low / max(path[: place + 1]) for place, low in enumerate(path))


def sharpe(found: Explanation) -> float:
    returns = growths(found) - 1
    return returns.mean() / returns.std(ddof=1) * 365**0.5


def sortino(found: Explanation) -> float:
    returns = growths(found) - 1
    return returns.mean() / np.sqrt(np.mean(np.where(returns < 0, returns, 0) ** 2)) * 365**0.5


def calmar(found: Explanation) -> float:
    assert found.first is not None
    assert found.last is not None
    days = (found.last - found.first).days + 1
    return (growths(found).prod() ** (365 / days) - 1) / drawdown(found)


BY_HAND: dict[str, Callable[[Explanation], Any]] = {
    "value": worth,
    "unrealized": lambda found: worth(found) - sum(named(found, "tied")),
    "invested": lambda found: sum(abs(one["tied"]) for one in by_position(found)),
    "realized": lambda found: sum(named(found, "realized")),
    "income": lambda found: sum(named(found, "income")),
    "fees": lambda found: sum(named(found, "fee")),
    "profit": lambda found: (
        named(found, "end_value")[0] - named(found, "start_value")[0] - sum(named(found, "external"))
    ),
    "simple": lambda found: float(
        named(found, "profit")[0] / (sum(named(found, "invested")) / len(named(found, "invested")))
    ),
    "twr": lambda found: growths(found).prod() - 1,
    "mwr": internal_rate,
    "max_drawdown": drawdown,
    "volatility": lambda found: (growths(found) - 1).std(ddof=1) * 365**0.5,
    "sharpe": sharpe,
    "sortino": sortino,
    "calmar": calmar,
    "benchmark_bitcoin": lambda found: np.prod([1 + value for value in named(found, "return")]) - 1,
    "benchmark_half_half": lambda found: np.prod([1 + value for value in named(found, "return")]) - 1,
}


def require_equal(portfolio: Portfolio, figures: Iterable[str]) -> None:
    """Every figure is what its explanation gives: amounts to the last digit of their columns."""
    for figure in figures:
        found = explain(portfolio, figure)
        assert found.value is not None, figure
        if isinstance(found.value, Decimal) and found.unit != "ratio":
            assert found.unit == portfolio.base_currency
            assert abs(BY_HAND[figure](found) - found.value) <= D("1e-17") * (found.unit != "USD"), figure
        else:
            assert BY_HAND[figure](found) == pytest.approx(number(found), rel=1e-9, abs=1e-12), figure
        assert (found.quality, found.reason, found.assumptions) == (Grade.A, None, ()), figure
        assert found.formula
        assert all(one.key for one in found.inputs)


@pytest.mark.parametrize("currency", BaseCurrency.values)
def test_every_figure_is_what_its_inputs_give(portfolio: Portfolio, currency: str) -> None:
    assert set(BY_HAND) == set(FIGURES)
    add_candles(AssetFactory(symbol="EUR"), walk(3, 1.1), first=EPOCH - DAY)
    portfolio.base_currency = currency
    portfolio.save()
    require_equal(portfolio, BY_HAND)


@pytest.mark.parametrize("currency", BaseCurrency.values)
@pytest.mark.parametrize("margin", [None, D(20)])
def test_of_a_short_and_of_a_margin(currency: str, margin: Decimal | None) -> None:
    """One of 2 coins is covered at 90, one is still short at 80; without a margin what was received is tied."""
    made = PortfolioFactory(base_currency=currency)
    for symbol, rates in (("BTC", (50.0, 60.0, 70.0, 80.0)), ("EUR", (1.1, 1.2, 1.3, 1.4))):
        add_candles(AssetFactory(symbol=symbol), rates, first=EPOCH - DAY)
    position = PositionFactory(portfolio=made, asset=AssetFactory(), asset_type=HoldingType.SHORT_POSITION)
    add_candles(position.asset, [100, 90, 80])
    got, back = (D(200), D(-90)) if margin is None else (-2 * margin, margin + 10)
    FlowFactory(
        position=position, occurred_at=EPOCH, price=D(100), quantity_change=D(2), cash_flow_usd=got,
        cost_change_usd=D(-200),
    )  # fmt: skip
    FlowFactory(
        position=position, occurred_at=EPOCH + DAY + DAY / 2, price=D(90), quantity_change=D(-1), cash_flow_usd=back,
        cost_change_usd=D(100), realized_usd=D(10),
    )  # fmt: skip
    count_days(made, as_of=EPOCH + 3 * DAY)
    require_equal(made, ("value", "unrealized", "invested", "realized", "income", "fees", "profit"))
    last = performance(made).period.days[-1]
    external = sum(D(day.external or 0) for day in performance(made).period.days)
    assert last.value is not None
    assert D(last.realized or 0) + D(last.unrealized or 0) == last.value - external


def test_the_explained_figures_are_those_that_are_shown(portfolio: Portfolio) -> None:
    shown = performance(portfolio)
    assert explain(portfolio, "profit").value == shown.profit
    assert explain(portfolio, "twr").value == shown.time_weighted.value
    assert explain(portfolio, "mwr").value == shown.money_weighted[0].value
    assert explain(portfolio, "sharpe").value == shown.sharpe
    assert explain(portfolio, "value").value == shown.period.end_value


def test_of_a_part_of_the_time(portfolio: Portfolio) -> None:
    since, until = EPOCH.date() + 30 * DAY, EPOCH.date() + 130 * DAY
    for figure in ("profit", "simple", "twr", "mwr", "sharpe"):
        found = explain(portfolio, figure, since, until)
        assert (found.first, found.last) == (since, until)
        if figure != "mwr":
            assert float(BY_HAND[figure](found)) == pytest.approx(number(found)), figure
    mwr = explain(portfolio, "mwr", since, until)
    assert mwr.value == pytest.approx((1 + internal_rate(mwr)) ** (101 / 365) - 1)


def test_closes_and_lots_are_named(portfolio: Portfolio) -> None:
    found = explain(portfolio, "value")
    assert [(one.symbol, one.day, one.is_own) for one in found.candles] == [
        (symbol, EPOCH.date() + 389 * DAY, True) for symbol in ("BTC", "ETH")
    ]
    assert [(lot.quantity, lot.cost) for lot in found.lots] == [(D(4), D(12000)), (D("0.01"), D(31))]
    assert [(lot.quantity, lot.cost) for lot in explain(portfolio, "realized").lots] == [(D("0.375"), D(22630))]


def test_it_is_json(portfolio: Portfolio) -> None:
    found = explain(portfolio, "value").as_json()
    assert (found["first"], found["last"], found["quality"]) == ("2024-06-01", "2025-06-25", "A")
    assert isinstance(found["value"], str)
    assert found["inputs"][0]["key"].startswith("portfolio_assets:")


def test_in_bitcoin(portfolio: Portfolio) -> None:
    """Everything by the rate of its moment: bitcoin itself does not move."""
    portfolio.base_currency = BaseCurrency.BTC
    portfolio.save()
    assert explain(portfolio, "benchmark_bitcoin").value == pytest.approx(0, abs=1e-12)
    bought = {one.day: one.value for one in explain(portfolio, "profit").inputs if one.name == "external"}
    assert bought[EPOCH.date() + 50 * DAY] == D("0.25")


def test_a_currency_without_a_rate_leaves_everything_unknown(portfolio: Portfolio) -> None:
    portfolio.base_currency = BaseCurrency.EUR
    portfolio.save()
    for figure in ("value", "profit", "twr", "mwr"):
        found = explain(portfolio, figure)
        assert (found.value, found.quality) == (None, Grade.F)
        assert found.reason == "no_value_at_end"
    for figure in ("realized", "income", "fees", "invested", "unrealized"):
        assert explain(portfolio, figure).value is None, figure


class TestGrades:
    def made(self, closes: int, **stated: Any) -> Portfolio:
        portfolio = PortfolioFactory()
        position = PositionFactory(portfolio=portfolio, asset=AssetFactory())
        add_candles(position.asset, [100] * closes)
        FlowFactory(position=position)
        if stated:
            ManualPriceFactory(portfolio=portfolio, asset=position.asset, **stated)
        count_days(portfolio, as_of=EPOCH + 6 * DAY)
        return portfolio

    @pytest.mark.parametrize(("closes", "grade"), [(6, Grade.A), (5, Grade.B), (2, Grade.B), (1, Grade.F)])
    def test_the_older_the_closes_the_worse(self, closes: int, grade: Grade) -> None:
        found = explain(self.made(closes), "value")
        assert (found.quality, found.value is None) == (grade, grade == Grade.F)

    def test_a_stated_price_is_marked(self) -> None:
        found = explain(self.made(1, priced_at=EPOCH, price=D(90)), "value")
        assert (found.quality, found.value) == (Grade.C, D(180))
        assert found.assumptions[0].startswith("manual_price:")

    def test_unknown_days_inside_the_period(self) -> None:
        portfolio = self.made(0)
        asset = portfolio.positions.get().asset
        add_candles(asset, [100], first=EPOCH + 5 * DAY)
        count_days(portfolio, as_of=EPOCH + 6 * DAY)
        assert explain(portfolio, "value").quality == Grade.D


class TestMarksOfThePast:
    """What a figure rests on is named, however long before the period it was booked."""

    def made(self) -> Portfolio:
        """Coins without a known acquisition are sold; others stay, from a lot whose cost a person has stated."""
        portfolio = PortfolioFactory()
        position = PositionFactory(portfolio=portfolio, asset=AssetFactory())
        add_candles(position.asset, [100] * 40, first=EPOCH - DAY)
        marked: dict[str, Any] = {"assumptions": ["manual_price:1"]}
        bought = FlowFactory(position=position, quantity_change=D(2), price=D(90), **marked)
        FlowFactory(
            position=position, occurred_at=EPOCH + 5 * DAY, quantity_change=D(-1), price=D(100), cash_flow_usd=D(100),
            cost_change_usd=D(-90), realized_usd=D(10), assumptions=["missing_acquisition"],
        )  # fmt: skip
        LotFactory(
            position=position, action_id=bought.action_id, acquired_at=EPOCH, quantity=D(1), cost_usd=D(90), **marked
        )
        DisposalFactory(
            position=position, lot_action_id=bought.action_id, acquired_at=EPOCH, disposed_at=EPOCH + 5 * DAY,
            quantity=D(1), cost_usd=D(90), **marked,
        )  # fmt: skip
        count_days(portfolio, as_of=EPOCH + 30 * DAY)
        return portfolio

    @pytest.mark.parametrize(
        ("figure", "marks"),
        [
            ("realized", {"missing_acquisition", "manual_price:1"}),
            ("value", {"missing_acquisition", "manual_price:1"}),
            ("unrealized", {"missing_acquisition", "manual_price:1"}),
            ("invested", {"missing_acquisition", "manual_price:1"}),
            ("profit", {"missing_acquisition", "manual_price:1"}),
        ],
    )
    def test_they_are_named_in_a_later_period(self, figure: str, marks: set[str]) -> None:
        found = explain(self.made(), figure, since=EPOCH.date() + 20 * DAY)
        assert set(found.assumptions) == marks
        assert found.quality == Grade.C

    def test_what_is_held_anew_rests_on_nothing_of_before(self) -> None:
        portfolio = self.made()
        position = portfolio.positions.get()
        FlowFactory(
            position=position, occurred_at=EPOCH + 6 * DAY, quantity_change=D(-1), price=D(100), cash_flow_usd=D(100),
            cost_change_usd=D(-90), realized_usd=D(10),
        )  # fmt: skip
        FlowFactory(position=position, occurred_at=EPOCH + 7 * DAY, quantity_change=D(1), price=D(100))
        PositionLot.objects.all().delete()
        forget_values(portfolio, since=EPOCH)
        count_days(portfolio, as_of=EPOCH + 30 * DAY)
        assert explain(portfolio, "value", since=EPOCH.date() + 20 * DAY).assumptions == ()

    def test_a_price_before_the_period_that_its_start_rests_on(self) -> None:
        portfolio = PortfolioFactory()
        position = PositionFactory(portfolio=portfolio, asset=AssetFactory())
        FlowFactory(position=position)
        ManualPriceFactory(portfolio=portfolio, asset=position.asset, priced_at=EPOCH, price=D(90))
        add_candles(position.asset, [100] * 3, first=EPOCH + DAY)
        count_days(portfolio, as_of=EPOCH + 3 * DAY)
        found = explain(portfolio, "profit", since=EPOCH.date() + DAY)
        assert found.assumptions == (f"manual_price:{position.asset_id}",)

    def test_the_lots_are_those_of_the_day_that_is_asked_for(self) -> None:
        portfolio = self.made()
        then = explain(portfolio, "invested", until=EPOCH.date() + 3 * DAY)
        assert [(lot.quantity, lot.cost) for lot in then.lots] == [(D(2), D(180))]
        assert [(lot.quantity, lot.cost) for lot in explain(portfolio, "invested").lots] == [(D(1), D(90))]


def test_no_such_figure(portfolio: Portfolio) -> None:
    with pytest.raises(InvalidInput, match="luck"):
        explain(portfolio, "luck")


def test_without_a_journal_nothing_is_known() -> None:
    portfolio = PortfolioFactory()
    for figure in FIGURES:
        found = explain(portfolio, figure)
        assert (found.value, found.quality) == (None, Grade.F)


def test_in_the_demo_market_it_is_held_against_the_demo_coins(portfolio: Portfolio) -> None:
    period = performance(portfolio).period
    real = {one.name: one.value for one in benchmarks(portfolio, period)}
    for symbol in ("BTC", "ETH"):
        Asset.objects.filter(symbol=symbol).update(symbol=f"{symbol}-DEMO", data_source=DEMO_SOURCE)
    assert set(real) == {"bitcoin", "half_half"}
    assert {one.name: one.value for one in benchmarks(portfolio, period)} == real


def test_an_own_list_is_held_as_it_stood_when_the_period_began(portfolio: Portfolio) -> None:
    entry = EntryFactory(watchlist=WatchlistFactory(name="Mine"))
    add_candles(entry.asset, [10.0, *[11.0] * LENGTH], first=EPOCH - DAY)
    period = performance(portfolio).period
    found = {one.name: one for one in benchmarks(portfolio, period, entry.watchlist)}
    assert set(found) == {"bitcoin", "half_half", "Mine"}
    assert found["Mine"].asset_ids == ()  # it joined today
    assert found["Mine"].value is None
