"""Portfolios on paper: signals are booked by themselves, once, at the prices of tracking, and never counted as real."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from cryptopredict.dashboards import own_values
from cryptopredict.pages.home.page import portfolio_card
from selection.selectors.valuation import latest_values
from system.exceptions import ConflictError, InvalidInput
from tests.factories import AssetFactory, UserFactory
from tests.trading.tracked import CALM, DOWN, START, UP, add_bars, add_signal, bars
from trading.models import PaperPortfolio, PaperTrade, TradeAction
from trading.services import (
    PaperRules,
    follow_signals,
    open_paper_portfolio,
    record_trade,
    refresh_exposure,
    stop_following,
    track_signals,
)

pytestmark = pytest.mark.django_db
EVERY = PaperRules(takes_unproven=True, max_positions=5)
PROVEN: dict[str, Any] = {"ai_analysis": {"is_proven": True}}


def opened(rules: PaperRules = EVERY, capital: int = 10_000, user: User | None = None) -> PaperPortfolio:
    return open_paper_portfolio(user or UserFactory(), "On paper", Decimal(capital), rules, now=START)


def booked(paper: PaperPortfolio) -> list[tuple[str, Decimal, Decimal, Decimal | None]]:
    """Kind, coins, price and fee of the journal, the capital aside."""
    rows = TradeAction.objects.filter(portfolio_asset__portfolio=paper.portfolio, ai_signal__isnull=False)
    return list(rows.order_by("executed_at", "pk").values_list("action_type", "quantity", "asset_price", "fees_paid"))


def cash(paper: PaperPortfolio) -> Decimal | None:
    return latest_values([paper.pk])[paper.pk].total


def follow(count: int) -> Any:
    track_signals(bars(count))
    return follow_signals(bars(count))


class TestFollowing:
    def test_a_long_from_its_fill_to_its_target(self) -> None:
        """100 dollars of risk over 10 to the stop: 10 coins; 0.15 % each way."""
        paper, asset = opened(), AssetFactory()
        signal = add_signal(asset)
        add_bars(asset, [CALM, UP])
        assert follow(1).entered == 1
        assert booked(paper) == [("buy", Decimal(10), Decimal(100), Decimal("1.5"))]
        assert follow(2).left == 1
        assert booked(paper)[1] == ("partial_sell", Decimal(10), Decimal(120), Decimal("1.8"))
        assert cash(paper) == Decimal("10196.70")
        entry = TradeAction.objects.get(client_key=f"signal:{signal.pk}:entry")
        assert (entry.action_source, entry.ai_signal, entry.executed_at) == ("algorithm", signal, START)
        assert TradeAction.objects.get(client_key=f"signal:{signal.pk}:exit").executed_at == bars(2)

    def test_a_short_to_its_stop(self) -> None:
        paper, asset = opened(), AssetFactory()
        add_signal(asset, signal_type="short", target_price=80, stop_loss=110)
        add_bars(asset, [CALM, UP])
        follow(2)
        assert [row[:3] for row in booked(paper)] == [
            ("short", Decimal(10), Decimal(100)),
            ("cover", Decimal(10), Decimal(110)),
        ]
        assert cash(paper) == Decimal(10_000) - 100 - Decimal("1.50") - Decimal("1.65")

    def test_the_same_again_books_nothing(self) -> None:
        paper, asset = opened(), AssetFactory()
        add_signal(asset)
        add_bars(asset, [CALM, DOWN])
        follow(2)
        before = booked(paper)
        again = follow(2)
        assert (again.entered, again.left, booked(paper), len(before)) == (0, 0, before, 2)

    def test_candle_by_candle_is_the_same_as_at_once(self) -> None:
        papers = [opened(), opened()]
        for number in range(3):
            asset = AssetFactory()
            add_signal(asset, as_of=bars(number))
            add_bars(asset, [CALM, CALM, CALM, UP if number else DOWN, UP, UP])
        PaperPortfolio.objects.filter(pk=papers[1].pk).update(is_following=False)
        for count in range(1, 7):
            follow(count)
        PaperPortfolio.objects.filter(pk=papers[1].pk).update(is_following=True)
        follow(6)
        assert len(booked(papers[0])) == 6
        assert booked(papers[0]) == booked(papers[1])


class TestWhatIsFollowed:
    def test_only_actionable_ones_unless_asked(self) -> None:
        papers = [opened(PaperRules()), opened()]
        for columns in ({}, PROVEN):
            asset = AssetFactory()
            add_signal(asset, **columns)
            add_bars(asset, [CALM])
        follow(1)
        assert [len(booked(paper)) for paper in papers] == [1, 2]

    def test_none_of_before_it_was_opened_and_none_of_a_replay(self) -> None:
        paper, old, other = opened(), AssetFactory(), AssetFactory()
        add_signal(old, as_of=START - timedelta(hours=4))
        add_signal(other, series="replay-a")
        add_bars(old, [CALM] * 3, first=START - timedelta(hours=4))
        add_bars(other, [CALM])
        track_signals(bars(1), "replay-a")
        follow(1)
        assert (booked(paper), PaperTrade.objects.count()) == ([], 0)

    def test_no_more_at_once_than_allowed(self) -> None:
        """The second finds no place and is not taken later; the third comes when the first is over."""
        paper = opened(PaperRules(takes_unproven=True, max_positions=1))
        for start, path in ((0, [CALM, UP]), (0, [CALM, CALM, CALM]), (2, [CALM, CALM, CALM])):
            asset = AssetFactory()
            add_signal(asset, as_of=bars(start))
            add_bars(asset, path)
        for count in (1, 2, 3):
            follow(count)
        assert list(PaperTrade.objects.order_by("signal").values_list("refusal", flat=True)) == [None, "full", None]
        assert len(booked(paper)) == 3

    def test_what_the_journal_refuses_is_told(self) -> None:
        """All of 1,000 dollars is put in; after a loss another 1,000 cannot be paid."""
        paper = opened(PaperRules(True, Decimal(100), 1), capital=1_000)
        for start, path in ((0, [CALM, DOWN]), (2, [CALM, CALM, CALM])):
            asset = AssetFactory()
            add_signal(asset, as_of=bars(start))
            add_bars(asset, path)
        for count in (1, 2, 3):
            follow(count)
        trade = PaperTrade.objects.get(refusal="journal")
        assert trade.details
        assert len(booked(paper)) == 2

    def test_one_that_stopped_only_ends_what_is_open(self) -> None:
        paper, asset, other = opened(), AssetFactory(), AssetFactory()
        add_signal(asset)
        add_bars(asset, [CALM, UP])
        follow(1)
        stop_following(paper, actor=paper.portfolio.user)
        add_signal(other, as_of=bars(1))
        add_bars(other, [CALM, CALM])
        follow(2)
        assert [row[0] for row in booked(paper)] == ["buy", "partial_sell"]


class TestWhatAPersonDoesToIt:
    def test_coins_that_were_sold_by_hand_hold_up_nobody(self) -> None:
        """The journal has nothing left to sell at the end: it is told why, and the next portfolio is followed."""
        papers, asset = [opened(), opened()], AssetFactory()
        add_signal(asset)
        add_bars(asset, [CALM, UP])
        follow(1)
        sold: dict[str, Any] = {"actor": papers[0].portfolio.user, "action_type": "sell", "quantity": Decimal(10)}
        sold |= {"price": Decimal(101), "executed_at": bars(1)}
        record_trade(papers[0].portfolio, asset, **sold)
        assert follow(2).left == 1
        stuck = PaperTrade.objects.get(paper=papers[0])
        assert (stuck.exit, bool(stuck.details), len(booked(papers[1]))) == (None, True, 2)
        touched = stuck.updated_at
        assert follow(2).left == 0
        stuck.refresh_from_db()
        assert stuck.updated_at == touched, "the same words are not written again"
        record_trade(papers[0].portfolio, asset, **sold | {"action_type": "buy"})
        assert follow(2).left == 1
        stuck.refresh_from_db()
        assert (stuck.exit is not None, stuck.details) == (True, None)

    def test_one_that_cannot_be_left_takes_no_place(self) -> None:
        paper = opened(PaperRules(takes_unproven=True, max_positions=1))
        asset, other = AssetFactory(), AssetFactory()
        add_signal(asset)
        add_bars(asset, [CALM, UP])
        follow(1)
        record_trade(
            paper.portfolio, asset, actor=paper.portfolio.user, action_type="full_exit", price=Decimal(101),
            executed_at=bars(1),
        )  # fmt: skip
        add_signal(other, as_of=bars(2))
        add_bars(other, [CALM], first=bars(2))
        assert follow(3).entered == 1


class TestOnPaperOnly:
    def test_no_sum_counts_it(self) -> None:
        paper, asset = opened(), AssetFactory()
        user = paper.portfolio.user
        add_signal(asset)
        add_bars(asset, [CALM])
        follow(1)
        assert paper.portfolio.is_paper
        assert own_values(user) == {}
        assert portfolio_card(user, START) is None
        exposure = refresh_exposure(user).current_exposure or {}
        assert (exposure["open_positions"], exposure["by_asset"]) == (0, {})

    @pytest.mark.parametrize(
        ("capital", "rules", "field"),
        [
            ("0", EVERY, "capital"),
            ("NaN", EVERY, "capital"),
            ("1e400", EVERY, "capital"),
            ("1.001", EVERY, "capital"),
            ("1", PaperRules(risk_pct=Decimal(0)), "risk_pct"),
            ("1", PaperRules(risk_pct=Decimal(101)), "risk_pct"),
            ("1", PaperRules(max_positions=0), "max_positions"),
        ],
    )
    def test_rules_that_make_no_sense_are_refused(self, capital: str, rules: PaperRules, field: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            open_paper_portfolio(UserFactory(), "On paper", Decimal(capital), rules)
        assert refused.value.field == field

    def test_its_name_is_taken_like_any_other(self) -> None:
        user = UserFactory()
        opened(user=user)
        with pytest.raises(ConflictError):
            opened(user=user)

    def test_the_command_opens_one(self) -> None:
        user = UserFactory()
        call_command("open_paper_portfolio", user.email, "Mine", "5000", "--unproven", "--most", "3", verbosity=0)
        paper = PaperPortfolio.objects.get(portfolio__user=user)
        assert (paper.capital, paper.takes_unproven, paper.max_positions) == (Decimal(5000), True, 3)
