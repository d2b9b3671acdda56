"""How old what is shown is: grey while it is in time, amber past two candles, red past five."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext

from assets.choices import Market
from assets.compute.periods import LENGTHS
from assets.selectors.shown import PriceAge, is_collected, price_ages
from cryptopredict.pages import words
from system import formats
from system.http.registry import providers
from system.selectors.providers import last_fault
from system.selectors.runs import RunState, run_states

MONTH = timedelta(days=31)
LATE, STALE = 2, 5
"""Candles without news after which something is late, and after which it is stale."""
FRESH_STATE, LATE_STATE, STALE_STATE = "fresh", "late", "stale"
STATES = (FRESH_STATE, LATE_STATE, STALE_STATE)
PRICES = "1h"
"""Prices are expected anew with every candle of an hour, the shortest that is fetched for every asset."""


@dataclass(frozen=True)
class Chip:
    """A source and the age of what came from it.

    Attributes:
        label: what it is about, for people.
        moment: up to when it knows; None when it has never told anything.
        late_at, stale_at: when it turns amber and red.
        fault: what went wrong last, if anything did.
    """

    label: str
    moment: datetime | None
    late_at: datetime | None
    stale_at: datetime | None
    state: str
    fault: str = ""


def chip(label: str, moment: datetime | None, timeframe: str, now: datetime, fault: str = "") -> Chip:
    """The chip of something that is expected anew with every candle of a timeframe."""
    if moment is None:
        return Chip(label, None, None, None, STALE_STATE, fault)
    length = LENGTHS.get(timeframe, MONTH)
    late_at, stale_at = moment + LATE * length, moment + STALE * length
    state = STALE_STATE if now >= stale_at else LATE_STATE if now >= late_at else FRESH_STATE
    return Chip(label, moment, late_at, stale_at, state, fault)


def price_chip(age: PriceAge, now: datetime) -> Chip:
    """The prices of a source."""
    source = words.named(words.SOURCES, age.source)
    return source_chip(gettext("Prices: %(source)s") % {"source": source}, age.source, age.newest, now)


def source_chip(label: str, source: str, moment: datetime | None, now: datetime) -> Chip:
    """Prices that came from a source; where they are late, with what it last answered."""
    found = chip(label, moment, PRICES, now)
    return found if found.state == FRESH_STATE else replace(found, fault=source_fault(source, moment))


def source_fault(source: str, newest: datetime | None) -> str:
    """Why nothing has come from a source since its newest data, where that is known."""
    fault = last_fault(source) if source in {one.name for one in providers()} else None
    if fault is None:
        return ""
    name = words.named(words.SOURCES, source)
    if fault.banned_until:
        told = gettext("%(name)s is closed to us until %(moment)s.")
        return told % {"name": name, "moment": formats.clock(fault.banned_until)}
    if fault.at is None or (newest is not None and fault.at <= newest):
        return ""
    told = gettext("%(name)s did not answer as it should when it was asked last, %(moment)s.")
    return told % {"name": name, "moment": formats.clock(fault.at)}


def run_chip(run: RunState, now: datetime) -> Chip:
    """The analysis of a timeframe."""
    label = gettext("Analysis: %(timeframe)s") % {"timeframe": run.timeframe}
    fault = ""
    if run.failed is not None:
        fault = gettext("The run for %(moment)s failed; the one before is shown.") % {
            "moment": formats.clock(run.failed.as_of)
        }
    return chip(label, run.done.as_of if run.done else None, run.timeframe, now, fault)


def worst(chips: Iterable[Chip]) -> str:
    """The state of several together: that of the worst."""
    return max((one.state for one in chips), key=STATES.index, default=STALE_STATE)


@dataclass(frozen=True)
class SystemFreshness:
    """The age of everything that is shown."""

    chips: list[Chip]
    newest: datetime | None

    @property
    def state(self) -> str:
        return worst(self.chips)


def system_freshness(market: Market | None, now: datetime) -> SystemFreshness:
    """Prices by source and analyses by timeframe. The newest price stands for the whole in the top bar.

    A timeframe that was asked for once and of which there are no candles is not late.
    """
    prices = [price_chip(age, now) for age in price_ages(market)]
    runs = [run for run in run_states() if run.done or is_collected(run.timeframe, market)]
    chips = [*prices, *(run_chip(run, now) for run in runs)]
    moments = [one.moment for one in prices if one.moment is not None]
    return SystemFreshness(chips, max(moments, default=None))
