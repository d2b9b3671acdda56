"""The journal in figures, by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from assets.choices import DEMO_SOURCE
from assets.models import Asset
from selection.models import Portfolio
from tests.factories import AssetFactory, MetricsSnapshotFactory, PortfolioFactory, RegimeFactory, UserFactory
from tests.trading.executing import D
from trading.models import TradeAction
from trading.selectors.journal_statistics import JournalStatistics, journal_calendar, journal_statistics
from trading.services import correct_entry, record_trade, reverse_entry, write_note

pytestmark = pytest.mark.django_db
MONDAY = datetime(2024, 6, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def portfolio() -> Portfolio:
    found: Portfolio = PortfolioFactory()
    return found


def trade(portfolio: Portfolio, bought: str, sold: str | None, day: int = 0, **more: Any) -> TradeAction:
    """Ten coins of a new asset with a stop at 90, sold a day later."""
    asset = AssetFactory()
    at = MONDAY + day * DAY
    entry = record_trade(
        portfolio, asset, actor=portfolio.user, action_type="buy", quantity=D(10), price=D(bought), executed_at=at,
        stop_loss=more.pop("stop_loss", D(90)), remarks=more,
    )  # fmt: skip
    if sold is not None:
        record_trade(
            portfolio, asset, actor=portfolio.user, action_type="sell", quantity=D(10), price=D(sold),
            executed_at=at + DAY,
        )  # fmt: skip
    return entry


def told(portfolio: Portfolio, **options: Any) -> JournalStatistics:
    return journal_statistics(portfolio.user, MONDAY, MONDAY + 90 * DAY, **options)


def test_what_closed_trades_say_together(portfolio: Portfolio) -> None:
    trade(portfolio, "100", "120")  # + 200, 2 R
    trade(portfolio, "100", "95", 7)  # - 50, -0.5 R
    trade(portfolio, "100", "90", 14)  # - 100, -1 R
    trade(portfolio, "100", "110", 14, stop_loss=None)  # + 100, without R
    trade(portfolio, "100", None, 14)
    whole = told(portfolio).whole
    assert (whole.trades, whole.wins, whole.win_rate.n, whole.win_rate.value) == (4, 2, 4, 0.5)
    assert (whole.profit_usd, whole.expectancy_usd, whole.profit_factor) == (D(150), D("37.5"), D(2))
    assert (whole.mean_r.n, whole.mean_r.periods) == (3, 3)
    assert whole.mean_r.value == pytest.approx(0.5 / 3)
    assert whole.win_rate.low is not None
    assert whole.win_rate.high is not None
    assert 0 < whole.win_rate.low < 0.5 < whole.win_rate.high < 1


def test_groups(portfolio: Portfolio) -> None:
    RegimeFactory(
        metrics_snapshot=MetricsSnapshotFactory(), current_regime="Bull", analysis_timeframe="1d",
        analysis_time=MONDAY - timedelta(hours=1), series="live",
    )  # fmt: skip
    first = trade(portfolio, "100", "120", primary_setup="breakout", emotion_state="calm")
    second = trade(portfolio, "100", "95", 8)
    write_note(first, actor=portfolio.user, tags=["news", "fast"], followed_rules=True)
    write_note(second, actor=portfolio.user, tags=["news"], broken_rules=["size"])
    groups = told(portfolio).groups
    sizes = {kind: {name: one.trades for name, one in of_kind.items()} for kind, of_kind in groups.items()}
    assert sizes == {
        "by_tag": {"news": 2, "fast": 1},
        "by_rules": {"followed": 1, "broken": 1},
        "by_regime": {"Bull": 1, "unknown": 1},
        "by_weekday": {"monday": 1, "tuesday": 1},
        "by_setup": {"breakout": 1, "unknown": 1},
        "by_emotion": {"calm": 1, "unknown": 1},
        "by_source": {"manual": 2},
    }
    assert groups["by_tag"]["news"].profit_usd == 150
    assert groups["by_tag"]["fast"].profit_factor is None


def test_what_is_done_on_paper_is_in_no_figure_but_its_own(portfolio: Portfolio) -> None:
    trade(portfolio, "100", "120")
    paper = PortfolioFactory(user=portfolio.user, is_paper=True)
    trade(paper, "100", "95")
    assert (told(portfolio).whole.trades, told(portfolio).whole.profit_usd) == (1, D(200))
    assert told(portfolio, portfolio_id=paper.pk).whole.profit_usd == -50
    days = journal_calendar(portfolio.user, MONDAY, MONDAY + 9 * DAY)
    assert [(one.realized_usd, one.entries) for one in days] == [(D(0), 1), (D(200), 1)]


def test_what_is_not_in_use_any_more_is_in_no_figure(portfolio: Portfolio) -> None:
    trade(portfolio, "100", "120")
    Portfolio.objects.filter(pk=portfolio.pk).update(is_active=False)
    assert told(portfolio).whole.trades == 0
    assert journal_calendar(portfolio.user, MONDAY, MONDAY + 9 * DAY) == []


def test_the_regime_is_of_the_market_that_is_shown(portfolio: Portfolio) -> None:
    for source, word, minutes in (("live", "Bull", 60), ("simulation", "Bear", 30)):
        RegimeFactory(
            metrics_snapshot=MetricsSnapshotFactory(), current_regime=word, analysis_timeframe="1d",
            analysis_time=MONDAY - timedelta(minutes=minutes), series="live", data_source=source,
        )  # fmt: skip
    trade(portfolio, "100", "120")
    assert list(told(portfolio).groups["by_regime"]) == ["Bull"]
    Asset.objects.update(data_source=DEMO_SOURCE)
    assert list(told(portfolio).groups["by_regime"]) == ["Bear"]


def test_what_was_written_about_a_corrected_entry_stays(portfolio: Portfolio) -> None:
    entry = trade(portfolio, "100", "120")
    write_note(entry, actor=portfolio.user, tags=["news"])
    corrected = correct_entry(entry, actor=portfolio.user, price=D(110))
    assert told(portfolio).groups["by_tag"]["news"].profit_usd == 100
    reverse_entry(TradeAction.objects.get(action_type="sell"), actor=portfolio.user)
    reverse_entry(corrected, actor=portfolio.user)
    assert (told(portfolio).whole.trades, told(portfolio).groups["by_tag"]) == (0, {})


def test_only_ones_own_and_only_the_period(portfolio: Portfolio) -> None:
    trade(portfolio, "100", "120")
    trade(portfolio, "100", "130", 89)  # closed a day after the period
    other = PortfolioFactory(user=portfolio.user)
    trade(other, "100", "101")
    trade(PortfolioFactory(user=UserFactory()), "100", "300")
    assert told(portfolio).whole.profit_usd == 210
    assert told(portfolio, portfolio_id=other.pk).whole.profit_usd == 10


def test_what_cannot_be_told_is_counted_apart(portfolio: Portfolio) -> None:
    entry = trade(portfolio, "100", None)
    asset = entry.portfolio_asset.asset
    for kind, quantity in (("withdrawal", 4), ("sell", 6)):
        record_trade(
            portfolio, asset, actor=portfolio.user, action_type=kind, quantity=D(quantity), price=D(100),
            executed_at=MONDAY + DAY,
        )  # fmt: skip
    found = told(portfolio)
    assert (found.whole.trades, dict(found.untold)) == (0, {"left_otherwise": 1})


def test_the_calendar(portfolio: Portfolio) -> None:
    trade(portfolio, "100", "120")
    trade(portfolio, "100", "95")
    trade(PortfolioFactory(user=UserFactory()), "100", "95")
    days = journal_calendar(portfolio.user, MONDAY, MONDAY + 9 * DAY)
    assert [(one.day, one.realized_usd, one.entries) for one in days] == [
        (date(2024, 6, 3), Decimal(0), 2),
        (date(2024, 6, 4), Decimal(150), 2),
    ]


def test_the_queries_do_not_grow(portfolio: Portfolio, django_assert_max_num_queries: Any) -> None:
    for day in range(5):
        entry = trade(portfolio, "100", "120", day)
        write_note(entry, actor=portfolio.user, tags=["news"])
    with django_assert_max_num_queries(12):
        told(portfolio)
