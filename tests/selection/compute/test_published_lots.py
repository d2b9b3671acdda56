"""Lot methods against worked examples that others have published; the source of each is named.

Amounts are in the currency of the source. An answer that the source has rounded is compared at its rounding.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from selection.compute.lots import Effect, Fill, Terms, post

D = Decimal
START = datetime(2018, 1, 1, tzinfo=UTC)
BUY, SELL = Effect.OPENS, Effect.CLOSES

HMRC = "HM Revenue & Customs, Cryptoassets Manual"
RECAP = "Recap, US tax guide for individuals, Cost Basis Methods (docs.recap.io)"
ACCOINTING = "Accointing, Crypto cost basis (accointing.com/en-US/blog/crypto-cost-basis)"
TRACKER = "toolstac.com, CoinTracker tax optimization guide"
WEALTHFLOW = "wealthflow.cloud, How to calculate cost basis of investments"
GREENLIGHT = "Greenlight help centre, How do I calculate my gains or losses and cost basis"
WILD = "Wild, Financial Accounting Fundamentals, ch. 5, Trekking: perpetual inventory, August"
PERPETUAL = "indextestingapp.uonbi.ac.ke, question 13686044: perpetual inventory, June"
PROBLEM = "coursehero.com, file 13294507, problem 6-1A: perpetual inventory, March"
MOVING = "hitpages.com, document 4515609161236480, p. 7: moving average, September"


@dataclass(frozen=True)
class Example:
    """Trades as (effect, quantity, total amount), and what the source says of the costs of what was sold, in the order
    of the sales, and of what is left. None where it does not say."""

    source: str
    method: str
    trades: tuple[tuple[Effect, str, str], ...]
    costs: tuple[str, ...]
    left: str | None = None
    places: str = "0.01"


DAVE = ((BUY, "1", "2000"), (BUY, "2", "5000"), (BUY, "1", "8000"), (SELL, "1", "4000"))
FIVE = (
    (BUY, "1", "10000"), (BUY, "1", "12000"), (BUY, "1", "9000"), (BUY, "1", "15000"), (BUY, "1", "18000"),
    (SELL, "3", "60000"),
)  # fmt: skip
HALVES = ((BUY, "0.5", "11500"), (BUY, "0.5", "14000"), (BUY, "0.5", "17500"), (SELL, "0.5", "21000"))
COMPANY = ((BUY, "10", "500"), (BUY, "10", "800"), (SELL, "10", "1000"))
TREKKING = (
    (BUY, "10", "910"), (BUY, "15", "1590"), (SELL, "20", "2660"), (BUY, "20", "2300"), (BUY, "10", "1190"),
    (SELL, "23", "3450"),
)  # fmt: skip
JUNE = (
    (BUY, "304", "3952"), (SELL, "205", "6150"), (BUY, "804", "12060"), (SELL, "504", "16128"), (BUY, "498", "7968"),
    (SELL, "295", "10030"),
)  # fmt: skip
MARCH = (
    (BUY, "100", "5000"), (BUY, "400", "22000"), (SELL, "420", "0"), (BUY, "120", "7200"), (BUY, "200", "12400"),
    (SELL, "160", "0"),
)  # fmt: skip
SEPTEMBER = (
    (BUY, "2000", "20000"), (BUY, "500", "5500"), (SELL, "800", "0"), (BUY, "1000", "12500"), (SELL, "2000", "0"),
)  # fmt: skip

EXAMPLES = [
    Example(
        f"{HMRC}, CRYPTO22251", "average", ((BUY, "100", "1000"), (BUY, "50", "125000"), (SELL, "50", "300000")),
        ("42000",), "84000",
    ),
    Example(
        f"{HMRC}, CRYPTO22251, the rest sold", "average",
        ((BUY, "100", "1000"), (BUY, "50", "125000"), (SELL, "50", "300000"), (SELL, "100", "1")),
        ("42000", "84000"), "0",
    ),
    Example(
        f"{HMRC}, CRYPTO22254, the part of the pool (printed in whole pounds: 63 and 937)", "average",
        ((BUY, "8000", "1000"), (SELL, "500", "642")), ("62.50",), "937.50",
    ),
    Example(
        f"{HMRC}, CRYPTO22255, the part of the pool", "average", ((BUY, "14000", "200000"), (SELL, "3500", "160000")),
        ("50000",), "150000",
    ),
    Example(
        "cryptolens.uk, Section 104 pooling", "average", ((BUY, "2", "2000"), (BUY, "3", "4500"), (SELL, "1", "2000")),
        ("1300",), "5200",
    ),
    Example(
        "gnucash-devel, 21 Feb 2006, M. Johnson", "average",
        ((BUY, "100", "1000"), (BUY, "100", "1100"), (SELL, "100", "1200")), ("1050",),
    ),
    Example(MOVING, "average", SEPTEMBER, ("8160", "22104"), "7736", "1"),
    Example(RECAP, "fifo", DAVE, ("2000",)),
    Example(RECAP, "lifo", DAVE, ("8000",)),
    Example(RECAP, "hifo", DAVE, ("8000",)),
    Example(ACCOINTING, "fifo", FIVE, ("31000",)),
    Example(ACCOINTING, "lifo", FIVE, ("42000",)),
    Example(ACCOINTING, "hifo", FIVE, ("45000",)),
    Example(TRACKER, "fifo", HALVES, ("11500",)),
    Example(TRACKER, "hifo", HALVES, ("17500",)),
    Example(WEALTHFLOW, "fifo", COMPANY, ("500",)),
    Example(WEALTHFLOW, "lifo", COMPANY, ("800",)),
    Example(GREENLIGHT, "fifo", ((BUY, "1", "10"), (BUY, "2", "30"), (SELL, "1", "20")), ("10",)),
    Example(GREENLIGHT, "fifo", ((BUY, "2", "40"), (BUY, "2", "50"), (SELL, "2", "20")), ("40",), "50"),
    Example(
        "thefinancebase.com, How to calculate a cost basis", "fifo",
        ((BUY, "100", "1000"), (BUY, "200", "2400"), (SELL, "200", "2600")), ("2200",), "1200",
    ),
    Example(WILD, "fifo", TREKKING, ("1970", "2600"), "1420"),
    Example(PROBLEM, "fifo", MARCH, ("22600", "9200"), "14800"),
    Example(PROBLEM, "lifo", MARCH, ("23000", "9920"), "13680"),
    Example(PERPETUAL, "fifo", JUNE, (), "9528"),
    Example(PERPETUAL, "lifo", JUNE, (), "9035"),
]  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.method}: {one.source}")
def test_a_published_example(example: Example) -> None:
    fills = [
        Fill(number, 1, START + timedelta(days=number), effect, D(quantity), D(amount))
        for number, (effect, quantity, amount) in enumerate(example.trades)
    ]
    found = post(fills, {1: Terms(example.method)})
    places = D(example.places)
    sales = [flow for flow in found.flows if flow.fill.effect is SELL]
    if example.costs:
        assert [-flow.cost_change.quantize(places) for flow in sales] == [D(cost) for cost in example.costs]
    for flow in sales:
        assert flow.realized == (flow.fill.amount or D(0)) + flow.cost_change
    if example.left is not None:
        assert found.holding(1).cost.quantize(places) == D(example.left)


def test_there_are_enough_of_each() -> None:
    methods = [example.method for example in EXAMPLES]
    assert len({example.source for example in EXAMPLES}) >= 12
    assert min(methods.count(method) for method in ("average", "fifo", "lifo", "hifo")) >= 3
