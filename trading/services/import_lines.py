"""From what a file or an exchange tells to entries of a journal: which coins are meant, what was paid in dollars."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from assets.models import Asset
from selection.compute.marks import AS_DOLLAR, DOLLAR, counts_as_dollar
from selection.models import Portfolio
from selection.selectors.rates import Moment, closes_at, currency_asset
from trading.choices import ActionType
from trading.compute.trade_files.lines import BadValue, Fault, Line
from trading.compute.trade_files.own import PRICED
from trading.compute.trade_files.pairs import FIAT
from trading.compute.trade_files.values import EXACT, PLACES, in_range
from trading.models import TradeAction
from trading.selectors.journal_export import NUMBERED, numbered
from trading.services.import_columns import further_columns
from trading.services.journal import NewEntry
from trading.services.journal.derivation import LEVELS

ONE = Decimal(1)
CANCELLED = "reverses"
"""Column of our own format by which an entry takes another one back."""


@dataclass(frozen=True)
class Draft:
    """An entry to be, the row it stands in, and the key of the other half of its transfer, if it has one."""

    row: int
    entry: NewEntry
    other_half: str = ""

    @property
    def key(self) -> str:
        return self.entry.client_key or ""


@dataclass(frozen=True)
class Prepared:
    """What would become of lines.

    Attributes:
        drafts: entries that the journal does not have.
        known: how many lines it has already.
        left_out: how many lines are about coins that are left out, about cash that is not tracked, or cancel each
            other.
        faults: lines that cannot be taken.
        unknown: symbols without an asset, with the number of their lines.
    """

    drafts: Sequence[Draft]
    known: int
    left_out: int
    faults: Sequence[Fault]
    unknown: Mapping[str, int]


def prepare(
    portfolio: Portfolio, lines: Sequence[Line], chosen: Mapping[str, int | None], *, accepts_missing: bool = False
) -> Prepared:
    """See what would become of lines; nothing is written.

    Args:
        portfolio: whose journal.
        lines: with keys.
        chosen: symbol → asset that the person means; None = leave out.
        accepts_missing: what closes more than is held counts as brought in.
    """
    meant = assets_meant(lines, chosen)
    book = _Book(portfolio, meant, _Worths(lines, meant), accepts_missing=accepts_missing)
    existing = _existing(portfolio, [line.key for line in lines])
    cancelled = {line.more[CANCELLED] for line in lines if line.kind == ActionType.REVERSAL and CANCELLED in line.more}
    unknown: Counter[str] = Counter()
    drafts: dict[str, Draft] = {}
    faults: list[Fault] = []
    known = left_out = 0
    for line in lines:
        missing = {name for name in symbols_of(line) if name not in meant and name not in chosen}
        if line.kind == ActionType.REVERSAL or line.key in cancelled:
            left_out += 1
        elif missing:
            unknown.update(missing)
        elif _is_left_out(line, portfolio, meant, chosen):
            left_out += 1
        else:
            try:
                draft = book.draft(line)
                if _is_known(draft, existing, drafts):
                    known += 1
                else:
                    drafts[draft.key] = draft
            except BadValue as error:
                faults.append(Fault.of(line.row, error))
    return Prepared(list(drafts.values()), known, left_out, faults, dict(unknown))


def symbols_of(line: Line) -> set[str]:
    """Coins that a line names; currencies of states need no asset."""
    names = {line.symbol, line.quote, line.fee_symbol if line.fee else None, line.more.get("settlement_symbol")}
    return {name for name in names if name and name not in FIAT}


def assets_meant(lines: Iterable[Line], chosen: Mapping[str, int | None]) -> dict[str, Asset]:
    """Assets that the symbols mean: as chosen, else the one of that symbol."""
    names = {name for line in lines for name in (line.symbol, *symbols_of(line))}
    by_id = {asset.pk: asset for asset in Asset.objects.filter(pk__in=[pk for pk in chosen.values() if pk])}
    meant = {asset.symbol: asset for asset in Asset.objects.filter(symbol__in=names)}
    for symbol, pk in chosen.items():
        if pk in by_id:
            meant[symbol] = by_id[pk]
        else:
            meant.pop(symbol, None)
    return meant


def _existing(portfolio: Portfolio, keys: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """What the journal says under these keys. An export names entries without a key by their number."""
    names = ("client_key", "action_type", "quantity", "executed_at", "portfolio_asset__asset_id")
    entries = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio)
    found = {row[0]: _to_the_second(row[1:]) for row in entries.filter(client_key__in=keys).values_list(*names)}
    numbers = [int(match[1]) for key in keys if (match := NUMBERED.fullmatch(key)) and key not in found]
    unnamed = entries.filter(pk__in=numbers, client_key__isnull=True)
    return found | {numbered(row[0]): _to_the_second(row[1:]) for row in unnamed.values_list("pk", *names[1:])}


def _is_known(draft: Draft, existing: Mapping[str, tuple[Any, ...]], drafts: Mapping[str, Draft]) -> bool:
    """Whether the journal, or an earlier row, has the entry.

    Raises:
        BadValue: it has another one under this key.
    """
    said = _said(draft.entry)
    if draft.key in drafts:
        if _said(drafts[draft.key].entry) == said:
            return True
        raise BadValue("key", "duplicate", draft.key)
    if draft.key not in existing:
        return False
    if existing[draft.key] != said:
        if NUMBERED.fullmatch(draft.key):  # the number of another installation's entry
            return False
        raise BadValue("key", "key_taken", draft.key)
    return True


def _said(entry: NewEntry) -> tuple[Any, ...]:
    return _to_the_second((entry.action_type, entry.quantity or Decimal(0), entry.executed_at, entry.asset.pk))


def _to_the_second(said: tuple[Any, ...]) -> tuple[Any, ...]:
    """Files of an exchange and its answers tell the same moment with more or fewer digits."""
    kind, quantity, at, asset_id = said
    return (kind, quantity, at.replace(microsecond=0), asset_id)


def _is_left_out(
    line: Line, portfolio: Portfolio, meant: Mapping[str, Asset], chosen: Mapping[str, int | None]
) -> bool:
    if line.symbol in FIAT:
        return not portfolio.tracks_cash
    return any(name in chosen and name not in meant for name in symbols_of(line))


class _Worths:
    """Dollars per unit of what was paid with, at the moments of the lines, looked up at once."""

    def __init__(self, lines: Iterable[Line], meant: Mapping[str, Asset]) -> None:
        wanted = [(currency, line.at) for line in lines for currency in _currencies(line) if currency != DOLLAR]
        self.meant = meant
        names = {name for name, _at in wanted}
        self.ids = {name: currency_asset(name) if name in FIAT else _id(meant.get(name)) for name in names}
        moments: list[Moment] = [(pk, at) for name, at in wanted if (pk := self.ids[name]) is not None]
        self.closes = closes_at(moments) if moments else {}

    def of(self, symbol: str, at: datetime, marks: set[str]) -> Decimal:
        """Dollars per unit. Some coins count as one where no rate is known, and are marked.

        Raises:
            BadValue: not known.
        """
        if symbol == DOLLAR:
            return ONE
        pk = self.ids.get(symbol)
        rate = None if pk is None else self.closes.get((pk, at))
        asset = self.meant.get(symbol)
        if rate is None and asset is not None and counts_as_dollar(asset.symbol):
            marks.add(f"{AS_DOLLAR}:{asset.pk}")
            return ONE
        if rate is None:
            raise BadValue("price", "no_rate", symbol)
        return rate


def _id(asset: Asset | None) -> int | None:
    return None if asset is None else asset.pk


def _currencies(line: Line) -> set[str]:
    """What a price or a fee is counted in."""
    named = {name for name in (line.symbol, line.fee_symbol) if name in FIAT}
    return {name for name in (*named, line.quote if line.price is not None else None) if name}


class _Book:
    """Makes entries of lines."""

    def __init__(
        self, portfolio: Portfolio, meant: Mapping[str, Asset], worths: _Worths, *, accepts_missing: bool
    ) -> None:
        self.portfolio, self.meant, self.worths, self.accepts_missing = portfolio, meant, worths, accepts_missing

    def draft(self, line: Line) -> Draft:
        """The entry of a line. What the file does not tell of prices is left to the journal.

        Raises:
            BadValue: no rate of what was paid with is known, or an amount does not fit its column.
        """
        marks: set[str] = set()
        asset, quantity = self._moved(line, marks)
        values: dict[str, Any] = {
            "quantity": quantity,
            "price": self._price(line, marks),
            "venue": line.venue or None,
            "external_id": line.external_id[:100] or None,
            "client_key": line.key,
            "notes": line.notes,
            "accepts_missing": self.accepts_missing,
            **self._settlement(line),
            **self._fee(line, marks),
        }
        further, other_half = further_columns(line, self.meant)
        marks.update(further.pop("assumptions", ()))
        level = LEVELS.get(line.kind)
        values["lifts_level"] = level is not None and further.get(level) is None
        entry = NewEntry(asset, line.kind, line.at, **values | further, assumptions=tuple(sorted(marks)))
        return Draft(line.row, entry, other_half)

    def _moved(self, line: Line, marks: set[str]) -> tuple[Asset, Decimal | None]:
        """What is traded or moved, and how much of it. Currencies of states are the portfolio's cash, in dollars."""
        cash = self.portfolio.cash_asset
        if line.symbol not in FIAT or cash is None:
            return self.meant[line.symbol], line.quantity or None
        dollars = EXACT.multiply(line.quantity, self.worths.of(line.symbol, line.at, marks))
        return cash, _fitting(dollars, "quantity") or None

    def _price(self, line: Line, marks: set[str]) -> Decimal | None:
        if line.price is None or line.quote is None:
            return None
        return _fitting(EXACT.multiply(line.price, self.worths.of(line.quote, line.at, marks)), "price")

    def _settlement(self, line: Line) -> dict[str, Any]:
        """The coins that were paid with or received."""
        if line.kind not in PRICED or line.price is None or line.quote is None or line.quote in FIAT:
            return {}
        paid = EXACT.multiply(line.quantity, line.price).quantize(PLACES, context=EXACT)
        if not paid:
            return {}
        return {"settlement_asset": self.meant[line.quote], "settlement_quantity": _fitting(paid, "price")}

    def _fee(self, line: Line, marks: set[str]) -> dict[str, Any]:
        """The fee: of a currency in dollars, of a coin in coins, whose worth the journal looks up."""
        if not line.fee:
            return {}
        symbol = line.fee_symbol or line.quote or DOLLAR
        if symbol in FIAT:
            return {"fee": _fitting(EXACT.multiply(line.fee, self.worths.of(symbol, line.at, marks)), "fee")}
        return {"fee_asset": self.meant[symbol], "fee_quantity": line.fee}


def _fitting(amount: Decimal, name: str) -> Decimal:
    """The amount with the places of its column.

    Raises:
        BadValue: it does not fit.
    """
    return in_range(amount.quantize(PLACES, context=EXACT), name, f"{amount:.18f}")
