"""Sources of single values that are asked over the network. Addresses, keys and budgets are configuration."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

import polars as pl

from assets.providers.base import VALUE_SCHEMA, Fetched, broken_off, complete
from macro.compute.values import ValueRule
from macro.providers import forms
from macro.providers.base import SeriesSpec
from macro.providers.series_files import FRED, ONCHAIN
from system.exceptions import DomainError
from system.http import BadAnswer, client

DAY = timedelta(days=1)
PAGE_SIZE = 10_000
PAGES = 20
"""Calls per series at most."""
POSITIVE = ValueRule(least=0)


@dataclass(frozen=True)
class AlternativeMe:
    """Fear & Greed Index. Days that it lacks stay missing."""

    name: str = "alternative_me"

    @property
    def specs(self) -> Sequence[SeriesSpec]:
        rule = ValueRule("timestamp", "value", least=0)
        return [SeriesSpec("FNG", "Fear & Greed Index", "sentiment", "points", "fng", rule)]

    def fetch(self, spec: SeriesSpec, since: datetime, until: datetime) -> Fetched:
        """All days of the span."""
        params = {"limit": (until - since) // DAY + 2, "format": "json"}
        return _one_page(self.name, f"/{spec.key}/", params, lambda answer: forms.alternative_me(answer.json()))


@dataclass(frozen=True)
class Fred:
    """Federal Reserve Bank of St. Louis. Its interface takes a key in the address only, where none belongs; so its
    charts' CSV is asked, which needs no key."""

    name: str = "fred"

    @property
    def specs(self) -> Sequence[SeriesSpec]:
        return [
            SeriesSpec(code, name, "macro", unit, key, ValueRule("observation_date", key))
            for key, (code, name, unit) in FRED.items()
        ]

    def fetch(self, spec: SeriesSpec, since: datetime, until: datetime) -> Fetched:
        """Observations of the span; days without one stay missing."""
        params = {"id": spec.key, "cosd": forms.day_text(since), "coed": forms.day_text(until)}
        return _one_page(self.name, "/graph/fredgraph.csv", params, lambda answer: forms.fred(answer.text, spec.key))


@dataclass(frozen=True)
class Stooq:
    """Daily closes of what FRED does not have."""

    name: str = "stooq"

    @property
    def specs(self) -> Sequence[SeriesSpec]:
        rule = ValueRule("Date", "Close", least=0)
        return [
            SeriesSpec("GOLD", "Gold", "macro", "USD/oz", "xauusd", rule),
            SeriesSpec("DXY", "US Dollar Index", "macro", "points", "usd_i", rule),
        ]

    def fetch(self, spec: SeriesSpec, since: datetime, until: datetime) -> Fetched:
        """Closes of the span."""
        days = {"d1": f"{since:%Y%m%d}", "d2": f"{until:%Y%m%d}"}
        params = {"s": spec.key, "i": "d", **days}
        return _one_page(self.name, "/q/d/l/", params, lambda answer: forms.stooq(answer.text))


@dataclass(frozen=True)
class Yahoo:
    """Bitcoin's close from a second source, all exchanges together, to compare with."""

    name: str = "yahoo"

    @property
    def specs(self) -> Sequence[SeriesSpec]:
        return [SeriesSpec("BTC_CLOSE", "Bitcoin close, all exchanges", "macro", "USD", "BTC-USD", POSITIVE)]

    def fetch(self, spec: SeriesSpec, since: datetime, until: datetime) -> Fetched:
        """Closes by day."""
        span = {"period1": forms.epoch_seconds(since), "period2": forms.epoch_seconds(until)}
        path = f"/v8/finance/chart/{spec.key}"
        return _one_page(
            self.name, path, {"interval": "1d", **span}, lambda answer: forms.yahoo_chart(answer.json(), DAY)
        )


@dataclass(frozen=True)
class CoinMetrics:
    """Community data of Coin Metrics: what happened on the chain. A value dated D describes D.

    Args:
        assets: its name of a coin (``btc``), our symbol and id.
    """

    assets: tuple[tuple[str, str, int], ...]
    name: str = "coinmetrics"

    @cached_property
    def specs(self) -> Sequence[SeriesSpec]:
        return [
            SeriesSpec(
                f"{code}:{symbol}",
                f"{name} of {symbol}",
                "onchain",
                unit,
                f"{coin} {metric}",
                ValueRule("time", metric, least=0),
                asset_id,
            )
            for coin, symbol, asset_id in self.assets
            for code, name, unit, metric in ONCHAIN
        ]

    def fetch(self, spec: SeriesSpec, since: datetime, until: datetime) -> Fetched:
        """Days of the span, in as many pages as it takes; only the page's token is followed, never an address."""
        coin, metric = spec.key.split(" ")
        params: dict[str, Any] = {
            "assets": coin,
            "metrics": metric,
            "frequency": "1d",
            "start_time": forms.day_text(since),
            "end_time": forms.day_text(until),
            "page_size": PAGE_SIZE,
        }
        found, pages, path = pl.DataFrame(schema=VALUE_SCHEMA), 0, "/v4/timeseries/asset-metrics"
        while pages < PAGES:
            try:
                document = client(self.name).get(path, params=params).json()
                page = _read(self.name, path, partial(forms.coin_metrics, document, metric))
            except DomainError as error:
                return broken_off(found, pages, error)
            found, pages = pl.concat([found, page]), pages + 1
            token = document.get("next_page_token")
            if not isinstance(token, str) or page.is_empty():
                return complete(found, pages)
            params["next_page_token"] = token
        return broken_off(found, pages, BadAnswer(f"{self.name} {path}: stopped after {PAGES} pages"))


def _one_page(provider: str, path: str, params: Mapping[str, Any], read: Callable[[Any], pl.DataFrame]) -> Fetched:
    """A series that comes in one answer."""
    try:
        answer = client(provider).get(path, params=params)
        return complete(_read(provider, path, lambda: read(answer)), 1)
    except DomainError as error:
        return broken_off(pl.DataFrame(schema=VALUE_SCHEMA), 0, error)


def _read(provider: str, path: str, read: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    try:
        return read()
    except ValueError as error:
        raise BadAnswer(f"{provider} {path}: {error}") from error
