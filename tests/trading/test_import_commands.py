"""The commands of imports and accounts: what they say, and how they end."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from cryptopredict import tasks
from selection.models import Portfolio
from tests.factories import (
    AdminFactory,
    AssetFactory,
    ExchangeAccountFactory,
    ImportFactory,
    PortfolioFactory,
    UserFactory,
)
from trading.models import ExchangeAccount, TradeAction

pytestmark = pytest.mark.django_db
OWN = "time,kind,symbol,quantity,price\n2024-06-01T00:00:00Z,buy,BTC,2,100\n2024-06-02T00:00:00Z,buy,XBTC,1,150\n"


@pytest.fixture
def portfolio() -> Portfolio:
    AssetFactory(symbol="BTC")
    return PortfolioFactory()


def said(name: str, *arguments: Any, code: int = 0, **options: Any) -> str:
    """What a command writes; it ends with this status."""
    out = io.StringIO()
    if code:
        with pytest.raises(SystemExit) as end:
            call_command(name, *arguments, stdout=out, stderr=out, **options)
        assert end.value.code == code
    else:
        call_command(name, *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_a_file_is_previewed_and_then_booked(portfolio: Portfolio, tmp_path: Path) -> None:
    file = tmp_path / "trades.csv"
    file.write_text(OWN)
    first = said("import_trades", portfolio.pk, file, code=1)
    assert "journal, preview: 1 new" in first
    assert "XBTC (1 rows) is not known" in first
    assert not TradeAction.objects.exists()
    with pytest.raises(CommandError, match="XBTC"):
        said("import_trades", portfolio.pk, file, confirm=True)
    assert "booked: 2 new" in said("import_trades", portfolio.pk, file, confirm=True, symbol=["xbtc=btc"])
    assert TradeAction.objects.count() == 2


def test_what_cannot_be_read_is_a_sentence(portfolio: Portfolio, tmp_path: Path) -> None:
    file = tmp_path / "trades.csv"
    file.write_bytes(b"a,b\n")
    for arguments in ((portfolio.pk, file), (portfolio.pk, tmp_path / "none.csv"), (0, file)):
        with pytest.raises(CommandError):
            said("import_trades", *arguments)


def test_accounts_that_cannot_be_read_are_named() -> None:
    account = ExchangeAccountFactory(sealed_key="v1:nothing")
    assert f"{account.pk}: The stored key cannot be read" in said("sync_exchanges", code=1)
    assert said("sync_exchanges", account.pk + 1, code=1)
    ExchangeAccount.objects.update(status="paused")
    assert said("sync_exchanges") == ""


def test_each_active_account_is_a_task_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    monkeypatch.setattr(tasks.sync_exchange, "delay", begun.append)
    active = [ExchangeAccountFactory().pk, ExchangeAccountFactory().pk]
    ExchangeAccountFactory(status="paused")
    tasks.sync_exchanges()
    assert begun == active


def test_a_person_goes_from_one_file_into_another_account(portfolio: Portfolio, tmp_path: Path) -> None:
    file, other = tmp_path / "mine.zip", UserFactory()
    assert "bytes" in said("export_person", portfolio.user.email, file)
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError):
        said("export_person", portfolio.user.email, file)
    assert said("import_person", other.email, file).startswith("0 lists, 1 portfolios, 0 journal entries")
    for name in ("export_person", "import_person"):
        with pytest.raises(CommandError, match="nobody"):
            said(name, "nobody@example.org", file)


def test_the_admin_shows_no_key_and_no_content() -> None:
    client = Client()
    client.force_login(AdminFactory())
    account, row = ExchangeAccountFactory(sealed_key="v1:sealed-text"), ImportFactory(content=b"content-of-a-file")
    for name, pk, secret in (
        ("exchangeaccount", account.pk, "sealed-text"),
        ("tradeimport", row.pk, "content-of-a-file"),
    ):
        page = client.get(reverse(f"admin:trading_{name}_change", args=[pk])).content.decode()
        assert secret not in page
        assert str(account.label if name == "exchangeaccount" else row.file_hash) in page
