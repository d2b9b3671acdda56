"""Lists, portfolios and journals of an export into another installation. What is there already counts once."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from assets.models import Asset
from cryptopredict.portability.forms import ListForm, PortfolioForm, rows_of
from cryptopredict.portability.package import Reader
from selection.models import ManualPrice, Portfolio, PortfolioAsset, Watchlist
from selection.selectors.portable import OF_ENTRIES, OF_LISTS, OF_POSITIONS
from selection.services.own_portfolios import create_portfolio
from selection.services.watchlists import add_to_watchlist, create_watchlist
from system.exceptions import DomainError, InvalidInput
from system.services import change_row
from trading.choices import ImportSource
from trading.models import TradeImport
from trading.services import change_keeping, state_price, us_dollar
from trading.services.import_words import sentence
from trading.services.imports import choose_symbols, confirm_import, preview_import

LISTS = "selection/watchlists.json"
OWN_WORDS = tuple(name for name in OF_POSITIONS if name not in {"asset_type", "leverage_ratio", "sort_order"})


@dataclass
class Brought:
    """What an import brought.

    Attributes:
        watchlists: lists that were made.
        portfolios: portfolios that were made.
        entries: journal entries that were new.
        left_out: what could not be brought, in words.
    """

    watchlists: int = 0
    portfolios: int = 0
    entries: int = 0
    left_out: list[str] = field(default_factory=list)


@transaction.atomic
def import_person(user: User, file: IO[bytes]) -> Brought:
    """Bring in lists, portfolios and journals: all of them or none. A second time adds nothing.

    Args:
        user: whose they become.
        file: opened for bytes.
    Raises:
        InvalidInput: it is no export, was changed, or holds a value that cannot be, each named by its place.
        TooLargeError: it is too large.
        ConflictError: a journal does not fit the portfolio of the same name that is there.
    """
    reader = Reader(file)
    brought = Brought()
    if LISTS in reader.names():
        for one in rows_of(ListForm, reader.json(LISTS), LISTS):
            _watchlist(user, one, brought)
    for name in reader.names():
        place, _slash, last = name.rpartition("/")
        if last == "portfolio.json":
            for one in rows_of(PortfolioForm, reader.json(name), name):
                _portfolio(user, one, reader.bytes(f"{place}/journal.csv"), brought)
    return brought


def _watchlist(user: User, told: Mapping[str, Any], brought: Brought) -> None:
    """A list and its entries; into the list of the same name, if there is one."""
    name = told["name"]
    found = Watchlist.objects.filter(user=user, name=name, is_active=True).first()
    if found is None:
        found = _made_list(user, name, told, brought)
    listed = set(found.entries.values_list("asset__symbol", "position_type"))
    for entry in told.get("entries") or ():
        symbol, kind = entry["symbol"], entry["position_type"]
        if (symbol, kind) in listed:
            continue
        asset = Asset.objects.filter(symbol=symbol).first()
        try:
            if asset is None:
                raise InvalidInput(_("%(symbol)s is not known here.") % {"symbol": symbol})
            said = {name: entry[name] for name in OF_ENTRIES if entry.get(name) is not None}
            add_to_watchlist(found, asset, actor=user, **said | {"position_type": kind})
        except DomainError as error:
            brought.left_out.append(f"{name}: {error}")


def _made_list(user: User, name: str, told: Mapping[str, Any], brought: Brought) -> Watchlist:
    """An empty list with the settings of the exported one; a limit that is not allowed here is left out."""
    settings = {field: told[field] for field in OF_LISTS if told.get(field) is not None}
    brought.watchlists += 1
    try:
        return create_watchlist(name, actor=user, **settings)
    except InvalidInput as error:
        if error.field != "max_assets":
            raise
        brought.left_out.append(f"{name}: {error}")
        return create_watchlist(name, actor=user, **settings | {"max_assets": None})


def _portfolio(user: User, told: Mapping[str, Any], journal: bytes, brought: Brought) -> None:
    """A portfolio with its journal; into the portfolio of the same name, if there is one. Deleted ones stay deleted."""
    if told.get("is_active") is False:
        return
    name = told["name"]
    found = Portfolio.objects.filter(user=user, name=name, is_active=True).first()
    is_new = found is None
    if found is None:
        found = _made(user, name, told, brought)
    for price in told.get("manual_prices") or ():
        _price(found, price, user, brought)
    brought.entries += _journal(found, journal, user, brought)
    for position in told.get("positions") or () if is_new else ():
        _position(found, position, user)


def _made(user: User, name: str, told: Mapping[str, Any], brought: Brought) -> Portfolio:
    """An empty portfolio that is kept as the exported one was."""
    cash = told.get("cash_symbol")
    asset = us_dollar() if cash == "USD" else Asset.objects.filter(symbol=cash).first() if cash else None
    if cash and asset is None:
        brought.left_out.append(f"{name}: {cash}")
    portfolio = create_portfolio(name, actor=user, is_paper=told.get("is_paper") is True)
    brought.portfolios += 1
    keeping = {"base_currency": told.get("base_currency"), "lot_method": told.get("lot_method"), "cash_asset": asset}
    return change_keeping(portfolio, actor=user, **keeping)


def _price(portfolio: Portfolio, told: Mapping[str, Any], user: User, brought: Brought) -> None:
    asset = Asset.objects.filter(symbol=told["symbol"]).first()
    if asset is None:
        brought.left_out.append(f"{portfolio.name}: {told['symbol']}")
        return
    at, price = told["priced_at"], told["price"]
    if not ManualPrice.objects.filter(portfolio=portfolio, asset=asset, priced_at=at).exists():
        state_price(portfolio, asset, actor=user, price=price, priced_at=at, note=told.get("note") or "")


def _journal(portfolio: Portfolio, journal: bytes, user: User, brought: Brought) -> int:
    """New entries of a journal, by way of an import like any other."""
    file = io.BytesIO(journal)
    row = preview_import(portfolio, file, actor=user, name="journal.csv", source=ImportSource.OWN, is_of_export=True)
    if row.unknown_symbols:
        brought.left_out += [f"{portfolio.name}: {symbol}" for symbol in sorted(row.unknown_symbols)]
        row = choose_symbols(row, dict.fromkeys(row.unknown_symbols), actor=user)
    brought.left_out += [f"{portfolio.name}: {sentence(fault)}" for fault in row.errors]
    booked: TradeImport = confirm_import(row, actor=user)
    return booked.new


def _position(portfolio: Portfolio, told: Mapping[str, Any], user: User) -> None:
    """What was decided about a position, where the journal has made it."""
    found = PortfolioAsset.objects.filter(
        portfolio=portfolio,
        asset__symbol=told["symbol"],
        asset_type=told.get("asset_type"),
        leverage_ratio=told.get("leverage_ratio"),
    ).first()
    if found is not None:
        change_row(found, actor=user, changes={name: told.get(name) for name in OWN_WORDS})
