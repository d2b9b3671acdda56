"""What a portfolio was worth: exact, with the prices known then, and null only where none is known."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aimodels.services import ensure_rules
from assets.models import Asset
from assets.selectors import market_view
from selection.models import AIPortfolioAnalysis, ManualPrice, Portfolio, PortfolioAsset, PositionFlow
from selection.rules import ASSET_RULES
from selection.selectors import latest_closes
from selection.selectors.prices import closes_at
from selection.selectors.valuation import latest_values
from selection.services import analyse_portfolio
from tests.factories import (
    AssetFactory,
    ManualPriceFactory,
    MetricsSnapshotFactory,
    PortfolioFactory,
    PositionFactory,
    RevisionFactory,
    add_candles,
)
from tests.factories.base import EPOCH

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AS_OF = EPOCH + 40 * DAY
D = Decimal


def held(portfolio: Portfolio, asset: Asset, quantity: str = "2", cost: str = "160") -> PortfolioAsset:
    """A position that was opened at the epoch."""
    position = PositionFactory(portfolio=portfolio, asset=asset, quantity=D(quantity))
    PositionFlow.objects.create(
        position=position,
        action_id=position.pk,
        occurred_at=EPOCH,
        quantity_change=D(quantity),
        price=D(cost) / D(quantity),
        cash_flow_usd=-D(cost),
        cost_change_usd=D(cost),
    )
    return position


@pytest.fixture
def bitcoin() -> Asset:
    ensure_rules(ASSET_RULES)
    asset = AssetFactory(symbol="BTC")
    add_candles(asset, range(100, 140))
    return asset


def analysis(portfolio: Portfolio) -> AIPortfolioAnalysis:
    found = analyse_portfolio(portfolio, MetricsSnapshotFactory(snapshot_time=AS_OF))
    assert found is not None
    found.refresh_from_db()
    return found


def missing(found: AIPortfolioAnalysis) -> dict[str, Any]:
    return (found.analysis_data or {})["missing"]


@pytest.mark.usefixtures("bitcoin")
def test_a_price_has_all_its_digits() -> None:
    """A float8 keeps some 16 of them; the columns of a price 38."""
    exact = D("12345678901234567.123456789012345678")
    asset = AssetFactory()
    add_candles(asset, [exact], first=AS_OF - DAY, high_price=exact, low_price=exact)
    portfolio = PortfolioFactory()
    held(portfolio, asset, "3", "3")
    assert latest_closes([asset.pk], market_view("1d", AS_OF)) == {asset.pk: exact}
    assert analysis(portfolio).total_portfolio_value_usd == D("37037036703703701.37")


@pytest.mark.usefixtures("bitcoin")
class TestLastClose:
    @pytest.mark.parametrize(("days_old", "price"), [(1, 139), (3, 137), (5, 135), (6, None)])
    def test_it_counts_for_four_days(self, days_old: int, price: int | None) -> None:
        late = AssetFactory()
        add_candles(late, range(100, 141 - days_old))
        found = latest_closes([late.pk], market_view("1d", AS_OF))
        assert found == ({} if price is None else {late.pk: D(price)})

    def test_nothing_of_later(self, bitcoin: Asset) -> None:
        assert latest_closes([bitcoin.pk], market_view("1d", AS_OF - 10 * DAY)) == {bitcoin.pk: D(129)}

    def test_a_price_that_was_corrected_later_counts_as_it_was_known(self, bitcoin: Asset) -> None:
        for days, old in ((1, "130"), (2, "150")):
            RevisionFactory(
                asset=bitcoin,
                timeframe="1d",
                candle_time=AS_OF - DAY,
                old_value=D(old),
                corrected_at=AS_OF + days * DAY,
            )
        assert latest_closes([bitcoin.pk], market_view("1d", AS_OF)) == {bitcoin.pk: D(130)}
        RevisionFactory(asset=bitcoin, timeframe="1d", candle_time=AS_OF - 11 * DAY, corrected_at=AS_OF - 10 * DAY)
        assert latest_closes([bitcoin.pk], market_view("1d", AS_OF - 10 * DAY)) == {bitcoin.pk: D(129)}

    def test_the_other_market_has_no_price_in_this_one(self, bitcoin: Asset) -> None:
        demo = AssetFactory(data_source="demo")
        add_candles(demo, range(100, 140))
        assert set(latest_closes([demo.pk, bitcoin.pk], market_view("1d", AS_OF))) == {bitcoin.pk}

    def test_one_that_has_left_the_universe_is_valued_still(self) -> None:
        late = AssetFactory()
        add_candles(late, range(100, 136))
        portfolio = PortfolioFactory()
        held(portfolio, late)
        found = analysis(portfolio)
        assert (found.total_portfolio_value_usd, found.portfolio_beta) == (D(270), None)
        assert missing(found)["portfolio_beta"] == "fewer than 30 returns in common with Bitcoin"

    def test_one_query_for_all(self) -> None:
        view, assets = market_view("1d", AS_OF), [AssetFactory() for _ in range(4)]
        with CaptureQueriesContext(connection) as queries:
            latest_closes([asset.pk for asset in assets], view)
        assert len(queries) == 1


class TestDollars:
    @pytest.mark.parametrize("symbol", ["USDT", "USDC"])
    def test_one_without_a_rate_counts_as_a_dollar_and_says_so(self, bitcoin: Asset, symbol: str) -> None:
        portfolio = PortfolioFactory()
        held(portfolio, bitcoin)
        held(portfolio, AssetFactory(symbol=symbol, asset_type="stablecoin", current_price=None), "500", "500")
        found = analysis(portfolio)
        assert found.total_portfolio_value_usd == D(2 * 139 + 500)
        assert (found.analysis_data or {})["assumptions"] == [f"{symbol} counted as 1 USD: no rate is known"]
        assert found.portfolio_beta == pytest.approx(D(2 * 139) / D(2 * 139 + 500), abs=D("0.0001"))

    @pytest.mark.usefixtures("bitcoin")
    def test_a_stored_rate_is_used(self) -> None:
        portfolio, dollar = PortfolioFactory(), AssetFactory(symbol="USDT", asset_type="stablecoin")
        add_candles(dollar, [D("0.97")] * (AS_OF - EPOCH).days)
        held(portfolio, dollar, "100", "100")
        found = analysis(portfolio)
        assert (found.total_portfolio_value_usd, (found.analysis_data or {})["assumptions"]) == (D(97), [])

    def test_another_coin_without_a_price_leaves_the_whole_unknown(self, bitcoin: Asset) -> None:
        portfolio = PortfolioFactory()
        held(portfolio, bitcoin)
        held(portfolio, AssetFactory(symbol="UNKNOWN"))
        found = analysis(portfolio)
        assert found.total_portfolio_value_usd is None
        assert missing(found)["total_portfolio_value_usd"] == "no price of UNKNOWN"


def test_the_moment_is_that_of_the_snapshot(bitcoin: Asset) -> None:
    portfolio = PortfolioFactory()
    held(portfolio, bitcoin)
    before: datetime = EPOCH - DAY
    add_candles(AssetFactory(), [1], first=before - DAY)
    assert analyse_portfolio(portfolio, MetricsSnapshotFactory(snapshot_time=before)) is None


class TestStated:
    def test_a_stated_price_counts_in_the_analysis_and_now(self, bitcoin: Asset) -> None:
        """The same price, whoever asks; without a time before it was stated."""
        portfolio = PortfolioFactory()
        held(portfolio, bitcoin)
        rare = AssetFactory(current_price=None)
        held(portfolio, rare, "10", "50")
        stated = ManualPriceFactory(portfolio=portfolio, asset=rare, price=D(7), priced_at=AS_OF - DAY)
        ManualPriceFactory(asset=rare, price=D(9), priced_at=AS_OF - DAY)  # of another portfolio
        ManualPrice.objects.update(created_at=AS_OF - DAY)
        found = analysis(portfolio)
        assert found.total_portfolio_value_usd == D(2 * 139 + 70)
        assert (found.analysis_data or {})["assumptions"] == [f"manual_price:{rare.pk}"]
        now = latest_values([portfolio.pk])[portfolio.pk].positions[portfolio.positions.get(asset=rare).pk]
        assert (now.price, now.priced_at, now.mark) == (D(7), stated.priced_at, f"manual_price:{rare.pk}")

    def test_what_was_stated_later_was_not_known_then(self, bitcoin: Asset) -> None:
        portfolio = PortfolioFactory()
        held(portfolio, bitcoin)
        rare = AssetFactory(current_price=None)
        held(portfolio, rare, "10", "50")
        ManualPriceFactory(portfolio=portfolio, asset=rare, price=D(7), priced_at=AS_OF - DAY)
        assert analysis(portfolio).total_portfolio_value_usd is None

    @pytest.mark.parametrize(("symbol", "marked"), [("USDT", True), ("USD", False), ("DAI", None)])
    def test_what_counts_as_a_dollar_now(self, symbol: str, marked: bool | None) -> None:
        portfolio = PortfolioFactory()
        coin = AssetFactory(symbol=symbol, asset_type="stablecoin", current_price=None)
        held(portfolio, coin, "500", "500")
        (now,) = latest_values([portfolio.pk])[portfolio.pk].positions.values()
        assert (now.price, now.mark) == (None if marked is None else D(1), f"as_dollar:{coin.pk}" if marked else None)

    def test_marks_of_the_journal_reach_the_analysis(self, bitcoin: Asset) -> None:
        portfolio = PortfolioFactory()
        held(portfolio, bitcoin)
        PositionFlow.objects.update(assumptions=["missing_acquisition"])
        assert (analysis(portfolio).analysis_data or {})["assumptions"] == ["missing_acquisition"]


def test_closes_of_times_are_those_known_at_the_moment(bitcoin: Asset) -> None:
    RevisionFactory(
        asset=bitcoin, timeframe="1d", candle_time=EPOCH, old_value=D(90), corrected_at=AS_OF + DAY
    )  # fmt: skip
    known = {at: closes_at([bitcoin.pk], "1d", [EPOCH], as_of=at)[bitcoin.pk, EPOCH] for at in (AS_OF, AS_OF + 2 * DAY)}
    assert known == {AS_OF: D(90), AS_OF + 2 * DAY: D(100)}
