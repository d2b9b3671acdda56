"""An account at Kraken: its ledgers, which tell trades, deposits, withdrawals and rewards alike, under the same ids as
its export."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from system.exceptions import DomainError
from trading.compute.trade_files.kraken import SWAPPED, read_ledgers
from trading.compute.trade_files.lines import Fault, with_keys
from trading.compute.trade_files.records import Options, Record
from trading.providers.connection import Key, ask, connected, listed
from trading.providers.reading import Cursor, KeyRefused, Page

AT_ONCE = 50
"""Ledger entries in an answer of Kraken."""
TEXTS = ("refid", "type", "subtype", "asset", "amount", "fee", "balance")
RIGHTS = {"withdraw": "withdraw", "trade": "trade", "query": "read", "deposit": "deposit"}
OVERLAP_SECONDS = 24 * 3600
"""What is read again each time: entries may be entered late, and the rows of a trade must be read together."""


class KrakenAccount:
    """Reads an account.

    Args:
        key: of the person.
    """

    kinds = ("ledgers",)

    def __init__(self, key: Key, pairs: Sequence[str] = (), coins: Sequence[str] = ()) -> None:  # noqa: ARG002
        self.key = key

    @cached_property
    def _exchange(self) -> Any:
        return connected("kraken", self.key)

    def _ask(self, call: Callable[[], Any]) -> Any:
        return ask("kraken", self.key, call)

    def permissions(self) -> Sequence[str]:
        """What the key may do; empty where Kraken does not tell this key."""
        try:
            told = self._ask(self._exchange.privatePostGetApiKeyInfo)
        except KeyRefused:
            raise
        except DomainError:
            return []
        words = [str(word).lower() for word in listed(told, "result", "permissions")]
        return sorted({right for word in words for name, right in RIGHTS.items() if name in word})

    def page(self, kind: str, cursor: Cursor, now_ms: int) -> Page:  # noqa: ARG002
        """The next ledger entries. Kraken counts back from the end of the span, so the span stays fixed until all of it
        is read; halves of trades at the edge of an answer are kept for the next one."""
        start, end = int(cursor.get("start") or 0), int(cursor.get("end") or now_ms // 1000)
        offset, waiting = int(cursor.get("offset") or 0), dict(cursor.get("waiting") or {})
        request = {"start": start, "end": end, "ofs": offset}
        told = listed(self._ask(lambda: self._exchange.privatePostLedgers(request)), "result")
        entries = listed(told, "ledger")
        count = int(told.get("count") or 0)
        is_last = not entries or offset + len(entries) >= count
        rows = waiting | {str(key): _columns(key, entry) for key, entry in entries.items()}
        whole, waiting = (rows, {}) if is_last else _apart(rows)
        results = list(read_ledgers(map(_record, whole.values()), Options(_moment(now_ms // 1000 + 1))))
        lines = with_keys(sorted((one for one in results if not isinstance(one, Fault)), key=lambda line: line.at))
        following: dict[str, Any] = {"start": start, "end": end, "offset": offset + len(entries), "waiting": waiting}
        if is_last:
            following = {"start": max(0, end - OVERLAP_SECONDS)}
        return Page(lines, [one for one in results if isinstance(one, Fault)], following, is_last)


def _apart(rows: Mapping[str, dict[str, str]]) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Rows that are whole, and those of the last trade, whose other rows may come with the next answer."""
    swaps = [row["refid"] for row in rows.values() if row["type"] in SWAPPED]
    edge = {refid for refid in swaps if swaps.count(refid) < 2} | set(swaps[-1:])
    waiting = {key: row for key, row in rows.items() if row["type"] in SWAPPED and row["refid"] in edge}
    return {key: row for key, row in rows.items() if key not in waiting}, waiting


def _columns(key: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """An entry in the columns of the export."""
    texts = {name: "" if entry.get(name) is None else str(entry[name]) for name in TEXTS}
    return texts | {"txid": key, "time": _moment(entry.get("time")).isoformat()}


def _record(columns: Mapping[str, str]) -> Record:
    return Record(0, columns)


def _moment(seconds: Any) -> datetime:
    """The moment of so many seconds; of none the first of all, which an import refuses by name."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(Decimal(seconds or 0) * 1_000_000))
