"""Imports of trades: a file is previewed, the person says what unknown symbols mean, and it is booked once.

Nothing of a file is written into the journal before that; a file that is sent again adds nothing.
"""

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from assets.models import Asset
from selection.models import Portfolio
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed, TooLargeError
from system.selectors.settings import setting
from system.services import record_change
from trading.choices import ImportStatus
from trading.compute.trade_files.layouts import read
from trading.compute.trade_files.lines import BadValue, Fault, Line, with_keys
from trading.compute.trade_files.reading import Source
from trading.compute.trade_files.records import Options
from trading.models import TradeImport
from trading.services.booking import book, impossible
from trading.services.import_lines import Draft, Prepared, prepare
from trading.services.import_words import sentence
from trading.services.journal.booking import locked

LIMITS = "imports"
"""Group of settings."""
WHOLE = {"largest_mb": 2**20, "most_rows": 2**31, "most_previews": 2**31}
"""No limits: of what has been measured by others, or was read within them before."""
MOST_ERRORS = 1000
"""Faults that a preview keeps; all are counted."""


@transaction.atomic
def preview_import(
    portfolio: Portfolio,
    file: IO[bytes],
    *,
    actor: User,
    name: str,
    source: str = "",
    decimal_comma: bool = False,
    accepts_missing: bool = False,
    is_of_export: bool = False,
    now: datetime | None = None,
) -> TradeImport:
    """Read a file and see what would become of it; nothing is booked. The same file again gives the same preview.

    Args:
        portfolio: whose trades.
        file: opened for bytes, at its start.
        actor: who sends it.
        name: its name, to show.
        source: the format it must be in (own, binance, coinbase, kraken); empty = told by its header.
        decimal_comma: numbers are written 1.234,56.
        accepts_missing: book what closes more than is held as brought in, marked.
        is_of_export: it is the journal of an export of a person, which comes in whole, however long it is.
        now: the present moment.
    Raises:
        NotAllowed: not their portfolio.
        InvalidInput: no file of trades, or of another format; the text names the place.
        TooLargeError: too large, too many rows.
        LimitExceeded: too many previews.
    """
    now = now or timezone.now()
    _require_owner(portfolio, actor)
    limits = setting(LIMITS) | (WHOLE if is_of_export else {})
    locked(portfolio)
    content = _Keeping(file, limits["largest_mb"] * 2**20)
    layout, lines, faults = _read(content, Options(now, decimal_comma), limits)
    if source and source != layout.source:
        message = _("This is a file of %(found)s, not of %(source)s.") % {"found": layout.source, "source": source}
        raise InvalidInput(message, field="source", code="unknown_format")
    previews = TradeImport.objects.filter(portfolio=portfolio, status=ImportStatus.PREVIEW)
    row = previews.select_for_update().filter(file_hash=content.hash, decimal_comma=decimal_comma).first()
    if row is None:
        if previews.count() >= limits["most_previews"]:
            raise LimitExceeded(_("There are %(most)s previews already.") % {"most": limits["most_previews"]})
        row = TradeImport(
            portfolio=portfolio,
            created_by=actor,
            source=layout.source,
            layout=layout.name,
            file_name=" ".join(name.split())[:255],
            file_hash=content.hash,
            file_bytes=content.size,
            decimal_comma=decimal_comma,
            content=content.packed,
            expires_at=now + timedelta(hours=limits["preview_hours"]),
        )
    row.accepts_missing = accepts_missing
    _judge(row, lines, faults, actor)
    row.save()
    return row


@transaction.atomic
def choose_symbols(row: TradeImport, chosen: Mapping[str, int | None], *, actor: User) -> TradeImport:
    """Say which assets the symbols of a file mean; None leaves a coin out. What was chosen before stays.

    Raises:
        NotAllowed: not their portfolio.
        InvalidInput: a symbol that the file does not name as unknown, or an asset that is not there.
        ConflictError: the preview is booked or has expired.
    """
    row = _locked(row, actor)
    _require_open(row, timezone.now())
    check_choice(chosen, {*row.unknown_symbols, *row.symbols})
    row.symbols = row.symbols | dict(chosen)
    _judge(row, *_again(row), actor)
    row.save()
    return row


