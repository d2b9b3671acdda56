"""Everything of a person in one file, and into another installation: nothing lost, nothing doubled, no secret in it."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from accounts.models import User
from assets.choices import AssetType
from cryptopredict.portability import package as package_module
from cryptopredict.portability.exporting import export_person
from cryptopredict.portability.importing import import_person
from cryptopredict.portability.package import MANIFEST
from selection.models import Portfolio, Watchlist
from selection.selectors.portable import OF_ENTRIES
from selection.services.watchlists import add_to_watchlist, change_watchlist, create_watchlist
from system.exceptions import InvalidInput, LimitExceeded
from system.services import change_setting, setting
from tests.factories import (
    AlertFactory,
    ApiTokenFactory,
    AssetFactory,
    DeliveryFactory,
    ExchangeAccountFactory,
    PortfolioFactory,
    ScreenshotFactory,
    UserFactory,
    UserSessionFactory,
)
from trading.models import TradeAction
from trading.selectors.journal_export import journal_rows
from trading.selectors.screenshots import place_of
from trading.services import add_screenshot, change_keeping, record_trade, state_price, write_note

pytestmark = pytest.mark.django_db
FIRST = datetime(2024, 6, 1, 1, 2, 3, 456789, tzinfo=UTC)
D = Decimal


@pytest.fixture
def person() -> User:
    return somebody()


@pytest.fixture(scope="module")
def stored_package(module_rows: Any) -> bytes:
    """An export, made once."""
    with module_rows():
        return package(somebody())


def somebody() -> User:
    """Somebody with two lists, a portfolio, and what else the installation keeps."""
    user: User = UserFactory(password="pbkdf2$secret-hash")
    coins = {symbol: AssetFactory(symbol=symbol) for symbol in ("BTC", "ETH", "ODD")}
    first = create_watchlist("Mine", actor=user, description="=1+1")
    change_watchlist(first, actor=user, changes={"max_assets": 5, "is_public": True, "configuration": {"horizon": 7}})
    says: dict[str, Any] = {"weight": D("0.4"), "target_allocation": D("0.25"), "analysis_config": {"window": 14}}
    add_to_watchlist(first, coins["ETH"], actor=user, notes="why", **says)
    add_to_watchlist(first, coins["BTC"], actor=user, position_type="short", is_active=False)
    create_watchlist("Empty", actor=user)
    cash = AssetFactory(symbol="USDT", asset_type=AssetType.STABLECOIN)
    portfolio = PortfolioFactory(user=user, name="All")
    change_keeping(portfolio, actor=user, lot_method="fifo", base_currency="EUR", cash_asset=cash)
    state_price(portfolio, coins["ODD"], actor=user, price=D("0.000000000000000001"), priced_at=FIRST)
    trade: dict[str, Any] = {"actor": user, "price": D("100.123456789012345678")}
    record_trade(portfolio, cash, actor=user, action_type="deposit", executed_at=FIRST, quantity=D(1000))
    record_trade(portfolio, coins["BTC"], action_type="buy", executed_at=FIRST, quantity=D(2), fee=D("0.1"), **trade)
    record_trade(portfolio, coins["ODD"], actor=user, action_type="income", executed_at=FIRST, quantity=D(7))
    portfolio.positions.filter(asset=coins["BTC"]).update(investment_thesis="hold", allocation_target_percent=D("12.5"))
    DeliveryFactory(channel__user=user)
    AlertFactory(user=user)
    ApiTokenFactory(user=user, token_hash="hash-of-token")
    UserSessionFactory(user=user, session_token="hash-of-session")
    ExchangeAccountFactory(portfolio=portfolio, sealed_key="v1:sealed")
    return user


def package(user: User) -> bytes:
    file = io.BytesIO()
    export_person(user, file)
    return file.getvalue()


def contents(body: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def state(user: User) -> dict[str, Any]:
    portfolio = Portfolio.objects.get(user=user)
    plain = ("name", "base_currency", "lot_method", "cash_asset")
    return {
        "lists": [
            (one.name, one.description, one.max_assets, one.is_public, one.configuration,
             list(one.entries.order_by("sort_order").values_list("asset__symbol", "sort_order", *OF_ENTRIES)))
            for one in Watchlist.objects.filter(user=user).order_by("sort_order")
        ],
        "portfolio": Portfolio.objects.filter(user=user).values_list(*plain).get(),
        "prices": list(portfolio.manual_prices.values_list("asset__symbol", "price", "priced_at")),
        "positions": list(portfolio.positions.order_by("asset__symbol").values_list(
            "asset__symbol", "quantity", "entry_price", "investment_thesis", "allocation_target_percent")),
        "lots": sorted(portfolio.positions.values_list("asset__symbol", "lots__quantity", "lots__cost_usd"), key=str),
        "journal": [row | {"key": ""} for row in journal_rows(portfolio)],
        "looked_up": list(TradeAction.objects.filter(portfolio_asset__portfolio=portfolio).order_by("pk").values_list(
            "action_type", "looked_up")),
    }  # fmt: skip


def test_another_installation_has_the_same(person: User) -> None:
    other = UserFactory()
    brought = import_person(other, io.BytesIO(package(person)))
    assert (brought.watchlists, brought.portfolios, brought.entries, brought.left_out) == (2, 1, 3, [])
    assert state(other) == state(person)
    assert ("income", ["price"]) in state(other)["looked_up"]
    again = import_person(other, io.BytesIO(package(person)))
    assert (again.watchlists, again.portfolios, again.entries, again.left_out) == (0, 0, 0, [])
    assert TradeAction.objects.filter(portfolio_asset__portfolio__user=other).count() == 3


def test_whatever_was_written_is_taken(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """More pictures, and a longer journal, than imports of files take."""
    change_setting("imports", setting("imports") | {"largest_mb": 1, "most_rows": 1, "most_previews": 1}, actor=person)
    entry = TradeAction.objects.filter(portfolio_asset__portfolio__user=person).latest("pk")
    for number in range(1_001):
        ScreenshotFactory(trade_action=entry, name=f"{number}.webp")
        default_storage.save(place_of(f"{number}.webp"), io.BytesIO(b"picture"))
    written = package(person)
    assert len(zipfile.ZipFile(io.BytesIO(written)).namelist()) > 1_000
    assert import_person(UserFactory(), io.BytesIO(written)).entries == 3
    monkeypatch.setattr(package_module, "LARGEST", 300)
    file = io.BytesIO()
    large = ["selection/watchlists.json", "portfolios/001/portfolio.json", "portfolios/001/journal.csv"]
    assert export_person(person, file) == large
    told = json.loads(zipfile.ZipFile(file).read(MANIFEST))
    assert told["too_large"] == large, "it says so itself"


def test_everything_is_in_it_and_no_secret(person: User) -> None:
    stranger = PortfolioFactory(name="foreign portfolio").user
    files = contents(package(person))
    told = json.loads(files[MANIFEST])
    assert told["schema_version"] == 1
    assert {*told["files"], MANIFEST} == set(files)
    assert len(json.loads(files["selection/watchlists.json"])) == 2
    ours = ("person", "notifications", "channels", "deliveries")
    for name in (*(f"accounts/{name}" for name in ours), "trading/alerts", "trading/exchange_accounts"):
        assert len(json.loads(files[f"{name}.json"])) == 1, name
    assert '"100.123456789012345678"' in files["portfolios/001/journal.json"]
    whole = "".join(files.values())
    for secret in (
        "secret-hash",
        "hash-of-token",
        "hash-of-session",
        "v1:sealed",
        "sealed-fields",
        stranger.email,
        "foreign portfolio",
    ):
        assert secret not in whole


def test_notes_and_pictures_of_the_journal_are_taken_away(person: User, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    entry = TradeAction.objects.filter(portfolio_asset__portfolio__user=person).order_by("pk")[0]
    write_note(entry, actor=person, text="Too early.")
    write_note(entry, actor=person, text="Too late.", tags=["fomo"])
    kept, gone = (add_screenshot(entry, picture(color), actor=person) for color in ("red", "blue"))
    foreign = ScreenshotFactory()
    default_storage.delete(place_of(gone.name))
    body = package(person)
    with zipfile.ZipFile(io.BytesIO(body)) as told:
        names = {name for name in told.namelist() if name.startswith("trading/screenshots/")}
        assert names == {f"trading/screenshots/{kept.name}"}
        assert Image.open(io.BytesIO(told.read(names.pop()))).size == (4, 3)
        versions = json.loads(told.read("trading/note_versions.json"))
        assert [one["text"] for one in versions] == ["Too early.", "Too late."]
        assert json.loads(told.read("trading/notes.json"))[0]["tags"] == ["fomo"]
        rows = json.loads(told.read("trading/screenshots.json"))
        assert {one["name"] for one in rows} == {kept.name, gone.name} != {foreign.name}
    assert import_person(UserFactory(), io.BytesIO(body)).entries == 3


def picture(color: str) -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (4, 3), color).save(file, "PNG")
    return io.BytesIO(file.getvalue())


def test_a_limit_that_is_not_allowed_here_is_left_out(person: User) -> None:
    body = package(person)
    change_setting("watchlist_limits", setting("watchlist_limits") | {"personal_max": 3}, actor=None)
    brought = import_person(other := UserFactory(), io.BytesIO(body))
    assert [text for text in brought.left_out if "max_assets" in text]
    assert Watchlist.objects.get(user=other, name="Mine").max_assets is None


def test_unknown_coins_are_named(person: User) -> None:
    body = package(person)
    AssetFactory._meta.model.objects.filter(symbol="ODD").update(symbol="GONE")
    brought = import_person(UserFactory(), io.BytesIO(body))
    assert brought.entries == 2
    assert [text for text in brought.left_out if "ODD" in text]


def changed(body: bytes, name: str, text: str | None) -> bytes:
    """The package with a file that is another one, or gone."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        for known, content in contents(body).items():
            if known != name:
                new.writestr(known, content)
            elif text is not None:
                new.writestr(known, text)
    return file.getvalue()


