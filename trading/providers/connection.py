"""Exchanges of ccxt with a person's key. ccxt signs; what goes out goes through our own client, and no text that comes
back holds the key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from assets.providers.connection import OwnWayOut, Weigh, asking, connect
from system.exceptions import DomainError
from system.http import BadAnswer, NoAnswer, Refused
from trading.providers.reading import KeyRefused

MASK = "•••"
UNAUTHORISED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
WORDS = ("invalid api-key", "invalid key", "invalid signature", "permission denied", "api-key format invalid")
"""How exchanges say that they do not accept a key."""


@dataclass(frozen=True)
class Key:
    """A key of a person with an exchange."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return "Key(•••)"


def connected(exchange_id: str, key: Key, weigh: Weigh | None = None) -> Any:
    """The exchange as ccxt knows it, with the key.

    Args:
        exchange_id: its id in ccxt.
        key: the person's.
        weigh: what a call costs of the budget, by path and parameters; else what ccxt says.
    """
    import ccxt  # takes seconds to import: only where an exchange is asked

    public = connect(exchange_id)
    made = type(f"Account_{exchange_id}", (OwnWayOut, getattr(ccxt, exchange_id)), {})
    exchange = made({"enableRateLimit": False, "apiKey": key.key, "secret": key.secret})
    exchange.http, exchange.weigh = public.http, weigh
    return exchange


def ask(exchange_id: str, key: Key, call: Callable[[], Any]) -> Any:
    """The answer to a call.

    Raises:
        KeyRefused: the exchange does not accept the key.
        NoAnswer: trying later may help.
        Refused: the exchange will not answer this.
        BadAnswer: the answer cannot be read.
    """
    try:
        return asking(exchange_id, call)
    except (Refused, NoAnswer, BadAnswer) as error:
        text = _without(str(error), key)
        if isinstance(error, Refused) and (error.status in UNAUTHORISED or _says_no(text)):
            raise KeyRefused(text, field="key", code="key_refused") from None
        raise type(error)(text) from None
    except DomainError as error:
        if any(part in str(error) for part in (key.key, key.secret)):
            raise DomainError(_without(str(error), key)) from None
        raise


def _says_no(text: str) -> bool:
    lower = text.lower()
    return any(words in lower for words in WORDS)


def _without(text: str, key: Key) -> str:
    return text.replace(key.secret, MASK).replace(key.key, MASK)


def listed(answer: Any, *path: str) -> Any:
    """What stands at a place in an answer.

    Raises:
        BadAnswer: the answer has another form.
    """
    for name in path:
        if not isinstance(answer, Mapping) or name not in answer:
            raise BadAnswer(f"the answer has no {name}")
        answer = answer[name]
    return answer
