"""TWR, MWR and XIRR against worked examples that others have published, and XIRR against an independent library.

Where a page rounds, the tolerance is half of its last digit; one that cuts off has a whole one.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
import pyxirr

from selection.compute.daily_values import daily_values
from selection.compute.money_weighted import NoRate, money_weighted
from selection.compute.performance import Period, time_weighted
from selection.compute.portfolio_days import Entry, Leg, Position, Prices, State

D = Decimal


@dataclass(frozen=True)
class Paid:
    """A published rate of dated payments."""

    source: str
    payments: tuple[tuple[date, str], ...]
    rate: float
    digits: float


YEARS = [date(2001, 1, 1) + timedelta(days=365 * year) for year in range(5)]
RATES = [
    Paid(
        "Microsoft, XIRR function, https://support.microsoft.com/zh-cn/excel/functions/xirr-function",
        (
            (date(2008, 1, 1), "-10000"),
            (date(2008, 3, 1), "2750"),
            (date(2008, 10, 30), "4250"),
            (date(2009, 2, 15), "3250"),
            (date(2009, 4, 1), "2750"),
        ),
        0.373362535,
        2e-9,
    ),
    Paid(
        "Microsoft, DAX XIRR, https://learn.microsoft.com/ja-jp/dax/xirr-function-dax",
        (
            (date(2014, 1, 1), "-10000"),
            (date(2014, 3, 1), "2750"),
            (date(2014, 10, 30), "4250"),
            (date(2015, 2, 15), "3250"),
            (date(2015, 4, 1), "2750"),
        ),
        0.3749,
        5e-5,
    ),
    Paid(
        "crate xirr, as LibreOffice Calc, https://docs.rs/xirr/latest/xirr/",
        (
            (date(2015, 6, 11), "-1000"),
            (date(2015, 7, 21), "-9000"),
            (date(2018, 6, 10), "20000"),
            (date(2015, 10, 17), "-3000"),
        ),
        0.1635371584432641,
        1e-12,
    ),
    Paid(
        "financial_calculator, lib/financial_calculator/irr.rb, https://github.com/mfalzone/financial_calculator",
        tuple(zip(YEARS, ("-123400", "36200", "54800", "48100"), strict=False)),
        0.0596,
        5e-5,
    ),
    Paid(
        "Two shares of the CFA course, money-weighted, https://www.analystforum.com/t/question/13698",
        tuple(zip(YEARS, ("-100", "-118", "264"), strict=False)),
        0.1386,
        5e-5,
    ),
]


@dataclass(frozen=True)
class Valued:
    """A published time-weighted return: what was there, what came or went then, for each sub-period."""

    source: str
    start: str
    values: tuple[tuple[str, str], ...]
    end: str
    rate: float
    digits: float


RETURNS = [
    Valued(
        "Mutual Fund A, https://www.scribd.com/document/547143246/Time-weighted-rate-of-return",
        "1000000",
        (("1162484", "100000"),),
        "1192328",
        0.0979,
        5e-5,
    ),
    Valued(
        "Amit Roy, 20.00 % a year, https://www.analystforum.com/t/time-weighted-return/105641",
        "100",
        (("135", "115"), ("320", "130")),
        "450",
        1.2**3 - 1,
        3 * 1.2**2 * 5e-5,
    ),
    Valued(
        "MathCelebrity, https://www.mathcelebrity.com/intweighttimeinst.htm",
        "100000",
        (("112000", "30000"), ("125000", "-42000")),
        "100000",
        0.1878,
        1e-4,
    ),
    Valued(
        "Wally's mutual fund, "
        "https://homeworksource.com/p/1132141/wally-invests-5800-dollars-in-a-mutual-fund-on-january-1-on",
        "5800",
        (("4000", "1400"), ("7900", "-1500")),
        "7500",
        0.1824,
        5e-5,
    ),
    Valued(
        "Jan 2016 to Dec 2017, https://qammunity.org/9067575/?show=9067576",
        "100000",
        (("110000", "-5000"), ("108000", "3000")),
        "100000",
        0.0193,
        5e-5,
    ),
    Valued(
        "Alice, https://support.cindicator.com/en/articles/4933839-my-returns-are-wrong",
        "1000",
        (("1100", "2000"),),
        "3255",
        0.155,
        1e-12,
    ),
    Valued(
        "FinCal, twrr, 15.84472 % a year, https://rdrr.io/cran/FinCal/man/twrr.html",
        "100",
        (("122", "118"),),
        "264",
        1.1584472**2 - 1,
        2 * 1.1584472 * 5e-8,
    ),
]


@pytest.mark.parametrize("example", RATES, ids=lambda example: example.source)
def test_money_weighted_rates_are_the_published_ones(example: Paid) -> None:
    days = [day.toordinal() for day, _amount in example.payments]
    found = money_weighted([D(amount) for _day, amount in example.payments], days)
    other = pyxirr.xirr(
        [day for day, _amount in example.payments], [float(amount) for _day, amount in example.payments]
    )
    assert found.value is not None
    assert other is not None
    assert abs(found.value - example.rate) <= example.digits
    assert found.value == pytest.approx(other, abs=1e-9)


@pytest.mark.parametrize("example", RETURNS, ids=lambda example: example.source)
def test_time_weighted_returns_are_the_published_ones(example: Valued) -> None:
    """Units of a fund: each flow buys or sells some at the price of the day, and the price is what has grown."""
    price, entries, closes, units = D(1), [], [], D(example.start)
    entries.append(Entry(0, (Leg(1, units, D(0), units, price, external=units),)))
    closes.append(price)
    for day, (value, flow) in enumerate(example.values, 1):
        price = D(value) / units
        bought = D(flow) / price
        entries.append(Entry(day, (Leg(1, bought, D(0), D(flow), price, external=D(flow)),)))
        closes.append(price)
        units += bought
    closes.append(D(example.end) / units)
    rows = list(
        daily_values({1: Position(1, 7)}, entries, Prices(0, {7: closes}), State(), first=0, last=len(closes) - 1)
    )
    found = time_weighted(Period(D(0), rows)).value
    assert found is not None
    assert abs(float(found) - example.rate) <= example.digits


def test_money_weighted_rates_equal_an_independent_library() -> None:
    """500 ledgers of up to 40 payments over up to 8 years; wherever a rate is shown, it is the library's."""
    random, shown = np.random.default_rng(20260101), 0
    for _ledger in range(500):
        count = int(random.integers(2, 40))
        days = np.sort(random.choice(np.arange(1, 2920), size=count, replace=False)).tolist()
        amounts = [D(repr(round(float(value), 2))) for value in random.normal(-50, 200, count)]
        amounts[0] = -abs(amounts[0]) - 100
        amounts[-1] = abs(amounts[-1]) + 500
        found = money_weighted(amounts, days)
        if found.annual is None:
            assert found.reason in set(NoRate)
            continue
        shown += 1
        dates = [date(2010, 1, 1) + timedelta(days=day) for day in days]
        worth = pyxirr.xnpv(found.annual, dates, [float(amount) for amount in amounts])
        assert worth == pytest.approx(0, abs=1e-6 * max(abs(float(amount)) for amount in amounts))
        other = pyxirr.xirr(dates, [float(amount) for amount in amounts])
        assert other is not None
        assert found.annual == pytest.approx(other, rel=1e-7, abs=1e-9)
    assert shown > 400
