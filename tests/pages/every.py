"""Every page, with what has to be there so that it shows something in all its parts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from accounts.models import User
from tests.factories import UserFactory, add_candles
from tests.pages import market as making

CLOSES = [60000 + 1000 * (day % 7) + 60 * day for day in range(120)]


def nothing(_market: making.Market, _reader: User) -> None:
    """For pages that need no more than a market."""


@dataclass(frozen=True)
class Shown:
    """A page.

    Attributes:
        path: its address.
        make: what it shows besides the market of ``market``; the reader is who is logged in.
        needs_login: whether it is somebody's own.
        status: it answers with.
    """

    path: str
    make: Callable[[making.Market, User], None] = nothing
    needs_login: bool = False
    status: int = 200


def record_of(market: making.Market, _reader: User) -> None:
    making.add_record(market)


EVERY = (
    Shown("/"),
    Shown("/market"),
    Shown("/record", record_of),
    Shown("/assets"),
    Shown("/assets/BTC"),
    Shown("/login"),
    Shown("/nowhere", status=404),
)


def market(candles: list[int] = CLOSES) -> making.Market:
    """A market with something in every card of the first page and of its asset's."""
    made = making.make_market()
    add_candles(made.asset, candles, first=making.TODAY - timedelta(days=len(candles)))
    making.add_sector(made, "Layer 1", 1)
    making.add_signal(made)
    making.add_suggestion(made)
    making.add_forecast(made)
    return made


def make_all() -> User:
    """Everything that any page shows.

    Returns:
        Whose own it is.
    """
    made, reader = market(), UserFactory()
    for one in EVERY:
        one.make(made, reader)
    return reader
