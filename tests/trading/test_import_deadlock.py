"""A preview and a booking of the same file at one moment follow one another."""

import io
import threading

import pytest
from django.db import connection

from accounts.services import ensure_system_user
from tests.factories import AssetFactory, PortfolioFactory
from tests.locks import wait_for_locks
from trading.models import TradeImport
from trading.services.imports import choose_symbols, confirm_import, preview_import

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
FILE = b"time,kind,symbol,quantity,price\n2024-06-01T00:00:00Z,buy,BTC,2,100\n"


class Slow(io.BytesIO):
    """A file whose first block comes only when somebody else has begun and waits."""

    def __init__(self, content: bytes, other: threading.Thread) -> None:
        super().__init__(content)
        self.other = other

    def read(self, size: int | None = -1, /) -> bytes:
        if self.other.ident is None:
            self.other.start()
            wait_for_locks(1)
        return super().read(size)


@pytest.mark.parametrize("choosing", [False, True])
def test_a_preview_while_it_is_booked(choosing: bool) -> None:
    """Who previews has the portfolio; who books would have the preview, and each would wait for the other."""
    ensure_system_user()
    AssetFactory(symbol="BTC")
    portfolio = PortfolioFactory()
    row = preview_import(portfolio, io.BytesIO(FILE), actor=portfolio.user, name="trades.csv")
    said: list[TradeImport] = []

    def other() -> None:
        try:
            if choosing:
                said.append(choose_symbols(row, {}, actor=portfolio.user))
            else:
                said.append(confirm_import(row, actor=portfolio.user))
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    again = preview_import(portfolio, Slow(FILE, thread), actor=portfolio.user, name="trades.csv")
    thread.join(60)
    assert [one.pk for one in said] == [row.pk] == [again.pk]
    assert TradeImport.objects.get().status == ("preview" if choosing else "booked")