def check_choice(chosen: Mapping[str, int | None], symbols: set[str]) -> None:
    """Refuse a choice that names what is not there.

    Raises:
        InvalidInput: a symbol that nobody asked about, or an asset that is not there.
    """
    strange = next((symbol for symbol in chosen if symbol not in symbols), None)
    if strange is not None:
        raise InvalidInput(_("%(symbol)s is no unknown symbol.") % {"symbol": strange}, field="symbols")
    wanted = {pk for pk in chosen.values() if pk is not None}
    absent = wanted - set(Asset.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if absent:
        raise InvalidInput(_("There is no asset %(id)s.") % {"id": min(absent)}, field="symbols")


@transaction.atomic
def confirm_import(row: TradeImport, *, actor: User, now: datetime | None = None) -> TradeImport:
    """Book a preview: all of its sound rows or none. A second time changes nothing.

    Raises:
        NotAllowed: not their portfolio.
        ConflictError: symbols without an asset are left, the preview has expired, or the journal does not allow what
            the file tells; the text names the row.
    """
    row = _locked(row, actor)
    if row.status == ImportStatus.BOOKED:
        return row
    now = now or timezone.now()
    _require_open(row, now)
    lines, faults = _again(row)
    prepared = _judge(row, lines, faults)
    if prepared.unknown:
        symbols = ", ".join(sorted(prepared.unknown))
        message = _("Choose which assets are meant, or leave them out: %(symbols)s.") % {"symbols": symbols}
        raise ConflictError(message, field="symbols", code="unknown_symbols")
    book(row.portfolio, prepared.drafts, actor=actor)
    row.status, row.content, row.booked_at = ImportStatus.BOOKED, None, now
    row.save()
    details = {"source": row.source, "file": row.file_name, "entries": row.new, "sha256": row.file_hash}
    record_activity(actor, activity_type="import_trades", action="create", entity=row.portfolio, details=details)
    record_change(row, AuditOperation.ACTION, actor=actor, new=details, details=f"booked {row.file_name}")
    return row


def drafts_of(row: TradeImport) -> Sequence[Draft]:
    """Entries that booking a preview would write, in the order of the file; nothing is written."""
    lines, _faults = _again(row)
    return prepare(row.portfolio, lines, row.symbols, accepts_missing=row.accepts_missing).drafts


def expire_imports(now: datetime) -> int:
    """Give up previews whose time has passed; their content goes.

    Returns:
        How many.
    """
    old = TradeImport.objects.filter(status=ImportStatus.PREVIEW, expires_at__lte=now)
    return old.update(status=ImportStatus.EXPIRED, content=None)


class _Keeping(io.RawIOBase):
    """Reads a file, bounded, and keeps it packed on the way."""

    def __init__(self, file: IO[bytes], largest: int) -> None:
        self.source = Source(self, largest)
        self.file, self.packer, self.parts = file, zlib.compressobj(6), list[bytes]()

    def read(self, size: int = -1, /) -> bytes:
        block = self.file.read(size)
        if block:
            self.parts.append(self.packer.compress(block))
        return block

    @property
    def packed(self) -> bytes:
        return b"".join([*self.parts, self.packer.flush()])

    @property
    def hash(self) -> str:
        return self.source.digest.hexdigest()

    @property
    def size(self) -> int:
        return self.source.size


def _read(content: _Keeping, options: Options, limits: Mapping[str, int]) -> tuple[Any, list[Line], list[Fault]]:
    """Layout, lines and faults of a file.

    Raises:
        InvalidInput: it is no file of trades.
        TooLargeError: it is too large.
    """
    lines: list[Line] = []
    faults: list[Fault] = []
    try:
        reading = read(content.source, options)
        for one in reading.found:
            if isinstance(one, Fault):
                faults.append(one)
            else:
                lines.append(one)
            _require_few(len(lines) + len(faults), limits["most_rows"])
    except BadValue as error:
        kind = TooLargeError if error.code in {"too_large_file", "too_many_rows"} else InvalidInput
        code = {"too_large_file": "too_large", "too_many_rows": "too_large"}.get(error.code, error.code)
        raise kind(f"{sentence(asdict(Fault.of(0, error)))}.", field="file", code=code) from None
    return reading.layout, with_keys(lines), faults


def _require_few(rows: int, most: int) -> None:
    if rows > most:
        raise BadValue("file", "too_many_rows", str(most))


def _again(row: TradeImport) -> tuple[list[Line], list[Fault]]:
    """Lines and faults of a preview, read as when it was sent."""
    file = io.BytesIO(zlib.decompress(bytes(row.content or b"")))
    content = _Keeping(file, max(row.file_bytes, 1))
    _layout, lines, faults = _read(content, Options(row.created_at or timezone.now(), row.decimal_comma), WHOLE)
    return lines, faults


def _judge(row: TradeImport, lines: Sequence[Line], faults: Sequence[Fault], actor: User | None = None) -> Prepared:
    """Bring the counts of a preview up to date; with an actor the journal is tried, too."""
    prepared = prepare(row.portfolio, lines, row.symbols, accepts_missing=row.accepts_missing)
    tried = [] if actor is None or prepared.unknown else impossible(row.portfolio, prepared.drafts, actor=actor)
    found = sorted([*faults, *prepared.faults, *tried], key=lambda fault: (fault.row, fault.field))
    row.lines, row.new, row.known = len(lines), len(prepared.drafts), prepared.known
    row.left_out, row.faulty = prepared.left_out, len({fault.row for fault in found})
    row.errors = [asdict(fault) for fault in found[:MOST_ERRORS]]
    row.unknown_symbols = dict(prepared.unknown)
    return prepared


def _locked(row: TradeImport, actor: User) -> TradeImport:
    """The preview as it stands, locked behind its portfolio: who previews, chooses and books waits in that order.

    Raises:
        NotAllowed: not their portfolio.
    """
    portfolio = locked(row.portfolio)
    _require_owner(portfolio, actor)
    row = TradeImport.objects.select_for_update().get(pk=row.pk)
    row.portfolio = portfolio
    return row


def _require_open(row: TradeImport, now: datetime) -> None:
    """Refuse what is no preview any more.

    Raises:
        ConflictError: it is booked or has expired.
    """
    if row.status != ImportStatus.PREVIEW or row.expires_at <= now:
        raise ConflictError(_("This preview is booked or has expired; send the file again."), code="not_open")


def _require_owner(portfolio: Portfolio, actor: User) -> None:
    if portfolio.user_id != actor.pk:
        raise NotAllowed(_("This is not your portfolio."))
