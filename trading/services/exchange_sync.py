"""Accounts at exchanges: read page by page into records, booked from there. Breaking off loses and doubles nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from system.choices import AuditOperation
from system.exceptions import ConflictError, DomainError
from system.services import record_change
from trading.choices import AccountStatus
from trading.compute.trade_files.lines import Fault
from trading.compute.trade_files.stored import restored, stored
from trading.models import ExchangeAccount, ExchangeRecord
from trading.providers.accounts import reader
from trading.providers.reading import AccountReader, KeyRefused, Page
from trading.services.booking import book, impossible
from trading.services.exchange_accounts import opened_key, refuse_withdrawal
from trading.services.import_lines import Draft, prepare, symbols_of
from trading.services.import_words import sentence

MOST_PAGES = 500
"""Calls of one reading; the next one goes on from there."""
MOST_TRIALS = 10
LOCK = 0x43505853
"""First half of the advisory locks of accounts that are being read."""


@dataclass
class SyncReport:
    """What a reading did.

    Attributes:
        pages: answers that were read.
        fetched: records that were not known before.
        booked: entries that the journal got.
        waiting: records that cannot be booked yet.
        is_complete: nothing was left to ask for.
        faults: records that cannot be read or booked, in words.
    """

    pages: int = 0
    fetched: int = 0
    booked: int = 0
    waiting: int = 0
    is_complete: bool = True
    faults: list[str] = field(default_factory=list)


def active_accounts() -> list[int]:
    """Accounts that are read: those that are switched on, of portfolios that are in use."""
    accounts = ExchangeAccount.objects.filter(status=AccountStatus.ACTIVE, portfolio__is_active=True)
    return list(accounts.order_by("pk").values_list("pk", flat=True))


def sync_account(account_id: int, *, now: datetime | None = None) -> SyncReport:
    """Read what is new in an account and book it. Repeatable; two at once do not read the same account.

    Raises:
        ConflictError: it is being read already, or is not active.
        KeyRefused: the exchange does not accept the key any more, or it may withdraw; the account is set aside.
        DomainError: the exchange did not answer, and what was read until then is booked; or the journal is impossible
            already, and nothing can be booked.
    """
    now = now or timezone.now()
    with _alone(account_id):
        account = ExchangeAccount.objects.select_related("portfolio__user").get(pk=account_id)
        if account.status != AccountStatus.ACTIVE:
            raise ConflictError(_("This account is not read at present."), code="not_active")
        report = SyncReport()
        try:
            _read(account, report, now)
        except KeyRefused as error:
            _end(account, report, str(error), status=AccountStatus.REFUSED)
            raise
        except DomainError as error:
            _book_or_end(account, report)
            _end(account, report, str(error))
            raise
        _book_or_end(account, report)
        _end(account, report, "; ".join(report.faults) or None, at=now if report.is_complete else None)
        return report


def _book_or_end(account: ExchangeAccount, report: SyncReport) -> None:
    """Book what waits; where the journal allows nothing, the account says why."""
    try:
        book_records(account, report)
    except DomainError as error:
        _end(account, report, str(error))
        raise


def _read(account: ExchangeAccount, report: SyncReport, now: datetime) -> None:
    """Pages of every kind, each stored with its cursor in one transaction."""
    source = reader(account.exchange, opened_key(account), pairs=account.pairs, coins=_coins(account))
    account.permissions = list(source.permissions())
    refuse_withdrawal(account.permissions)
    for kind in source.kinds:
        for page in _pages(source, account, kind, now, report):
            _store(account, kind, page, report)


def _pages(
    source: AccountReader, account: ExchangeAccount, kind: str, now: datetime, report: SyncReport
) -> Iterator[Page]:
    now_ms = int(now.timestamp() * 1000)
    while report.pages < MOST_PAGES:
        page = source.page(kind, account.cursors.get(kind, {}), now_ms)
        report.pages += 1
        yield page
        if page.is_last:
            return
    report.is_complete = False


@transaction.atomic
def _store(account: ExchangeAccount, kind: str, page: Page, report: SyncReport) -> None:
    lines = {line.key: line for line in page.lines}
    known = set(ExchangeRecord.objects.filter(account=account, key__in=lines).values_list("key", flat=True))
    new = [line for key, line in lines.items() if key not in known]
    ExchangeRecord.objects.bulk_create(
        ExchangeRecord(account=account, key=line.key, line=stored(line), occurred_at=line.at) for line in new
    )
    report.fetched += len(new)
    report.faults += [f"{kind}: {sentence(asdict(fault))}" for fault in page.faults]
    account.cursors = account.cursors | {kind: dict(page.cursor)}
    account.save(update_fields=["cursors", "permissions"])


def book_records(account: ExchangeAccount, report: SyncReport | None = None) -> SyncReport:
    """Book the records that wait. What the journal does not allow waits on, with the reason."""
    report = report or SyncReport()
    with transaction.atomic():
        waiting = ExchangeRecord.objects.select_for_update().filter(account=account, booked_at__isnull=True)
        records = list(waiting.order_by("occurred_at", "pk"))
        faults, unbooked = _book(account, records, report)
        for record in records:
            record.fault = faults.get(record.pk)
            record.booked_at = None if record.pk in unbooked else timezone.now()
        ExchangeRecord.objects.bulk_update(records, ["fault", "booked_at"], batch_size=1000)
        account.save(update_fields=["unknown_symbols"])
    report.waiting = len(unbooked)
    return report


def _book(
    account: ExchangeAccount, records: Sequence[ExchangeRecord], report: SyncReport
) -> tuple[Mapping[int, dict[str, str]], set[int]]:
    """Book what can be booked: faults by record, and which records are left."""
    by_row = dict(enumerate(records, 1))
    lines = [replace(restored(record.line), row=row, key=record.key) for row, record in by_row.items()]
    prepared = prepare(account.portfolio, lines, account.symbols, accepts_missing=account.accepts_missing)
    account.unknown_symbols = dict(prepared.unknown)
    drafts, refused = _possible(account, prepared.drafts)
    book(account.portfolio, drafts, actor=account.portfolio.user)
    report.booked += len(drafts)
    faults = [*prepared.faults, *refused]
    report.faults += [f"{by_row[fault.row].key}: {sentence(asdict(fault) | {'row': 0})}" for fault in faults]
    booked = {draft.row for draft in drafts}
    left = {draft.row for draft in prepared.drafts if draft.row not in booked} | {fault.row for fault in faults}
    left |= {line.row for line in lines if symbols_of(line) & prepared.unknown.keys()}
    said = {by_row[one.row].pk: {"field": one.field, "code": one.code, "shown": one.shown} for one in faults}
    return said, {by_row[row].pk for row in left}


def _possible(account: ExchangeAccount, drafts: Sequence[Draft]) -> tuple[Sequence[Draft], list[Fault]]:
    """Drafts that the journal allows, and why not the others. Leaving one out may make another one impossible."""
    faults: list[Fault] = []
    left = list(drafts)
    for _trial in range(MOST_TRIALS):
        refused = impossible(account.portfolio, left, actor=account.portfolio.user)
        if not refused:
            return left, faults
        faults += refused
        rows = {fault.row for fault in refused}
        left = [draft for draft in left if draft.row not in rows]
    return [], faults


def _coins(account: ExchangeAccount) -> list[str]:
    """Coins that the account has moved or traded."""
    return sorted(set(account.records.values_list("line__symbol", flat=True)))


def _end(
    account: ExchangeAccount,
    report: SyncReport,
    error: str | None,
    *,
    status: AccountStatus | None = None,
    at: datetime | None = None,
) -> None:
    """Note how a reading ended. What is not complete keeps the time of the last one that was."""
    account.last_error = error
    account.status = status or account.status
    account.last_synced_at = at or account.last_synced_at
    account.save(update_fields=["last_error", "status", "last_synced_at", "permissions"])
    details = {"pages": report.pages, "fetched": report.fetched, "booked": report.booked, "waiting": report.waiting}
    record_change(account, AuditOperation.ACTION, actor=None, new=details, details=f"read {account}")


@contextmanager
def _alone(account_id: int) -> Iterator[None]:
    """Nobody else reads the account meanwhile, on whatever machine; a lock of a process that dies goes with it.

    Raises:
        ConflictError: somebody does.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, account_id])
        if not cursor.fetchone()[0]:
            raise ConflictError(_("This account is being read already."), code="in_progress")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, account_id])
