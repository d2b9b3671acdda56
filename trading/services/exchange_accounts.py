"""Accounts at exchanges: entered with a key that may only read, changed, taken away. A key is never shown again."""

import json
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from selection.models import Portfolio
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NotAllowed
from system.sealing import seal, unseal
from system.services import record_change
from trading.choices import AccountStatus
from trading.models import ExchangeAccount
from trading.providers.accounts import reader
from trading.providers.connection import Key
from trading.providers.reading import KeyRefused
from trading.services.imports import check_choice

PURPOSE = "exchange key"
SHORTEST, LONGEST = 8, 4000
"""Characters of a key or secret; Coinbase's secrets are whole PEM files."""
WITHDRAWING = frozenset({"withdraw"})
MOST_PAIRS = 500


def connect_account(
    portfolio: Portfolio,
    *,
    actor: User,
    exchange: str,
    label: str,
    key: str,
    secret: str,
    pairs: Sequence[str] = (),
    accepts_missing: bool = False,
) -> ExchangeAccount:
    """Enter an account. The exchange is asked what the key may do before anything is kept.

    Args:
        portfolio: where its trades go.
        actor: the owner of the portfolio.
        exchange: its id.
        label: the person's name for the account.
        key: API key.
        secret: its secret.
        pairs: to ask for besides those that are found (Binance tells trades by pair only).
        accepts_missing: book what closes more than is held as brought in, marked.
    Raises:
        NotAllowed: not their portfolio.
        InvalidInput: an exchange that cannot be read, or a label, key or pair that makes no sense.
        KeyRefused: the exchange does not accept the key, or it may withdraw.
        ConflictError: there is an account of this name.
    """
    if portfolio.user_id != actor.pk:
        raise NotAllowed(_("This is not your portfolio."))
    label = " ".join(label.split())
    if not 1 <= len(label) <= 50:
        raise InvalidInput(_("An account needs a name of at most 50 characters."), field="label")
    pair = Key(_sound(key, "key"), _sound(secret, "secret"))
    wanted = _pairs(pairs)
    permissions = list(reader(exchange, pair, pairs=wanted).permissions())
    refuse_withdrawal(permissions)
    with transaction.atomic():
        Portfolio.objects.select_for_update().get(pk=portfolio.pk)
        same = ExchangeAccount.objects.filter(portfolio=portfolio, exchange=exchange, label=label)
        if same.exists():
            raise ConflictError(_("There is an account of this name already."), field="label")
        account = ExchangeAccount.objects.create(
            portfolio=portfolio,
            created_by=actor,
            exchange=exchange,
            label=label,
            key_hint=f"…{pair.key[-4:]}",
            sealed_key="",
            permissions=permissions,
            pairs=wanted,
            accepts_missing=accepts_missing,
        )
        _seal(account, pair)
        details = {"exchange": exchange, "label": label, "permissions": permissions}
        record_activity(actor, activity_type="connect_exchange", action="create", entity=portfolio, details=details)
        record_change(account, AuditOperation.INSERT, actor=actor, new=details)
    return account


@transaction.atomic
def change_account(
    account: ExchangeAccount,
    *,
    actor: User,
    is_active: bool | None = None,
    symbols: Mapping[str, int | None] | None = None,
    pairs: Sequence[str] | None = None,
    accepts_missing: bool | None = None,
) -> ExchangeAccount:
    """Pause or resume an account, say what unknown symbols mean, which pairs to ask for, how to book what is missing.

    Raises:
        NotAllowed: not their account.
        InvalidInput: a symbol, asset or pair that is not there.
        ConflictError: the key was refused: enter it anew.
    """
    account = _own(account, actor)
    old = {"status": account.status, "symbols": account.symbols, "pairs": account.pairs}
    if is_active is not None:
        if account.status == AccountStatus.REFUSED:
            raise ConflictError(_("The exchange refused this key; enter another one."), code="key_refused")
        account.status = AccountStatus.ACTIVE if is_active else AccountStatus.PAUSED
    if symbols is not None:
        check_choice(symbols, {*account.unknown_symbols, *account.symbols})
        account.symbols = account.symbols | dict(symbols)
    if pairs is not None:
        account.pairs = _pairs(pairs)
    if accepts_missing is not None:
        account.accepts_missing = accepts_missing
    account.save()
    new = {"status": account.status, "symbols": account.symbols, "pairs": account.pairs}
    record_change(account, AuditOperation.UPDATE, actor=actor, old=old, new=new)
    return account


