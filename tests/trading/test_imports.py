"""Imports: previewed before anything is written, booked once, repeated without doubles, refused by row and field."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from assets.choices import AssetType
from assets.models import Asset
from selection.models import LotDisposal, Portfolio, PositionFlow, PositionLot
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from system.services import change_setting
from tests.factories import AdminFactory, AssetFactory, PortfolioFactory, UserFactory, add_candles
from trading.models import TradeAction, TradeImport
from trading.selectors.journal_export import journal_csv
from trading.services import change_keeping, correct_entry, record_trade, reverse_entry, us_dollar
from trading.services.imports import choose_symbols, confirm_import, expire_imports, preview_import

pytestmark = pytest.mark.django_db
D = Decimal
DAY = timedelta(days=1)
FIRST = datetime(2024, 6, 1, tzinfo=UTC)
HEADER = "time,kind,symbol,quantity,price\n"
OWN = HEADER + "2024-06-01T00:00:00Z,buy,BTC,2,100\n2024-06-02T00:00:00Z,sell,BTC,1,150\n"
BINANCE = """Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin
2024-06-05 10:00:00,BTCUSDT,BUY,50000,0.5,25000,0.0005,BTC
2024-06-06 10:00:00,ETHBTC,BUY,0.05,2,0.1,0.01,BNB
"""


@pytest.fixture
def portfolio() -> Portfolio:
    return PortfolioFactory()


@pytest.fixture(autouse=True)
def coins() -> dict[str, Asset]:
    """Bitcoin at 50,000, Ethereum and BNB, each with daily closes of June 2024; Tether without a rate."""
    made: dict[str, Asset] = {symbol: AssetFactory(symbol=symbol) for symbol in ("BTC", "ETH", "BNB")}
    made["USDT"] = AssetFactory(symbol="USDT", asset_type=AssetType.STABLECOIN)
    for symbol, close in (("BTC", 50000), ("ETH", 2500), ("BNB", 500)):
        add_candles(made[symbol], [close] * 30, first=FIRST)
    return made


def preview(portfolio: Portfolio, text: str | bytes, **more: Any) -> TradeImport:
    body = text if isinstance(text, bytes) else text.encode()
    values: dict[str, Any] = {"actor": portfolio.user, "name": "trades.csv"} | more
    return preview_import(portfolio, io.BytesIO(body), **values)


def booked(portfolio: Portfolio, text: str, **more: Any) -> TradeImport:
    return confirm_import(preview(portfolio, text, **more), actor=portfolio.user)


def state(portfolio: Portfolio) -> dict[str, Any]:
    """Positions, flows, lots and disposals without the numbers of their rows."""
    of_position = {"position__portfolio": portfolio}
    return {
        "positions": list(
            portfolio.positions.order_by("asset__symbol", "asset_type").values_list(
                "asset__symbol", "asset_type", "quantity", "entry_price", "exit_price", "pnl_realized_usd",
                "trade_status", "leverage_ratio", "stop_loss_price", "take_profit_price",
            )
        ),
        "flows": sorted(
            PositionFlow.objects.filter(**of_position).values_list(
                "position__asset__symbol", "position__asset_type", "occurred_at", "kind", "leg", "quantity_change",
                "price", "fee_usd", "cash_flow_usd", "cost_change_usd", "realized_usd", "income_usd", "external_usd",
            ), key=str
        ),
        "lots": sorted(
            PositionLot.objects.filter(**of_position).values_list(
                "position__asset__symbol", "acquired_at", "quantity", "cost_usd"
            ), key=str
        ),
        "disposals": sorted(
            LotDisposal.objects.filter(**of_position).values_list(
                "position__asset__symbol", "acquired_at", "disposed_at", "quantity", "cost_usd", "proceeds_usd"
            ), key=str
        ),
        "marks": sorted(map(str, PositionFlow.objects.filter(**of_position).values_list("assumptions", flat=True))),
    }  # fmt: skip


def test_nothing_is_written_before_it_is_confirmed(portfolio: Portfolio) -> None:
    row = preview(portfolio, OWN)
    assert (row.status, row.lines, row.new, row.known, row.faulty) == ("preview", 2, 2, 0, 0)
    assert not TradeAction.objects.exists()
    assert not portfolio.positions.exists()
    row = confirm_import(row, actor=portfolio.user)
    assert (row.status, row.content, TradeAction.objects.count()) == ("booked", None, 2)
    assert portfolio.positions.get().pnl_realized_usd == 50
    assert confirm_import(row, actor=portfolio.user).booked_at == row.booked_at, "a second time changes nothing"
    assert TradeAction.objects.count() == 2


def test_the_same_file_again_adds_nothing(portfolio: Portfolio) -> None:
    first = preview(portfolio, OWN)
    assert preview(portfolio, OWN).pk == first.pk, "one preview of one file"
    confirm_import(first, actor=portfolio.user)
    again = booked(portfolio, OWN)
    assert (again.new, again.known, TradeAction.objects.count()) == (0, 2, 2)
    longer = booked(portfolio, OWN + "2024-06-03T00:00:00Z,sell,BTC,1,160\n")
    assert (longer.new, longer.known, TradeAction.objects.count()) == (1, 2, 3)


def test_a_trade_in_coins_is_counted_in_dollars_of_its_moment(portfolio: Portfolio, coins: dict[str, Asset]) -> None:
    booked(portfolio, BINANCE, accepts_missing=True)
    first, second = TradeAction.objects.order_by("executed_at")
    assert (first.asset_price, first.settlement_asset, first.settlement_quantity) == (D(50000), coins["USDT"], D(25000))
    assert first.assumptions == [f"as_dollar:{coins['USDT'].pk}"], "no rate of Tether is known"
    assert (first.fee_asset, first.fee_quantity, first.fees_paid) == (coins["BTC"], D("0.0005"), D(25))
    assert (second.asset_price, second.settlement_asset, second.settlement_quantity) == (
        D(2500),
        coins["BTC"],
        D("0.1"),
    )
    assert (second.fee_asset, second.fees_paid) == (coins["BNB"], D(5))


def test_selling_what_is_not_held_is_told_in_the_preview(portfolio: Portfolio) -> None:
    text = OWN + "2024-06-03T00:00:00Z,sell,BTC,5,160\n"
    row = preview(portfolio, text)
    assert [(fault["row"], fault["field"], fault["code"]) for fault in row.errors] == [(4, "quantity", "impossible")]
    with pytest.raises(ConflictError) as error:
        confirm_import(row, actor=portfolio.user)
    assert error.value.code == "impossible_history"
    assert not TradeAction.objects.exists(), "all or none"
    booked(portfolio, text, accepts_missing=True)
    assert portfolio.positions.get().quantity == 0


def test_good_rows_are_booked_and_bad_ones_named(portfolio: Portfolio) -> None:
    row = booked(portfolio, OWN + "2024-06-03T00:00:00Z,sell,BTC,NaN,160\n,buy,BTC,1,1\n")
    named = [(fault["row"], fault["field"], fault["code"]) for fault in row.errors]
    assert named == [(4, "quantity", "not_finite"), (5, "time", "missing")]
    assert (row.lines, row.new, row.faulty, TradeAction.objects.count()) == (2, 2, 2, 2)


def test_unknown_symbols_wait_for_a_choice(portfolio: Portfolio, coins: dict[str, Asset]) -> None:
    row = preview(portfolio, OWN + "2024-06-03T00:00:00Z,buy,XBTC,1,100\n2024-06-03T00:00:00Z,buy,SCAM,1,1\n")
    assert row.unknown_symbols == {"XBTC": 1, "SCAM": 1}
    with pytest.raises(ConflictError, match="SCAM, XBTC"):
        confirm_import(row, actor=portfolio.user)
    for wrong in ({"DOGE": None}, {"SCAM": 10**9}):
        with pytest.raises(InvalidInput):
            choose_symbols(row, wrong, actor=portfolio.user)
    row = choose_symbols(row, {"XBTC": coins["BTC"].pk, "SCAM": None}, actor=portfolio.user)
    assert (row.unknown_symbols, row.new, row.left_out) == ({}, 3, 1)
    confirm_import(row, actor=portfolio.user)
    assert portfolio.positions.get().quantity == 2


def test_cash_counts_only_where_it_is_tracked(portfolio: Portfolio) -> None:
    text = HEADER + "2024-06-01T00:00:00Z,deposit,USD,1000,\n2024-06-01T00:00:00Z,buy,BTC,2,100\n"
    assert preview(portfolio, text).left_out == 1
    tracking = change_keeping(PortfolioFactory(), actor=AdminFactory(), cash_asset=us_dollar())
    assert booked(tracking, text).left_out == 0
    held = dict(tracking.positions.values_list("asset__symbol", "quantity"))
    assert held == {"USD": 800, "BTC": 2}


def test_euros_at_the_rate_of_their_moment(portfolio: Portfolio) -> None:
    text = "time,kind,symbol,quantity,price,currency\n2024-06-05T00:00:00Z,buy,BTC,1,100,EUR\n"
    assert [fault["code"] for fault in preview(portfolio, text).errors] == ["no_rate"]
    add_candles(AssetFactory(symbol="EUR", asset_type=AssetType.MACRO), [D("1.1")] * 4, first=FIRST)
    booked(portfolio, text)
    assert TradeAction.objects.get().asset_price == D(110)
    late = text.replace("2024-06-05", "2024-06-10")
    assert [fault["shown"] for fault in preview(portfolio, late).errors] == ["EUR"], "older than four days is unknown"


def test_a_key_with_other_content_is_refused(portfolio: Portfolio) -> None:
    keyed = "time,kind,symbol,quantity,price,key\n2024-06-01T00:00:00Z,buy,BTC,1,100,a\n"
    booked(portfolio, keyed)
    other = preview(portfolio, keyed.replace(",1,100", ",2,100"))
    assert [fault["code"] for fault in other.errors] == ["key_taken"]
    twice = preview(PortfolioFactory(user=portfolio.user), keyed + "2024-06-01T00:00:00Z,buy,BTC,3,100,a\n")
    assert [(fault["row"], fault["code"]) for fault in twice.errors] == [(3, "duplicate")]


@pytest.mark.parametrize(
    ("body", "error", "code"),
    [
        (b"", InvalidInput, "empty"),
        (b"a,b\n1,2\n", InvalidInput, "unknown_format"),
        (HEADER.encode() + b"caf\xe9\n", InvalidInput, "encoding"),
        (HEADER.encode() + b" \n" * 600_000, LimitExceeded, "too_large"),
        ((HEADER + "2024-06-01T00:00:00Z,buy,BTC,2,100\n" * 30).encode(), LimitExceeded, "too_large"),
    ],
)
def test_what_is_no_file_of_trades(portfolio: Portfolio, body: bytes, error: type[Exception], code: str) -> None:
    limits = {"largest_mb": 1, "most_rows": 20, "preview_hours": 24, "most_previews": 2}
    change_setting("imports", limits, actor=AdminFactory())
    with pytest.raises(error) as refusal:
        preview(portfolio, body)
    assert refusal.value.code == code  # type: ignore[attr-defined]
    assert not TradeImport.objects.exists()


def test_a_file_of_another_format_than_said(portfolio: Portfolio) -> None:
    with pytest.raises(InvalidInput) as error:
        preview(portfolio, OWN, source="kraken")
    assert (error.value.field, error.value.code) == ("source", "unknown_format")


def test_previews_are_few_and_expire(portfolio: Portfolio) -> None:
    limits = {"largest_mb": 1, "most_rows": 20, "preview_hours": 24, "most_previews": 1}
    change_setting("imports", limits, actor=AdminFactory())
    row = preview(portfolio, OWN)
    with pytest.raises(LimitExceeded):
        preview(portfolio, OWN + "2024-06-03T00:00:00Z,sell,BTC,1,160\n")
    later = timezone.now() + timedelta(hours=25)
    with pytest.raises(ConflictError, match="expired"):
        confirm_import(row, actor=portfolio.user, now=later)
    assert (expire_imports(timezone.now()), expire_imports(later)) == (0, 1)
    row.refresh_from_db()
    assert (row.status, row.content) == ("expired", None)


def test_only_the_owner_imports(portfolio: Portfolio) -> None:
    row = preview(portfolio, OWN)
    for stranger in (UserFactory(), AdminFactory()):
        with pytest.raises(NotAllowed):
            preview(portfolio, OWN, actor=stranger)
        with pytest.raises(NotAllowed):
            confirm_import(row, actor=stranger)
        with pytest.raises(NotAllowed):
            choose_symbols(row, {}, actor=stranger)


def rich(portfolio: Portfolio, coins: dict[str, Asset]) -> None:
    """A journal with entries of most kinds."""

    def enter(symbol: str, kind: str, day: int, **details: Any) -> TradeAction:
        values: dict[str, Any] = {"actor": portfolio.user, "action_type": kind, "executed_at": FIRST + day * DAY}
        return record_trade(portfolio, coins[symbol], **values | details)

    enter("BTC", "buy", 1, quantity=D(3), price=D("49000.123456789012345678"), fee=D("1.5"), notes='=1+1; "a",\nb')
    enter("BTC", "buy", 1, quantity=D(1), price=D(48000), client_key="own-key", venue="-kraken")
    enter("ETH", "buy", 2, quantity=D(10), price=D(2500), settlement_asset=coins["BTC"], settlement_quantity=D("0.5"))
    wrong = enter("ETH", "sell", 3, quantity=D(1), price=D(9))
    reverse_entry(wrong, actor=portfolio.user)
    enter(
        "ETH",
        "sell",
        3,
        quantity=D(1),
        price=D(2600),
        fee_asset=coins["BNB"],
        fee_quantity=D("0.01"),
        accepts_missing=True,
    )
    enter("BNB", "income", 2, quantity=D("0.5"))
    enter("BTC", "short", 4, quantity=D(1), price=D(51000), remarks={"emotion_state": "calm", "confidence_level": 7})
    enter("BTC", "modify_sl", 4, stop_loss=D(52000), side="short")
    enter("BTC", "modify_sl", 5, lifts_level=True, side="short")
    enter("BTC", "cover", 5, quantity=D("0.5"), price=D(50500))
    sent = enter("BTC", "transfer_out", 6, quantity=D("0.25"), venue="kraken", external_id="t-1")
    assert enter("BTC", "transfer_in", 6, quantity=D("0.2499"), venue="wallet", external_id="t-1").matches == sent
    enter("USDT", "deposit", 7, quantity=D(500))
    enter("BTC", "withdrawal", 8, quantity=D("0.1"), fee_asset=coins["BTC"], fee_quantity=D("0.0001"))


@pytest.mark.parametrize("method", ["average", "fifo"])
def test_an_export_read_into_an_empty_portfolio_is_the_same(
    portfolio: Portfolio, coins: dict[str, Asset], method: str
) -> None:
    change_keeping(portfolio, actor=portfolio.user, lot_method=method)
    rich(portfolio, coins)
    text = "".join(journal_csv(portfolio))
    other = change_keeping(PortfolioFactory(), actor=AdminFactory(), lot_method=method)
    row = booked(other, text)
    assert (row.errors, row.unknown_symbols, row.left_out) == ([], {}, 2), "a reversed entry and its reversal cancel"
    assert state(other) == state(portfolio)
    remarks = ("action_type", "notes", "emotion_state", "confidence_level", "venue", "external_id", "stop_loss",
               "looked_up")  # fmt: skip
    kept = [sorted(TradeAction.objects.filter(portfolio_asset__portfolio=one, reversal=None).exclude(
        action_type="reversal").values_list(*remarks), key=str) for one in (other, portfolio)]  # fmt: skip
    assert kept[0] == kept[1]
    assert {name for entry in kept[0] for name in entry[-1]} == {"price", "fee"}


def test_what_was_looked_up_elsewhere_is_looked_up_anew_by_a_correction(portfolio: Portfolio) -> None:
    """An amount that the row states, and one that it says nobody stated."""
    line = {"time": "2024-06-03T12:00:00Z", "kind": "income", "symbol": "ETH", "quantity": "2", "price": "40"}
    for day, looked_up in ((3, ""), (4, "price")):
        row = line | {"time": f"2024-06-0{day}T12:00:00Z", "looked_up": looked_up}
        booked(portfolio, ",".join(row) + "\n" + ",".join(row.values()) + "\n")
    stated, found = TradeAction.objects.order_by("executed_at")
    assert (stated.looked_up, found.looked_up) == ([], ["price"])
    corrected = [correct_entry(one, actor=portfolio.user, quantity=D(3)) for one in (stated, found)]
    assert [one.asset_price for one in corrected] == [40, 2500]


def test_amounts_that_nothing_looks_up_are_refused(portfolio: Portfolio) -> None:
    row = preview(portfolio, "time,kind,symbol,quantity,looked_up\n2024-06-03T12:00:00Z,deposit,BTC,1,venue\n")
    assert [(one["field"], one["code"]) for one in row.errors] == [("looked_up", "not_allowed")]


def test_an_export_read_into_its_own_portfolio_adds_nothing(portfolio: Portfolio, coins: dict[str, Asset]) -> None:
    rich(portfolio, coins)
    before = TradeAction.objects.count()
    row = booked(portfolio, "".join(journal_csv(portfolio)))
    assert (row.new, row.known, TradeAction.objects.count()) == (0, before - 2, before)


def test_no_cell_of_an_export_is_a_formula(portfolio: Portfolio, coins: dict[str, Asset]) -> None:
    import csv

    rich(portfolio, coins)
    cells = [cell for row in csv.reader(io.StringIO("".join(journal_csv(portfolio)))) for cell in row]
    assert '\'=1+1; "a",\nb' in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
