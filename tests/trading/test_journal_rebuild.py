"""Entered in any order, corrected and taken back: the rows are those that a rebuild from the journal makes."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.services import ensure_system_user
from assets.models import Asset
from selection.models import LotDisposal, Portfolio, PortfolioAsset, PositionFlow, PositionLot
from system.exceptions import ConflictError, InvalidInput
from tests.factories import AssetFactory, PortfolioFactory
from tests.trading.compute.ledgers import ASSET_OF, METHODS, ledgers
from trading.compute.entries import Entry
from trading.models import TradeAction
from trading.services import (
    NewEntry,
    change_keeping,
    rebuild_portfolio,
    record_trade,
    record_trades,
    reverse_entry,
    us_dollar,
)

FIRST = datetime(2024, 6, 1, tzinfo=UTC)
LEVERAGE = {6: ("short", Decimal(1)), 7: ("long", Decimal(5)), 8: ("short", Decimal("2.5"))}
STANDING = ("id", "quantity", "entry_price", "exit_price", "pnl_realized_usd", "trade_status")


def derived(portfolio: Portfolio) -> list[list[Any]]:
    """All that follows from the journal, without the keys of rows."""
    found: list[list[Any]] = []
    for model in (PositionFlow, PositionLot, LotDisposal):
        columns = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
        rows = model.objects.filter(position__portfolio=portfolio).values_list(*columns)
        found.append(sorted(rows, key=repr))
    found.append(list(portfolio.positions.order_by("id").values_list(*STANDING)))
    actions = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio).order_by("id")
    found.append(list(actions.values_list("id", "pnl_realized_usd")))
    return found


def rebuilt(portfolio: Portfolio) -> list[list[Any]]:
    """The same after everything that is derived was thrown away."""
    for model in (PositionFlow, PositionLot, LotDisposal):
        model.objects.filter(position__portfolio=portfolio).delete()
    portfolio.positions.update(quantity=0, entry_price=None, exit_price=None, pnl_realized_usd=None)
    rebuild_portfolio(portfolio, actor=portfolio.user)
    return derived(portfolio)


def as_entered(
    entry: Entry, assets: dict[int, Asset], written: dict[int, TradeAction], *, venue: str | None = None
) -> NewEntry:
    side, leverage = LEVERAGE.get(entry.position, (None, Decimal(1)))
    kind = {"buy": "entry", "sell": "partial_exit"}.get(entry.kind, entry.kind) if side else entry.kind
    fee_asset = assets[entry.fee_asset] if entry.fee_asset else None
    paid_in = assets[entry.settlement_asset] if entry.settlement_asset else None
    return NewEntry(
        assets[entry.asset], kind, entry.at, quantity=entry.quantity, price=entry.price, fee=entry.fee,
        fee_asset=fee_asset, fee_quantity=entry.fee_quantity or None, settlement_asset=paid_in,
        settlement_quantity=entry.settlement_quantity, side=side, leverage=leverage,
        accepts_missing=entry.accepts_missing, matches=written.get(entry.matches or 0),
        stop_loss=Decimal(1) if kind == "modify_sl" else None, venue=venue,
    )  # fmt: skip


LIMITS: dict[str, Any] = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
DRAWN = (
    ledgers(most=10),
    st.sampled_from(METHODS),
    st.sampled_from([None, 1, 2]),
    st.randoms(use_true_random=False),
)


class TestRebuild(TestCase):
    @settings(max_examples=10, **LIMITS)
    @given(*DRAWN)
    def test_is_what_was_derived_step_by_step(
        self, ledger: list[Entry], method: str, cash: int | None, dice: random.Random
    ) -> None:
        self.check(ledger, method, cash, dice)

    @pytest.mark.full
    @settings(max_examples=300, **LIMITS)
    @given(*DRAWN)
    def test_of_some_hundred_ledgers(
        self, ledger: list[Entry], method: str, cash: int | None, dice: random.Random
    ) -> None:
        self.check(ledger, method, cash, dice)

    def check(self, ledger: list[Entry], method: str, cash: int | None, dice: random.Random) -> None:
        assets: dict[int, Any] = {1: us_dollar(), 2: AssetFactory(symbol="USDT", asset_type="stablecoin")}
        assets |= {key: AssetFactory(symbol=f"COIN{key}") for key in set(ASSET_OF.values()) - assets.keys()}
        portfolio = PortfolioFactory(lot_method=method, cash_asset=assets.get(cash or 0))
        written: dict[int, TradeAction] = {}
        for entry in ledger:
            if entry.matches is not None and entry.matches not in written:
                continue
            self.attempt(portfolio, entry, assets, written)
            if written and dice.random() < 0.15:
                self.take_back(portfolio, dice.choice(sorted(written)), written)
        before = derived(portfolio)
        assert rebuild_portfolio(portfolio, actor=portfolio.user) is None
        assert derived(portfolio) == before
        assert rebuilt(portfolio) == before

    def attempt(
        self, portfolio: Portfolio, entry: Entry, assets: dict[int, Asset], written: dict[int, TradeAction]
    ) -> None:
        try:
            with transaction.atomic():
                done = record_trades(portfolio, [as_entered(entry, assets, written)], actor=portfolio.user)
        except (ConflictError, InvalidInput):
            return
        written[entry.id] = done.actions[0]

    def take_back(self, portfolio: Portfolio, key: int, written: dict[int, TradeAction]) -> None:
        action = TradeAction.objects.get(pk=written[key].pk)
        try:
            with transaction.atomic():
                reverse_entry(action, actor=portfolio.user)
        except ConflictError:
            return
        gone = {action.pk, action.matches_id, *TradeAction.objects.filter(matches=action).values_list("pk", flat=True)}
        for one in [one for one, row in written.items() if row.pk in gone]:
            del written[one]


@pytest.mark.django_db
def test_the_command_mends_what_is_not_as_the_journal_says(capsys: pytest.CaptureFixture[str]) -> None:
    ensure_system_user()
    portfolio, asset = PortfolioFactory(), AssetFactory()
    for quantity in (1, 2):
        record_trade(
            portfolio, asset, actor=portfolio.user, action_type="buy", quantity=Decimal(quantity), price=Decimal(5),
            executed_at=FIRST,
        )  # fmt: skip
    before = derived(portfolio)
    PositionFlow.objects.filter(quantity_change=2).update(cost_change_usd=11)
    PortfolioAsset.objects.update(quantity=7)
    call_command("rebuild_portfolios", str(portfolio.pk))
    assert derived(portfolio) == before
    assert "1 of 1 portfolios" in capsys.readouterr().out
    call_command("rebuild_portfolios")
    assert "0 of 1 portfolios" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_change_of_keeping_and_back() -> None:
    portfolio, asset = PortfolioFactory(lot_method="fifo"), AssetFactory()
    for hours, (kind, quantity, price) in enumerate((("buy", 2, 5), ("buy", 2, 9), ("sell", 3, 7))):
        record_trade(
            portfolio, asset, actor=portfolio.user, action_type=kind, quantity=Decimal(quantity),
            price=Decimal(price), executed_at=FIRST.replace(hour=hours),
        )  # fmt: skip
    before = derived(portfolio)
    change_keeping(portfolio, actor=portfolio.user, lot_method="hifo")
    assert derived(portfolio) != before
    change_keeping(portfolio, actor=portfolio.user, lot_method="fifo")
    assert derived(portfolio) == before