def test_what_was_changed_is_refused(person: User) -> None:
    body, other = package(person), UserFactory()
    manifest = contents(body)[MANIFEST]
    spoiled = [
        (b"no zip", "no export"),
        (body[:-100], "no export"),
        (changed(body, MANIFEST, None), "manifest"),
        (changed(body, MANIFEST, "[]"), "manifest"),
        (changed(body, MANIFEST, manifest.replace('"schema_version": 1', '"schema_version": 2')), "version 2"),
        (changed(body, "portfolios/001/journal.csv", "time,kind\n"), "was changed"),
        (changed(body, "selection/watchlists.json", None), "is missing"),
    ]
    for bad, words in spoiled:
        with pytest.raises(InvalidInput, match=words):
            import_person(other, io.BytesIO(bad))
    assert not Watchlist.objects.filter(user=other).exists()


def holding(body: bytes, name: str, change: Callable[[Any], None]) -> bytes:
    """The package with another content, which its manifest knows."""
    rows = json.loads(contents(body)[name])
    change(rows)
    text = json.dumps(rows).replace('"1e400"', "1e400")
    manifest = json.loads(contents(body)[MANIFEST])
    manifest["files"][name]["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    return changed(changed(body, name, text), MANIFEST, json.dumps(manifest))


LISTS, PORTFOLIO = "selection/watchlists.json", "portfolios/001/portfolio.json"
ODD: tuple[tuple[str, tuple[Any, ...], Any, str], ...] = (
    (LISTS, (0, "max_assets"), float("nan"), ""),
    (LISTS, (0, "max_assets"), "1e400", ""),
    (LISTS, (0, "max_assets"), "many", ".0.max_assets"),
    (LISTS, (0, "name"), {"a": 1}, ".0.name"),
    (LISTS, (0, "name"), "half \ud800", ""),
    (LISTS, (0, "entries"), "none", ".0.entries"),
    (LISTS, (0, "entries", 0, "weight"), "NaN", ".0.entries.0.weight"),
    (LISTS, (0, "entries", 0, "weight"), "1E+400", ".0.entries.0.weight"),
    (LISTS, (0, "entries", 0, "symbol"), [], ".0.entries.0.symbol"),
    (LISTS, (0, "entries", 0, "analysis_config"), 7, ".0.entries.0.analysis_config"),
    (LISTS, (1,), 5, ".1"),
    (PORTFOLIO, (0, "base_currency"), ["EUR"], ".0.base_currency"),
    (PORTFOLIO, (0, "cash_symbol"), {}, ".0.cash_symbol"),
    (PORTFOLIO, (0, "positions", 0, "leverage_ratio"), "Infinity", ".0.positions.0.leverage_ratio"),
    (PORTFOLIO, (0, "positions", 1, "allocation_target_percent"), [1], ".0.positions.1.allocation_target_percent"),
    (PORTFOLIO, (0, "manual_prices", 0, "price"), "sNaN", ".0.manual_prices.0.price"),
    (PORTFOLIO, (0, "manual_prices", 0, "priced_at"), 7, ".0.manual_prices.0.priced_at"),
    (PORTFOLIO, (0, "manual_prices", 0, "note"), [], ".0.manual_prices.0.note"),
)


@pytest.mark.parametrize(("name", "path", "value", "place"), ODD)
def test_an_odd_value_is_named_and_nothing_is_written(
    stored_package: bytes, name: str, path: tuple[Any, ...], value: Any, place: str
) -> None:
    def change(rows: Any) -> None:
        *way, last = path
        for step in way:
            rows = rows[step]
        rows[last] = value

    other = UserFactory()
    with pytest.raises(InvalidInput) as refused:
        import_person(other, io.BytesIO(holding(stored_package, name, change)))
    assert str(refused.value.faults[0].field).startswith(f"{name}{place}")
    assert name in str(refused.value)
    assert not Watchlist.objects.filter(user=other).exists()
    assert not Portfolio.objects.filter(user=other).exists()


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_module, "LARGEST", 5 * 2**20)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb, bomb.open(MANIFEST, "w") as inside:
        for _ in range(6):
            inside.write(bytes(2**20))
    with pytest.raises(LimitExceeded):
        import_person(UserFactory(), io.BytesIO(file.getvalue()))