def renew_key(account: ExchangeAccount, *, actor: User, key: str, secret: str) -> ExchangeAccount:
    """Enter another key for an account; what was read with the old one stays.

    Raises:
        NotAllowed: not their account.
        KeyRefused: the exchange does not accept the key, or it may withdraw.
    """
    pair = Key(_sound(key, "key"), _sound(secret, "secret"))
    if account.portfolio.user_id != actor.pk:
        raise NotAllowed(_("This is not your account."))
    permissions = list(reader(account.exchange, pair).permissions())
    refuse_withdrawal(permissions)
    with transaction.atomic():
        account = _own(account, actor)
        account.key_hint, account.permissions = f"…{pair.key[-4:]}", permissions
        account.status, account.last_error = AccountStatus.ACTIVE, None
        _seal(account, pair)
        record_change(account, AuditOperation.UPDATE, actor=actor, new={"permissions": permissions}, details="new key")
    return account


@transaction.atomic
def disconnect_account(account: ExchangeAccount, *, actor: User) -> None:
    """Forget an account and its key. What was booked stays in the journal.

    Raises:
        NotAllowed: not their account.
    """
    account = _own(account, actor)
    record_change(
        account, AuditOperation.DELETE, actor=actor, old={"exchange": account.exchange, "label": account.label}
    )
    account.delete()


def opened_key(account: ExchangeAccount) -> Key:
    """The key of an account, to ask the exchange with.

    Raises:
        ConflictError: it was sealed under another secret.
    """
    return Key(*json.loads(unseal(account.sealed_key, purpose=PURPOSE, owner=str(account.pk))))


def refuse_withdrawal(permissions: Sequence[str]) -> None:
    """A key that could take coins away is not kept.

    Raises:
        KeyRefused: it could.
    """
    if WITHDRAWING & set(permissions):
        message = _("This key may withdraw. Make one that may only read, and enter that.")
        raise KeyRefused(message, field="key", code="key_may_withdraw")


def _seal(account: ExchangeAccount, key: Key) -> None:
    account.sealed_key = seal(json.dumps([key.key, key.secret]), purpose=PURPOSE, owner=str(account.pk))
    account.save()


def _sound(text: str, field: str) -> str:
    """A key as it was copied.

    Raises:
        InvalidInput: it is none; what was typed is not repeated.
    """
    stripped = text.strip()
    if not SHORTEST <= len(stripped) <= LONGEST or not stripped.isascii():
        raise InvalidInput(_("%(field)s is no key of an exchange.") % {"field": field}, field=field)
    return stripped


def _pairs(pairs: Sequence[str]) -> list[str]:
    wanted = sorted({pair.strip().upper().replace("/", "").replace("-", "") for pair in pairs} - {""})
    wrong = next((pair for pair in wanted if not pair.isalnum() or not pair.isascii() or len(pair) > 30), None)
    if wrong is not None or len(wanted) > MOST_PAIRS:
        raise InvalidInput(_("pairs: %(pair)s is no pair.") % {"pair": (wrong or "")[:30]}, field="pairs")
    return wanted


def _own(account: ExchangeAccount, actor: User) -> ExchangeAccount:
    """The account, locked.

    Raises:
        NotAllowed: not theirs.
    """
    row = ExchangeAccount.objects.select_for_update(of=("self",)).select_related("portfolio").get(pk=account.pk)
    if row.portfolio.user_id != actor.pk:
        raise NotAllowed(_("This is not your account."))
    return row
