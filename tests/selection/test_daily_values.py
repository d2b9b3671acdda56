"""Daily values in the database: from closes and flows, forgotten from a change on, never from the current price."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from assets.models import Asset, PriceData
from selection.choices import FlowKind, HoldingType
from selection.compute.portfolio_days import Day
from selection.models import Portfolio, PortfolioAsset, PortfolioDay, PositionFlow
from selection.selectors.performance import performance
from selection.selectors.portfolio_days import counted_days
from selection.services.daily_values import count_days, forget_values
from tests.factories import (
    AssetFactory,
    FlowFactory,
    ManualPriceFactory,
    PortfolioFactory,
    PositionFactory,
    RevisionFactory,
    add_candles,
)
from tests.factories.base import EPOCH

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
D = Decimal


def bought(position: PortfolioAsset, day: int, quantity: str, price: str, **values: Any) -> PositionFlow:
    """A purchase at noon."""
    return FlowFactory(
        position=position,
        occurred_at=EPOCH + day * DAY + DAY / 2,
        quantity_change=D(quantity),
        price=D(price),
        **values,
    )


def held(portfolio: Portfolio, symbol: str = "BTC", closes: Any = range(100, 110), **values: Any) -> PortfolioAsset:
    """A position in a coin with closes from the epoch on."""
    asset = AssetFactory(symbol=symbol)
    add_candles(asset, closes)
    return PositionFactory(portfolio=portfolio, asset=asset, **values)


def values(portfolio: Portfolio, days: int) -> list[D | None]:
    """Worth at the end of each day, as it is after the n-th midnight."""
    count_days(portfolio, as_of=EPOCH + days * DAY)
    return [row.value for row in counted_days(portfolio)]


def test_a_day_ends_with_the_close_of_its_candle_and_the_running_one_is_not_counted() -> None:
    portfolio = PortfolioFactory()
    position = held(portfolio)
    Asset.objects.update(current_price=D(999))
    bought(position, 1, "2", "100.5")
    count_days(portfolio, as_of=EPOCH + 4 * DAY - timedelta(seconds=1))
    rows = list(PortfolioDay.objects.order_by("day").values_list("day", "value_usd", "external_usd", "growth"))
    first = EPOCH.date() + DAY
    assert rows == [
        (first, D(202), D(201), (D(202) / D(201)).quantize(D(1).scaleb(-18))),
        (first + DAY, D(204), D(0), (D(204) / D(202)).quantize(D(1).scaleb(-18))),
    ]


def test_the_days_between_two_moments_belong_to_utc() -> None:
    portfolio = PortfolioFactory()
    position = held(portfolio)
    FlowFactory(position=position, occurred_at=EPOCH + DAY)
    FlowFactory(position=position, occurred_at=EPOCH + 2 * DAY - timedelta(microseconds=1))
    assert values(portfolio, 3) == [D(4 * 101), D(4 * 102)]


def test_a_second_look_writes_nothing_and_a_later_day_only_itself() -> None:
    portfolio = PortfolioFactory()
    bought(held(portfolio), 0, "1", "100")
    count_days(portfolio, as_of=EPOCH + 3 * DAY)
    stamps = dict(PortfolioDay.objects.values_list("day", "computed_at"))
    count_days(portfolio, as_of=EPOCH + 3 * DAY)
    count_days(portfolio, as_of=EPOCH + 4 * DAY)
    after = dict(PortfolioDay.objects.values_list("day", "computed_at"))
    assert len(after) == 4
    assert {day: after[day] for day in stamps} == stamps


def test_a_change_is_counted_from_its_day_on() -> None:
    portfolio = PortfolioFactory()
    position = held(portfolio)
    bought(position, 0, "1", "100")
    before = values(portfolio, 6)
    stamp = PortfolioDay.objects.get(day=EPOCH.date() + DAY).computed_at
    bought(position, 2, "1", "100")
    assert forget_values(portfolio, since=EPOCH + 2 * DAY + DAY / 2) == 4
    assert values(portfolio, 6) == [before[0], before[1], D(204), D(206), D(208), D(210)]
    assert PortfolioDay.objects.get(day=EPOCH.date() + DAY).computed_at == stamp


def test_a_corrected_close_is_taken_over() -> None:
    portfolio = PortfolioFactory()
    position = held(portfolio)
    bought(position, 0, "1", "100")
    assert values(portfolio, 4) == [D(100), D(101), D(102), D(103)]
    PriceData.objects.filter(candle_time=EPOCH + 2 * DAY).update(close_price=D("102.5"))
    later = PortfolioDay.objects.latest("computed_at").computed_at + timedelta(hours=1)
    RevisionFactory(
        asset=position.asset, timeframe="1d", field="close_price", candle_time=EPOCH + 2 * DAY, corrected_at=later
    )
    assert values(portfolio, 4) == [D(100), D(101), D("102.5"), D(103)]


def test_a_close_that_comes_late_is_taken_over() -> None:
    portfolio = PortfolioFactory()
    position = held(portfolio, closes=[100, 101])
    bought(position, 0, "1", "100")
    assert values(portfolio, 4) == [D(100), D(101), D(101), D(101)]
    add_candles(position.asset, [110], first=EPOCH + 2 * DAY)
    assert values(portfolio, 4) == [D(100), D(101), D(110), D(110)]


class TestUnknown:
    def test_a_close_counts_for_four_days_and_then_the_value_is_unknown_and_named(self) -> None:
        portfolio = PortfolioFactory()
        position = held(portfolio, closes=[100])
        bought(position, 0, "1", "100")
        assert values(portfolio, 7) == [D(100)] * 5 + [None, None]
        last = PortfolioDay.objects.latest("day")
        assert (last.missing, last.carried, last.growth) == ([position.asset_id], [position.asset_id], None)

    def test_one_without_any_price_is_never_worth_nothing(self) -> None:
        portfolio = PortfolioFactory()
        bought(held(portfolio, closes=[]), 0, "1", "100")
        bought(held(portfolio, "ETH"), 0, "1", "100")
        assert values(portfolio, 2) == [None, None]

    def test_a_stated_price_holds_until_the_next_and_gives_way_to_a_close(self) -> None:
        portfolio = PortfolioFactory()
        position = held(portfolio, closes=[])
        bought(position, 0, "2", "100")
        for day, price in ((0, 90), (2, 80)):
            ManualPriceFactory(
                portfolio=portfolio, asset=position.asset, priced_at=EPOCH + day * DAY + DAY / 2, price=D(price)
            )
        ManualPriceFactory(asset=position.asset, priced_at=EPOCH, price=D(5))
        add_candles(position.asset, [100], first=EPOCH + 3 * DAY)
        assert values(portfolio, 4) == [D(180), D(180), D(160), D(200)]
        marks = [row.assumptions for row in counted_days(portfolio)]
        assert marks == [(f"manual_price:{position.asset_id}",)] * 3 + [()]

    @pytest.mark.parametrize(("symbol", "is_assumed"), [("USDT", True), ("USDC", True), ("USD", False)])
    def test_a_coin_that_counts_as_a_dollar_says_so(self, symbol: str, is_assumed: bool) -> None:
        portfolio = PortfolioFactory()
        position = held(portfolio, symbol, closes=[], asset_type=HoldingType.STABLECOIN)
        bought(position, 0, "500", "1")
        assert values(portfolio, 1) == [D(500)]
        (day,) = counted_days(portfolio)
        assert day.assumptions == ((f"as_dollar:{position.asset_id}",) if is_assumed else ())
        assert bool(day.carried) == is_assumed

    def test_a_stored_rate_of_a_dollar_coin_is_used(self) -> None:
        portfolio = PortfolioFactory()
        bought(held(portfolio, "USDT", closes=["0.97"]), 0, "100", "1")
        assert values(portfolio, 1) == [D(97)]


def test_what_an_entry_was_booked_on_is_named_on_its_day() -> None:
    portfolio = PortfolioFactory()
    bought(held(portfolio), 0, "1", "100", assumptions=["missing_acquisition"])
    count_days(portfolio, as_of=EPOCH + 2 * DAY)
    assert [day.assumptions for day in counted_days(portfolio)] == [("missing_acquisition",), ()]


def test_a_split_is_no_gain() -> None:
    portfolio = PortfolioFactory()
    position = held(portfolio, closes=[100, 10, 10])
    bought(position, 0, "1", "100")
    FlowFactory(
        position=position, kind=FlowKind.SPLIT, occurred_at=EPOCH + DAY + DAY / 4, quantity_change=D(9), price=D(0),
        cash_flow_usd=D(0), cost_change_usd=D(0),
    )  # fmt: skip
    bought(position, 1, "10", "10")
    assert values(portfolio, 3) == [D(100), D(200), D(200)]
    assert [day.growth for day in counted_days(portfolio)] == [D(1), D(1), D(1)]


def test_without_a_journal_there_are_no_days() -> None:
    portfolio = PortfolioFactory()
    assert values(portfolio, 5) == []
    position = held(portfolio)
    flow = bought(position, 0, "1", "100")
    assert len(values(portfolio, 5)) == 5
    flow.delete()
    assert values(portfolio, 5) == []


def test_the_number_of_queries_does_not_grow_with_positions() -> None:
    counts = []
    for number in (1, 5):
        portfolio = PortfolioFactory()
        for place in range(number):
            bought(held(portfolio, f"C{number}{place}"), 0, "1", "100")
        with CaptureQueriesContext(connection) as queries:
            count_days(portfolio, as_of=EPOCH + 5 * DAY)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_look_at_what_is_counted_waits_for_no_writer() -> None:
    portfolio = PortfolioFactory()
    bought(held(portfolio), 0, "1", "100")
    assert len(values(portfolio, 5)) == 5
    with transaction.atomic(using="owner"):
        Portfolio.objects.using("owner").select_for_update().get(pk=portfolio.pk)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            assert len(values(portfolio, 5)) == 5
            with pytest.raises(OperationalError, match="lock timeout"):
                count_days(portfolio, as_of=EPOCH + 6 * DAY)


def rebuilt(portfolio: Portfolio, as_of: datetime) -> list[Day]:
    """The days counted from the beginning."""
    forget_values(portfolio, since=EPOCH)
    count_days(portfolio, as_of=as_of)
    return counted_days(portfolio)


def test_counting_on_equals_counting_from_the_beginning() -> None:
    """Ten times an entry somewhere in the past, then a look at the days: as if they had never been counted."""
    portfolio = PortfolioFactory()
    positions = [held(portfolio, symbol, range(start, start + 20)) for symbol, start in (("BTC", 100), ("ETH", 7))]
    as_of = EPOCH + 18 * DAY
    for number in range(10):
        position = positions[number % 2]
        day = (number * 7) % 15
        bought(position, day, f"1.{number}", f"{100 + number}.123456789", fee_usd=D("0.1"))
        forget_values(portfolio, since=EPOCH + day * DAY)
        count_days(portfolio, as_of=as_of)
    found = counted_days(portfolio)
    assert found == rebuilt(portfolio, as_of)
    assert date.fromordinal(found[-1].day) == (as_of - DAY).date()


class TestPast:
    """What was corrected or stated later was not known at a moment of the past, whatever has been counted since."""

    def test_a_later_correction_counts_as_it_was_before(self) -> None:
        portfolio = PortfolioFactory()
        position = held(portfolio, closes=[100, 90, 90])
        bought(position, 0, "1", "100")
        assert values(portfolio, 3) == [D(100), D(90), D(90)]
        RevisionFactory(
            asset=position.asset, timeframe="1d", field="close_price", candle_time=EPOCH + DAY, old_value=D(110),
            corrected_at=EPOCH + 10 * DAY,
        )  # fmt: skip
        then, now = (performance(portfolio, as_of=EPOCH + days * DAY) for days in (3, 11))
        assert [day.value for day in then.period.days] == [D(100), D(110), D(90)]
        assert [day.value for day in now.period.days] == [D(100), D(90), D(90)]

    def test_a_rate_that_was_corrected_later(self) -> None:
        portfolio = PortfolioFactory(base_currency="EUR")
        euro = AssetFactory(symbol="EUR")
        add_candles(euro, [1, 1, 1], first=EPOCH - DAY)
        position = held(portfolio, closes=[100, 100])
        FlowFactory(position=position, occurred_at=EPOCH, quantity_change=D(1), price=D(100))
        RevisionFactory(
            asset=euro, timeframe="1d", field="close_price", candle_time=EPOCH - DAY, old_value=D(2),
            corrected_at=EPOCH + 10 * DAY,
        )  # fmt: skip
        count_days(portfolio, as_of=EPOCH + 2 * DAY)
        assert performance(portfolio, as_of=EPOCH + 3 * DAY).period.days[0].external == D(50)
        assert performance(portfolio).period.days[0].external == D(100)

    def test_a_price_that_was_stated_later(self) -> None:
        portfolio = PortfolioFactory()
        position = held(portfolio, closes=[])
        bought(position, 0, "1", "100")
        ManualPriceFactory(portfolio=portfolio, asset=position.asset, priced_at=EPOCH, price=D(90))
        assert values(portfolio, 2) == [D(90), D(90)]
        assert performance(portfolio, as_of=EPOCH + 2 * DAY).period.end_value is None


def test_a_coin_that_another_turned_into_is_worth_what_it_was() -> None:
    """1 bitcoin becomes 2,000 new coins in the morning and more is bought at noon: the chain of returns goes on."""
    portfolio = PortfolioFactory()
    old, new = (held(portfolio, symbol, closes) for symbol, closes in (("OLD", [100, 110]), ("NEW", [])))
    add_candles(new.asset, [D("0.055")], first=EPOCH + DAY)
    bought(old, 0, "1", "100")
    moved: dict[str, Any] = {"kind": FlowKind.SPLIT, "occurred_at": EPOCH + DAY + DAY / 4, "price": D(0)}
    FlowFactory(position=old, quantity_change=D(-1), cash_flow_usd=D(100), external_usd=D(0), **moved)
    FlowFactory(position=new, quantity_change=D(2000), cash_flow_usd=D(-100), external_usd=D(0), **moved)
    bought(old, 1, "1", "100")
    assert values(portfolio, 2) == [D(100), D(220)]
    assert performance(portfolio).time_weighted.value == pytest.approx(D("0.1"))


def test_of_a_transfer_what_was_sent_comes_first_whichever_half_was_entered_first() -> None:
    """Cost in euros goes along when coins of 100 move to another position at a rate of 2 after one of 1."""
    portfolio = PortfolioFactory(base_currency="EUR")
    add_candles(AssetFactory(symbol="EUR"), [1, 1, 2, 2], first=EPOCH - 2 * DAY)
    old, new = (held(portfolio, symbol, [100, 100]) for symbol in ("OLD", "NEW"))
    bought(old, 0, "1", "100", action_id=5)
    moved: dict[str, Any] = {"kind": FlowKind.SPLIT, "occurred_at": EPOCH + DAY + DAY / 4, "price": D(0), "place": 7}
    FlowFactory(position=new, quantity_change=D(1), cash_flow_usd=D(-100), external_usd=D(0), action_id=6, **moved)
    FlowFactory(position=old, quantity_change=D(-1), cash_flow_usd=D(100), external_usd=D(0), action_id=7, **moved)
    count_days(portfolio, as_of=EPOCH + 2 * DAY)
    last = performance(portfolio).period.days[-1]
    assert (last.invested, last.realized, last.unrealized) == (D(100), D(0), D(-50))
