"""Whole answers to those who ask for candles, kept for as long as no candle changes.

``candle_writes`` is a sequence that moves with every statement that writes candles, before it writes (migration
0006). An answer is kept under the number that was read before its candles were, and only if no writer was at work then:
whoever reads the same number later would read the same candles. So a new or corrected candle is never hidden, however
many processes write, and whatever becomes of Redis.
"""

import threading
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson
from django.db import connection
from psycopg import Cursor

from assets.selectors.candle_json import CandleWish, wished_json
from assets.selectors.kept_answers import kept_answers
from assets.selectors.visible import seen_by_all
from system.history import History, read_history, there_is_a_replica

NUMBER = "SELECT tableoid, last_value FROM candle_writes"
STATE = """
SELECT assets.symbol, candle_writes.tableoid, candle_writes.last_value FROM assets, candle_writes
WHERE assets.id = %s AND {condition}
"""
STATE_FOR_ALL = STATE.format(condition=seen_by_all())
STATE_OF_EVERYTHING = STATE.format(condition="true")
# The lock that writers share cannot be had while one of them is at work; own unwritten changes are nobody else's.
IS_SETTLED = """
SELECT pg_current_xact_id_if_assigned() IS NULL
       AND CASE WHEN pg_try_advisory_lock(%s) THEN pg_advisory_unlock(%s) ELSE false END
"""
WRITTEN = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
ETAG_BYTES = 16
ETAG_LENGTH = 2 * ETAG_BYTES


class State(NamedTuple):
    """An asset as far as its candles' answer tells it, and the number of the newest write to any candle."""

    symbol: str
    sequence: int
    write: int


@dataclass(frozen=True)
class CandleAnswer:
    """What is answered.

    Attributes:
        etag: names the content, without quotes.
        body: JSON; None when the one who asks has it already.
    """

    etag: str
    body: bytes | None


def candle_answer(
    asset_id: int, wish: CandleWish, *, everything: bool = False, known: Collection[str] = ()
) -> CandleAnswer | None:
    """The candles of an asset as the API answers them; None when there is no such asset to be seen.

    Args:
        asset_id: whose candles.
        wish: which of them.
        everything: hidden assets too, for admins.
        known: etags of what the one who asks has.
    """
    kept = kept_answers()
    if not everything and kept.is_on and (found := _at_hand(asset_id, wish)) is not None:
        return _without(known, found)
    state = _state(asset_id, everything=everything)
    if state is None:
        return None
    if not kept.is_on:
        return _without(known, _read(asset_id, state, wish, is_settled=there_is_a_replica() and _is_settled(state)))
    version, key = _version(state), _key(asset_id, state.symbol, wish)
    found = kept.get(version, key)
    if found is not None and not everything:
        kept.remember(version, _name(asset_id), state.symbol.encode())
    if found is None:
        is_settled = _is_settled(state)
        found = _read(asset_id, state, wish, is_settled=is_settled)
        if is_settled:
            kept.put(version, key, found)
            if not everything:
                kept.remember(version, _name(asset_id), state.symbol.encode())
    return _without(known, found)


def _at_hand(asset_id: int, wish: CandleWish) -> bytes | None:
    """The answer, where this process knows both the asset and its candles at the present number: the shortest way, with
    one look at the number, past Django's cursor. The asset's name counts: a change of it moves the number too."""
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        sequence, write = cursor.execute(NUMBER).fetchone() or (0, 0)
    return _remembered(asset_id, wish, sequence, write)


def remembered_answer(
    asset_id: int, wish: CandleWish, write: tuple[int, int], *, known: Collection[str] = ()
) -> CandleAnswer | None:
    """The answer, where this process knows both the asset, which everybody may see, and its candles.

    Args:
        asset_id: whose candles.
        wish: which of them.
        write: the sequence and its number, read after the question came.
        known: etags of what the one who asks has.
    """
    found = _remembered(asset_id, wish, *write) if kept_answers().is_on else None
    return None if found is None else _without(known, found)


def _remembered(asset_id: int, wish: CandleWish, sequence: int, write: int) -> bytes | None:
    version, kept = _version(State("", sequence, write)), kept_answers()
    symbol = kept.remembered(version, _name(asset_id))
    return None if symbol is None else kept.remembered(version, _key(asset_id, symbol.decode(), wish))


def _name(asset_id: int) -> str:
    return f"asset:{asset_id}"


def _state(asset_id: int, *, everything: bool) -> State | None:
    with connection.cursor() as cursor:
        cursor.execute(STATE_OF_EVERYTHING if everything else STATE_FOR_ALL, [asset_id])
        row = cursor.fetchone()
    return State(*row) if row else None


def _is_settled(state: State) -> bool:
    """Whether everything that was written up to now can be seen, by everybody."""
    with connection.cursor() as cursor:
        cursor.execute(IS_SETTLED, [state.sequence, state.sequence])
        found: bool = cursor.fetchone()[0]
    return found


def _read(asset_id: int, state: State, wish: CandleWish, *, is_settled: bool) -> bytes:
    """The answer from the database, or from its copy, once that shows every candle that had been written by then."""

    def fresh() -> bytes:
        return _fresh(asset_id, state.symbol, wish)

    if not is_settled or not there_is_a_replica():
        return fresh()
    return read_history(History.CANDLES, fresh, after=_written_by(state))


def _written_by(state: State) -> int:
    """A position in the database's log by which the candles were what they are: that of the first look at this number,
    so that the copy need not follow what else is written since."""
    with _lock:
        if _reached.get("version") != _version(state):
            with connection.cursor() as cursor:
                cursor.execute(WRITTEN)
                _reached.update(version=_version(state), position=int(cursor.fetchone()[0]))
        return int(_reached["position"])


_reached: dict[str, Any] = {}
_lock = threading.Lock()


def _version(state: State) -> str:
    """Names what the candles are; the same nowhere else, should two databases use one Redis."""
    return f"{connection.settings_dict['NAME']}:{state.sequence}:{state.write}"


def _key(asset_id: int, symbol: str, wish: CandleWish) -> str:
    bounds = "/".join(moment.isoformat() if moment else "" for moment in (wish.first, wish.end))
    flags = f"{wish.indicators:d}{wish.archive:d}"
    return f"candles:{asset_id}:{symbol}:{wish.timeframe}:{wish.limit}:{flags}:{bounds}"


def _fresh(asset_id: int, symbol: str, wish: CandleWish) -> bytes:
    """The answer from the database, after its etag."""
    head = orjson.dumps({"asset_id": asset_id, "symbol": symbol, "timeframe": wish.timeframe})
    body = b'%b,"candles":%b}' % (head[:-1], wished_json(asset_id, wish).encode())
    return blake2b(body, digest_size=ETAG_BYTES).hexdigest().encode() + body


def _without(known: Collection[str], answer: bytes) -> CandleAnswer:
    """The answer, but for a body that is known."""
    etag = answer[:ETAG_LENGTH].decode()
    return CandleAnswer(etag, None if etag in known else answer[ETAG_LENGTH:])
