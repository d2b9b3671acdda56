"""Exchanges as ccxt knows them, with every call on our own way out.

ccxt builds the request and understands the answer; budget, deadline, retries, log and the address itself are those of
the provider of the same name.
"""

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from assets.providers.base import shown
from system.exceptions import DomainError, InvalidInput
from system.http import BadAnswer, Budget, Client, NoAnswer, Provider, Refused, client, providers, register_provider

Weigh = Callable[[str, Mapping[str, Any]], int]
LONGEST_REASON = 300
"""Characters. An error of ccxt repeats the whole answer."""


class OwnWayOut:
    """Laid over an exchange of ccxt: what it would send by itself goes through our client."""

    http: Client
    weigh: Weigh | None

    def fetch2(
        self,
        path: str,
        api: Any = "public",
        method: str = "GET",
        params: Mapping[str, Any] | None = None,
        headers: Any = None,
        body: Any = None,
        config: Mapping[str, Any] | None = None,
    ) -> Any:
        exchange: Any = self
        config = config or {}
        request = exchange.sign(path, api, method, params or {}, headers, body)
        url = urlsplit(request["url"])
        if f"{url.scheme}://{url.netloc}" != public_origin(exchange):
            raise InvalidInput(f"{exchange.id} wants to call {url.netloc}, which is not its public address.")
        weight = (
            self.weigh(path, params or {})
            if self.weigh
            else math.ceil(exchange.calculate_rate_limiter_cost(api, method, path, params or {}, config))
        )
        answer = self.http.request(
            request["method"],
            f"{url.path}?{url.query}" if url.query else url.path,
            headers=request["headers"] or None,
            body=request["body"],
            weight=max(1, weight),
            endpoint=url.path,
        )
        parsed = answer.json()
        text = answer.text
        exchange.handle_errors(answer.status, "", request["url"], method, answer.headers, text, parsed, {}, None)
        return parsed


@cache
def connect(exchange_id: str, weigh: Weigh | None = None) -> Any:
    """The exchange of that id in ccxt, once per process.

    Args:
        exchange_id: ``binance``, ``kraken`` …
        weigh: what a call costs of the budget, by path and parameters; else what ccxt says.
    Raises:
        InvalidInput: ccxt knows no such exchange.
    """
    import ccxt  # takes seconds to import: only where an exchange is asked

    if not is_known(exchange_id):
        raise InvalidInput(f"{exchange_id!r} is no exchange that ccxt knows.", field="data_source")
    exchange = type(f"Connected_{exchange_id}", (OwnWayOut, getattr(ccxt, exchange_id)), {})({"enableRateLimit": False})
    exchange.has["fetchCurrencies"] = False  # wallets' matters, and for some only with a key
    exchange.weigh = weigh
    if exchange_id not in {known.name for known in providers()}:
        a_minute = Budget(max(10, int(60_000 / exchange.rateLimit)), timedelta(minutes=1))
        register_provider(Provider(exchange_id, base_url=public_origin(exchange), budgets=(a_minute,)))
    exchange.http = client(exchange_id)
    return exchange


def is_known(exchange_id: str) -> bool:
    """Whether ccxt knows an exchange of that id."""
    import ccxt

    return exchange_id in ccxt.exchanges


def public_origin(exchange: Any) -> str:
    """Scheme and host of an exchange's public market data."""
    api = exchange.urls["api"]
    while not isinstance(api, str):
        names = ("fapiPublic",) if exchange.id == "binanceusdm" else ("public", "rest", "spot")
        api = next((api[name] for name in names if name in api), next(iter(api.values())))
    url = urlsplit(exchange.implode_hostname(api))
    return f"{url.scheme}://{url.netloc}"


def asking(pair: str, call: Callable[[], Any]) -> Any:
    """The answer to a call about a pair; what goes wrong is told in our words and names the pair.

    Raises:
        NoAnswer: trying later may help.
        Refused: the exchange will not answer this, e.g. an unknown symbol.
        BadAnswer: the answer cannot be read.
    """
    import ccxt

    try:
        return call()
    except Refused as error:
        raise Refused(f"{pair}: {error}") from error
    except DomainError:
        raise
    except ccxt.OperationFailed as error:
        raise NoAnswer(f"{pair}: {shown(error, LONGEST_REASON)}") from error
    except ccxt.BaseError as error:
        raise Refused(f"{pair}: {shown(error, LONGEST_REASON)}") from error
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        reason = f"{type(error).__name__}: {shown(error, LONGEST_REASON)}"
        raise BadAnswer(f"{pair}: the answer has another form ({reason})") from error
