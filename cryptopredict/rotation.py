"""Exchanging the secrets of the installation while people go on.

A secret is exchanged in two steps. First a new one takes its place and the former one stays beside it, for what was
made under it. Later, when nothing rests on the former any more, it is forgotten. The pepper of tokens is exchanged in
one step: only digests are kept, which cannot be made anew, so what rests on it ends.
"""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from accounts.models import (
    ApiToken,
    MfaTicket,
    NotificationChannel,
    Passkey,
    RecoveryCode,
    TotpDevice,
    UserSession,
    WebhookSubscription,
)
from accounts.services import channels, mfa, webhooks
from cryptopredict.keys import FORMER, installed_secret, replace_secret
from system.exceptions import ConflictError
from system.sealing import is_under_former, seal, unseal
from trading.models import ExchangeAccount
from trading.services import exchange_accounts

SECRETS = ("secret_key", "token_pepper", "sealing_secret")


@dataclass(frozen=True)
class Sealed:
    """A column with sealed texts.

    Args:
        owner: what a row's text is bound to.
    """

    model: type[models.Model]
    column: str
    purpose: str
    owner: Callable[[Any], str]

    @property
    def name(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    def is_under_former(self, row: Any) -> bool:
        return is_under_former(getattr(row, self.column) or "", purpose=self.purpose, owner=self.owner(row))


def key_of(row: Any) -> str:
    return str(row.pk)


SEALED = (
    Sealed(TotpDevice, "sealed_secret", mfa.PURPOSE, lambda row: f"user:{row.user_id}"),
    Sealed(NotificationChannel, "sealed_fields", channels.PURPOSE, key_of),
    Sealed(WebhookSubscription, "sealed_secret", webhooks.PURPOSE, key_of),
    Sealed(ExchangeAccount, "sealed_key", exchange_accounts.PURPOSE, key_of),
)


def place_of(name: str, home: Path | None = None) -> Path:
    """The file of a secret.

    Raises:
        ConflictError: it comes from the environment, which we cannot change.
    """
    variable = name.upper()
    if os.environ.get(variable):
        raise ConflictError(
            f"{variable} is set in the environment, where we cannot change it. Set {variable} to another one"
            + (f" and {variable}_FORMER to the present one" if name != "token_pepper" else "")
            + ', for example of python -c "import secrets; print(secrets.token_urlsafe(48))", and restart every process'
            + ("; then run this with --finish." if name != "token_pepper" else ".")
        )
    return (home or settings.CRYPTOPREDICT_HOME) / "secrets" / name


def exchange(name: str) -> Path:
    """Put a new secret in the place of the present one, which stays beside it; that of tokens does not.

    Returns:
        The file.
    Raises:
        ConflictError: it comes from the environment, or its last exchange is not finished.
    """
    path = place_of(name)
    installed_secret(settings.CRYPTOPREDICT_HOME, name)
    former = path.with_name(path.name + FORMER)
    if former.exists():
        raise ConflictError(f"The last exchange is not finished: {former} is there. Run this with --finish first.")
    replace_secret(path, secrets.token_urlsafe(48), keep_former=name != "token_pepper")
    return path


def finish(name: str) -> int:
    """Bring everything under the present secret, and forget the former one.

    Returns:
        How many rows were sealed anew.
    Raises:
        ConflictError: something could not be opened; the former one is kept then.
    """
    done = sum(map(seal_anew, SEALED)) if name == "sealing_secret" else 0
    if name == "sealing_secret" and (left := sum(under_former().values())):
        raise ConflictError(f"{left} rows are under the former secret still; run it again.")
    if not os.environ.get(name.upper()):
        path = place_of(name)
        path.with_name(path.name + FORMER).unlink(missing_ok=True)
    return done


def seal_anew(sealed: Sealed) -> int:
    """Every row of a column that is under the former secret; each in a transaction of its own, beside who works."""
    done = 0
    for pk in list(sealed.model._default_manager.values_list("pk", flat=True)):
        with transaction.atomic():
            row = sealed.model._default_manager.select_for_update().filter(pk=pk).first()
            if row is None or not sealed.is_under_former(row):
                continue
            bound = {"purpose": sealed.purpose, "owner": sealed.owner(row)}
            setattr(row, sealed.column, seal(unseal(getattr(row, sealed.column), **bound), **bound))
            row.save(update_fields=[sealed.column])
            done += 1
    return done


def under_former() -> dict[str, int]:
    """How many rows of each column are under the former secret."""
    return {
        one.name: sum(one.is_under_former(row) for row in one.model._default_manager.all().iterator()) for one in SEALED
    }


def what_rests_on(name: str) -> Iterator[str]:
    """What an exchange changes for people, in sentences."""
    if name == "secret_key":
        yield "Nobody is logged out: sessions and forms that the former one has signed go on until --finish."
        yield "Finish it after the longest life of a browser's session (setting security, browser_days)."
    elif name == "sealing_secret":
        for row, count in counted((one.name, one.model._default_manager.count()) for one in SEALED):
            yield f"{count} {row} are opened by the former one until --finish seals them anew."
    else:
        now = timezone.now()
        ending: tuple[tuple[str, int], ...] = (
            ("personal tokens", ApiToken.objects.valid().count()),
            ("logins of programs", UserSession.objects.filter(is_active=True, expires_at__gt=now).count()),
            ("recovery codes", RecoveryCode.objects.filter(used_at__isnull=True).count()),
            ("passkeys", Passkey.objects.count()),
            ("logins that wait for a code", MfaTicket.objects.filter(used_at__isnull=True, expires_at__gt=now).count()),
        )
        yield "Only digests are kept, so these open nothing any more, and people make new ones:"
        yield from (f"{count} {what}" for what, count in counted(ending))
        yield "Mailed links and the link of the first admin end too."
        yield "Browsers stay logged in, and codes of telephones go on."


def counted(pairs: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in pairs if count]
