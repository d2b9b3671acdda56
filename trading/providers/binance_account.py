"""An account at Binance: trades by pair, deposits, withdrawals, rewards. Its key tells what it may do."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from trading.compute.trade_files import values
from trading.compute.trade_files.binance import VENUE
from trading.compute.trade_files.lines import BadValue, Fault, Line, with_keys
from trading.compute.trade_files.records import symbol
from trading.providers.connection import Key, ask, connected, listed
from trading.providers.reading import Cursor, Page

QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "TRY")
AT_ONCE = 1000
WINDOW_MS = 90 * 24 * 3600 * 1000
"""Longest span that Binance tells deposits and withdrawals of."""
BEGIN_MS = 1498867200000
"""Binance opened in July 2017."""
WEIGHTS = {"myTrades": 20, "account": 20, "exchangeInfo": 20, "capital/withdraw/history": 10}
RIGHTS = {
    "enableReading": "read",
    "enableWithdrawals": "withdraw",
    "enableSpotAndMarginTrading": "trade",
    "enableInternalTransfer": "transfer",
    "permitsUniversalTransfer": "transfer",
    "enableMargin": "margin",
    "enableFutures": "futures",
}
DONE_DEPOSIT, DONE_WITHDRAWAL = frozenset({"1", "6"}), frozenset({"6"})


def weigh(path: str, params: Mapping[str, Any]) -> int:  # noqa: ARG001
    """Weight of a call, as Binance documents it."""
    return WEIGHTS.get(path, 1)


class BinanceAccount:
    """Reads an account.

    Args:
        key: of the person.
        pairs: to ask for besides those of its coins (``BTCUSDT``).
        coins: that the account has moved or traded, besides those that it holds.
    """

    kinds = ("deposits", "withdrawals", "trades")

    def __init__(self, key: Key, pairs: Sequence[str] = (), coins: Sequence[str] = ()) -> None:
        self.key, self.extra, self.coins = key, tuple(pairs), frozenset(coins)

    @cached_property
    def _exchange(self) -> Any:
        return connected("binance", self.key, weigh)

    def _ask(self, call: Callable[[], Any]) -> Any:
        return ask("binance", self.key, call)

    def permissions(self) -> Sequence[str]:
        """What the key may do; Binance tells all of it."""
        told = self._ask(self._exchange.sapiGetAccountApiRestrictions)
        return sorted({word for name, word in RIGHTS.items() if told.get(name) is True})

    def page(self, kind: str, cursor: Cursor, now_ms: int) -> Page:
        """The next records of a kind."""
        if kind == "trades":
            return self._trades(cursor)
        return self._moves(kind, int(cursor.get("since") or BEGIN_MS), int(cursor.get("offset") or 0), now_ms)

    # -- deposits and withdrawals: by windows of time --------------------------------------------------------------
    def _moves(self, kind: str, since: int, offset: int, now_ms: int) -> Page:
        end = min(since + WINDOW_MS, now_ms)
        request = {"startTime": since, "endTime": end, "offset": offset, "limit": AT_ONCE}
        if kind == "deposits":
            rows = self._ask(lambda: self._exchange.sapiGetCapitalDepositHisrec(request))
        else:
            rows = self._ask(lambda: self._exchange.sapiGetCapitalWithdrawHistory(request))
        lines, faults = _each(rows, _deposit if kind == "deposits" else _withdrawal)
        if len(rows) >= AT_ONCE:
            return Page(lines, faults, {"since": since, "offset": offset + len(rows)}, is_last=False)
        is_last = end >= now_ms
        # What is under way completes later: the newest days are read again each time.
        following = max(BEGIN_MS, end - 7 * 24 * 3600 * 1000) if is_last else end + 1
        return Page(lines, faults, {"since": following}, is_last)

    # -- trades: pair by pair, each from its last trade on --------------------------------------------------------
    def _trades(self, cursor: Cursor) -> Page:
        """One call for one pair. The cursor keeps the last trade of each pair, which pairs are left, and whether every
        pair was asked for once: a coin that was bought and sold again is in no balance."""
        last, swept = dict(cursor.get("last") or {}), bool(cursor.get("swept"))
        under_way = (
            list(cursor.get("left") or []) if "swept" in cursor else []
        )  # a cursor from before there was a sweep
        left = under_way or (self._pairs(last) if swept else self._every_pair())
        if not left:
            return Page([], [], {"last": last, "left": [], "swept": True}, is_last=True)
        pair = left[0]
        request = {"symbol": pair, "limit": AT_ONCE, "fromId": int(last.get(pair, -1)) + 1}
        rows = self._ask(lambda: self._exchange.privateGetMyTrades(request))
        base, quote = self._markets[pair]
        lines, faults = _each(rows, lambda row: _trade(row, pair, base, quote))
        if rows:
            last[pair] = max(int(row["id"]) for row in rows)
        if len(rows) < AT_ONCE:
            left = left[1:]
        return Page(lines, faults, {"last": last, "left": left, "swept": swept or not left}, is_last=not left)

    @cached_property
    def _markets(self) -> dict[str, tuple[str, str]]:
        """Base and quote of every pair at spot."""
        told = self._ask(lambda: self._exchange.publicGetExchangeInfo({"permissions": "SPOT"}))
        rows = listed(told, "symbols")
        return {row["symbol"]: (row["baseAsset"], row["quoteAsset"]) for row in rows}

    def _every_pair(self) -> list[str]:
        """All pairs against the usual quotes, and those named."""
        usual = {pair for pair, (_base, quote) in self._markets.items() if quote in QUOTES}
        return sorted(usual | (set(self.extra) & self._markets.keys()))

    def _pairs(self, last: Mapping[str, int]) -> list[str]:
        """Pairs to ask for: those traded before, those named, and those of the coins that the account holds."""
        told = self._ask(lambda: self._exchange.privateGetAccount({"omitZeroBalances": "true"}))
        held = {row["asset"] for row in listed(told, "balances")}
        wanted = {f"{base}{quote}" for base in held | self.coins for quote in QUOTES}
        return sorted((wanted | set(last) | set(self.extra)) & self._markets.keys())


def _each(rows: Any, take: Callable[[Any], Line | None]) -> tuple[list[Line], list[Fault]]:
    """Lines with keys, and what cannot be read."""
    lines: list[Line] = []
    faults: list[Fault] = []
    for place, row in enumerate(rows, 1):
        try:
            line = take(row)
        except BadValue as error:
            faults.append(Fault.of(place, error))
        except (KeyError, TypeError, AttributeError) as error:
            faults.append(Fault(place, str(error).strip("'")[:40], "missing"))
        else:
            if line is not None:
                lines.append(line)
    return with_keys(lines), faults


def _trade(row: Mapping[str, Any], pair: str, base: str, quote: str) -> Line:
    return Line(
        row=0,
        kind="buy" if row["isBuyer"] else "sell",
        symbol=symbol(base, "symbol"),
        quantity=values.above_zero(_number(row, "qty"), "qty"),
        at=_time(row["time"], "time"),
        quote=symbol(quote, "symbol"),
        price=values.above_zero(_number(row, "price"), "price"),
        fee=values.not_negative(_number(row, "commission"), "commission"),
        fee_symbol=symbol(str(row["commissionAsset"]), "commissionAsset"),
        external_id=f"{pair}:{row['id']}",
        venue=VENUE,
    )


def _deposit(row: Mapping[str, Any]) -> Line | None:
    return _move(row, "deposit", DONE_DEPOSIT, _time(row["insertTime"], "insertTime"), Decimal(0))


def _withdrawal(row: Mapping[str, Any]) -> Line | None:
    at = values.moment(str(row["applyTime"]), "applyTime", now=datetime.max.replace(tzinfo=UTC), zone="UTC")
    return _move(row, "withdrawal", DONE_WITHDRAWAL, at, _number(row, "transactionFee"))


def _move(row: Mapping[str, Any], kind: str, done: frozenset[str], at: datetime, fee: Decimal) -> Line | None:
    """The same key as in the export of deposits or withdrawals, which knows the transaction."""
    if str(row["status"]) not in done:
        return None
    coin = symbol(str(row["coin"]), "coin")
    transaction = str(row.get("txId") or row.get("id") or "")
    return Line(
        row=0,
        kind=kind,
        symbol=coin,
        quantity=values.above_zero(_number(row, "amount"), "amount"),
        at=at,
        fee=values.not_negative(fee, "transactionFee"),
        fee_symbol=coin,
        external_id=f"{kind}:{transaction}" if transaction else "",
        venue=VENUE,
    )


def _number(row: Mapping[str, Any], name: str) -> Decimal:
    return values.number(str(row[name]), name)


def _time(milliseconds: Any, name: str) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(milliseconds))
    except (ValueError, OverflowError, TypeError):
        raise BadValue(name, "not_a_time", str(milliseconds)) from None
