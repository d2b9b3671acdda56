"""What left one venue and came to another: proposed, and joined when a person says so."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from assets.models import Asset
from selection.models import Portfolio, PositionLot
from system.exceptions import ConflictError, NotAllowed
from tests.factories import AssetFactory, PortfolioFactory, UserFactory
from trading.models import TradeAction
from trading.selectors.transfers import transfer_proposals
from trading.services import join_transfer, record_trade, record_trades, reverse_entry
from trading.services.journal import NewEntry

pytestmark = pytest.mark.django_db
FIRST = datetime(2024, 6, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
D = Decimal


@pytest.fixture
def portfolio() -> Portfolio:
    return PortfolioFactory()


@pytest.fixture
def bitcoin() -> Asset:
    return AssetFactory(symbol="BTC")


def enter(portfolio: Portfolio, coin: Asset, kind: str, quantity: str, at: datetime, venue: str, **more: Any) -> Any:
    values: dict[str, Any] = {"price": D(150), "venue": venue} | more
    return record_trade(
        portfolio, coin, actor=portfolio.user, action_type=kind, quantity=D(quantity), executed_at=at, **values
    )


def moved(portfolio: Portfolio, coin: Asset, arrived: str = "0.999", **more: Any) -> tuple[TradeAction, TradeAction]:
    """Bought at 100, sent at 150 from Binance to Kraken."""
    enter(portfolio, coin, "buy", "2", FIRST, "binance", price=D(100))
    sent = enter(portfolio, coin, "withdrawal", "1", FIRST + DAY, "binance", external_id="withdrawal:abc")
    came = enter(portfolio, coin, "deposit", arrived, FIRST + DAY + HOUR, "kraken", **more)
    return sent, came


def test_coins_that_left_and_soon_came_are_proposed(portfolio: Portfolio, bitcoin: Asset) -> None:
    sent, came = moved(portfolio, bitcoin)
    (found,) = transfer_proposals(portfolio)
    assert (found.sent, found.arrived, found.lost) == (sent, came, D("0.001"))
    assert (found.has_same_id, found.is_only, found.is_sure) == (False, True, False)


def test_the_same_transaction_is_sure(portfolio: Portfolio, bitcoin: Asset) -> None:
    moved(portfolio, bitcoin, external_id="deposit:abc")
    assert transfer_proposals(portfolio)[0].is_sure


@pytest.mark.parametrize(
    ("quantity", "after", "venue"),
    [("1.001", HOUR, "kraken"), ("0.94", HOUR, "kraken"), ("1", 25 * HOUR, "kraken"), ("1", -HOUR, "kraken"),
     ("1", HOUR, "binance")],
)  # fmt: skip
def test_what_cannot_be_one_transfer_is_not_proposed(
    portfolio: Portfolio, bitcoin: Asset, quantity: str, after: timedelta, venue: str
) -> None:
    enter(portfolio, bitcoin, "buy", "2", FIRST, "binance")
    enter(portfolio, bitcoin, "withdrawal", "1", FIRST + DAY, "binance")
    enter(portfolio, bitcoin, "deposit", quantity, FIRST + DAY + after, venue)
    enter(portfolio, AssetFactory(symbol="ETH"), "deposit", "1", FIRST + DAY, "kraken")
    assert not transfer_proposals(portfolio)


def test_each_entry_stands_in_one_proposal_and_the_smallest_loss_goes_first(
    portfolio: Portfolio, bitcoin: Asset
) -> None:
    enter(portfolio, bitcoin, "buy", "5", FIRST, "binance")
    one = enter(portfolio, bitcoin, "withdrawal", "1", FIRST + DAY, "binance")
    other = enter(portfolio, bitcoin, "withdrawal", "1.01", FIRST + DAY, "binance")
    came = enter(portfolio, bitcoin, "deposit", "1", FIRST + DAY + HOUR, "kraken")
    (found,) = transfer_proposals(portfolio)
    assert (found.sent, found.arrived, found.is_only) == (one, came, False)
    assert other.pk not in {found.sent.pk, found.arrived.pk}


def test_joined_coins_keep_their_cost_and_their_date(portfolio: Portfolio, bitcoin: Asset) -> None:
    sent, came = moved(portfolio, bitcoin)
    assert portfolio.positions.get().pnl_realized_usd == D(50)  # as if it had been sold
    out, into = join_transfer(sent, came, actor=portfolio.user)
    assert (out.action_type, into.action_type, into.matches) == ("transfer_out", "transfer_in", out)
    assert (out.corrects, into.corrects, into.venue) == (sent, came, "kraken")
    position = portfolio.positions.get()
    assert (position.quantity, position.pnl_realized_usd) == (D("1.999"), D(0))
    assert {lot.acquired_at for lot in PositionLot.objects.filter(position=position)} == {FIRST}
    assert sum(lot.cost_usd for lot in PositionLot.objects.filter(position=position)) == D(200)
    assert not transfer_proposals(portfolio)


def test_reading_the_venues_again_adds_nothing(portfolio: Portfolio, bitcoin: Asset) -> None:
    enter(portfolio, bitcoin, "buy", "2", FIRST, "binance", price=D(100))
    entries = [
        NewEntry(bitcoin, "withdrawal", FIRST + DAY, quantity=D(1), price=D(150), venue="binance", client_key="b:1"),
        NewEntry(bitcoin, "deposit", FIRST + DAY + HOUR, quantity=D(1), price=D(150), venue="kraken", client_key="k:1"),
    ]
    sent, came = record_trades(portfolio, entries, actor=portfolio.user).actions
    join_transfer(sent, came, actor=portfolio.user)
    assert record_trades(portfolio, entries, actor=portfolio.user).new == 0
    assert portfolio.positions.get().quantity == D(2)


def test_a_joined_transfer_is_taken_back_whole_and_may_be_joined_anew(portfolio: Portfolio, bitcoin: Asset) -> None:
    sent, came = moved(portfolio, bitcoin)
    out, _into = join_transfer(sent, came, actor=portfolio.user)
    assert len(reverse_entry(out, actor=portfolio.user)) == 2
    assert portfolio.positions.get().quantity == D(2)


def test_what_is_no_pair_is_refused_and_nothing_changes(portfolio: Portfolio, bitcoin: Asset) -> None:
    sent, came = moved(portfolio, bitcoin, "1")
    count = TradeAction.objects.count()
    with pytest.raises(ConflictError) as refused:
        join_transfer(came, sent, actor=portfolio.user)
    assert refused.value.field == "sent"
    elsewhere = enter(PortfolioFactory(user=portfolio.user), bitcoin, "deposit", "1", FIRST + DAY, "kraken")
    with pytest.raises(ConflictError) as refused:
        join_transfer(sent, elsewhere, actor=portfolio.user)
    assert refused.value.field == "arrived"
    with pytest.raises(NotAllowed):
        join_transfer(sent, came, actor=UserFactory())
    more = enter(portfolio, bitcoin, "deposit", "1.5", FIRST + DAY + HOUR, "kraken")
    with pytest.raises(ConflictError, match="More arrives"):
        join_transfer(sent, more, actor=portfolio.user)
    assert TradeAction.objects.count() == count + 2
    join_transfer(sent, came, actor=portfolio.user)
    with pytest.raises(ConflictError, match="taken back"):
        join_transfer(sent, came, actor=portfolio.user)


def test_the_command_shows_and_joins(portfolio: Portfolio, bitcoin: Asset) -> None:
    sent, came = moved(portfolio, bitcoin, external_id="deposit:abc")
    out = io.StringIO()
    call_command("match_transfers", portfolio.pk, stdout=out)
    assert f"--join {sent.pk} {came.pk}: 1 BTC left binance" in out.getvalue()
    assert "the same transaction" in out.getvalue()
    out = io.StringIO()
    call_command("match_transfers", portfolio.pk, sure=True, stdout=out)
    assert out.getvalue() == "1 joined.\n0 may be transfers.\n"
    with pytest.raises(CommandError, match="has no entry 999"):
        call_command("match_transfers", portfolio.pk, join=[[999, came.pk]])


def test_a_pair_that_is_named_and_sure_is_joined_once(portfolio: Portfolio, bitcoin: Asset) -> None:
    sent, came = moved(portfolio, bitcoin, external_id="deposit:abc")
    out = io.StringIO()
    call_command("match_transfers", portfolio.pk, sure=True, join=[[sent.pk, came.pk], [sent.pk, came.pk]], stdout=out)
    assert out.getvalue().startswith("1 joined.")


def test_either_all_pairs_are_joined_or_none(portfolio: Portfolio, bitcoin: Asset) -> None:
    sent, came = moved(portfolio, bitcoin)
    bought = TradeAction.objects.get(action_type="buy")
    with pytest.raises(CommandError):
        call_command("match_transfers", portfolio.pk, join=[[sent.pk, came.pk], [bought.pk, came.pk]])
    assert not TradeAction.objects.filter(reverses__isnull=False).exists()
