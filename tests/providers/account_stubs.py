"""Exchanges that a person has an account with, as stub servers: they want a signature, page, and break."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.stubs.server import Reply, Request, StubServer

KEY, SECRET = "reading-key-0001abcd", "c2VjcmV0LW9mLXRoZS1wZXJzb24="
MARKETS = {"BTCUSDT": ("BTC", "USDT"), "ETHBTC": ("ETH", "BTC"), "BNBUSDT": ("BNB", "USDT")}
TRADES, DEPOSITS, WITHDRAWALS = (
    "/api/v3/myTrades",
    "/sapi/v1/capital/deposit/hisrec",
    "/sapi/v1/capital/withdraw/history",
)
RESTRICTIONS = "/sapi/v1/account/apiRestrictions"
READ_ONLY = {"enableReading": True, "enableWithdrawals": False, "enableSpotAndMarginTrading": False}


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


class BinanceStub:
    """An account with trades, deposits and withdrawals; an answer has at most ``at_once`` of them."""

    def __init__(self, stub: StubServer) -> None:
        self.stub = stub
        self.trades: dict[str, list[dict[str, Any]]] = {"BTCUSDT": [], "ETHBTC": [], "BNBUSDT": []}
        self.deposits: list[dict[str, Any]] = []
        self.withdrawals: list[dict[str, Any]] = []
        self.failing_after: int | None = None
        """Calls for trades that are answered; the next one meets a broken server."""
        self.say(READ_ONLY)
        balances = [{"asset": coin, "free": "1", "locked": "0"} for coin in ("BTC", "ETH")]
        stub.answer("/api/v3/account", self.signed({"balances": balances}))
        symbols = [{"symbol": name, "baseAsset": base, "quoteAsset": quote} for name, (base, quote) in MARKETS.items()]
        stub.answer("/api/v3/exchangeInfo", body={"symbols": symbols})
        stub.answer(TRADES, self._trades)
        stub.answer(DEPOSITS, lambda request: self._moves(request, self.deposits, "insertTime"))
        stub.answer(WITHDRAWALS, lambda request: self._moves(request, self.withdrawals, "at"))

    def say(self, permissions: Mapping[str, Any]) -> None:
        self.stub.answer(RESTRICTIONS, self.signed(permissions))

    def signed(self, body: Any) -> Any:
        return lambda request: refusal(request) or Reply(body=body)

    def _trades(self, request: Request) -> Reply:
        if self.failing_after is not None:
            if not self.failing_after:
                return Reply(status=500, body={"code": -1000, "msg": "An unknown error occurred."})
            self.failing_after -= 1
        first, most = int(request.query["fromId"]), int(request.query["limit"])
        found = [row for row in self.trades[request.query["symbol"]] if row["id"] >= first]
        return refusal(request) or Reply(body=found[:most])

    def _moves(self, request: Request, rows: list[dict[str, Any]], name: str) -> Reply:
        start, end, offset = (int(request.query[key]) for key in ("startTime", "endTime", "offset"))
        found = [row for row in rows if start <= row[name] <= end]
        return refusal(request) or Reply(body=found[offset : offset + int(request.query["limit"])])


def refusal(request: Request) -> Reply | None:
    """What Binance says to a call without key or signature."""
    if request.headers.get("x-mbx-apikey") != KEY:
        return Reply(status=401, body={"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."})
    if "signature" not in request.query or "timestamp" not in request.query:
        return Reply(status=400, body={"code": -1102, "msg": "Mandatory parameter 'signature' was not sent."})
    return None


def trade(number: int, quantity: str, price: str, at: datetime, *, buys: bool = True, **more: Any) -> dict[str, Any]:
    fee = {"commission": "0", "commissionAsset": "BNB"}
    return {"id": number, "qty": quantity, "price": price, "time": ms(at), "isBuyer": buys} | fee | more


def deposit(coin: str, amount: str, at: datetime, transaction: str, status: int = 1) -> dict[str, Any]:
    return {"coin": coin, "amount": amount, "insertTime": ms(at), "txId": transaction, "status": status}


def withdrawal(coin: str, amount: str, fee: str, at: datetime, transaction: str) -> dict[str, Any]:
    text = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    row = {"coin": coin, "amount": amount, "transactionFee": fee, "applyTime": text, "at": ms(at)}
    return row | {"txId": transaction, "status": 6}


class KrakenStub:
    """An account whose ledger is told newest first, two entries an answer."""

    def __init__(self, stub: StubServer, *, at_once: int = 2) -> None:
        self.stub, self.at_once = stub, at_once
        self.entries: dict[str, dict[str, Any]] = {}
        stub.answer("/0/private/Ledgers", self._ledgers)
        self.say(["query-funds", "query-ledger"])

    def say(self, permissions: list[str]) -> None:
        self.stub.answer("/0/private/GetApiKeyInfo", body={"error": [], "result": {"permissions": permissions}})

    def _ledgers(self, request: Request) -> Reply:
        if request.headers.get("api-key") != KEY or not request.headers.get("api-sign"):
            return Reply(body={"error": ["EAPI:Invalid key"]})
        asked = dict(parse_qsl(request.body.decode()))
        span = float(asked["start"]), float(asked["end"])
        found = [(key, row) for key, row in self.entries.items() if span[0] < row["time"] <= span[1]]
        found.sort(key=lambda one: -one[1]["time"])
        first = int(asked["ofs"])
        part = dict(found[first : first + self.at_once])
        return Reply(body={"error": [], "result": {"ledger": part, "count": len(found)}})
