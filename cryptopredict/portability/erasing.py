"""Everything of a person taken away for good, after the account was closed.

What a person made for oneself goes: portfolios and their journals, lists, alerts, messages, logins, programs, files.
What others rely on stays without the person: forecasts (the ledger covers nobody), reviews and other acts of an admin,
which then point at an account without a name. The audit keeps that something was done and when, not what it said:
entries of ``row_changes`` are emptied, which their chain is made for, and ``audit_log`` loses its values.

The owner's role does it, since for the application's much of this is written once.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from django.apps import apps
from django.db import models, transaction
from django.db.models.deletion import CASCADE, Collector
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import UserRole
from accounts.models import User, UserActivityArchive
from accounts.models.users import SYSTEM_EMAIL
from selection.models import AISuggestionArchive, Watchlist
from system.choices import AuditOperation
from system.exceptions import ConflictError, NotAllowed
from system.models import AuditLog, BackgroundTask
from system.selectors.settings import setting
from system.services.background import IncompleteError, background_task
from system.services.trail import empty_changes
from system.trail import AUDITED

logger = logging.getLogger(__name__)
ERASE = "cryptopredict.portability.erasing.erase_closed_accounts"
KIND = "cleanup"
OWNER = "owner"
ERASED = "erased.invalid"
"""Addresses of accounts without a person; ``invalid`` is no domain of anybody (RFC 2606)."""
ACTS = frozenset({"django_admin_log.user"})
"""Relations that would take rows along with a person which say what was done with others."""
NAMELESS = frozenset({"predictions.user", "api_request_logs.user"})
"""Relations whose rows stay and forget whose they were."""
BATCH = 1_000


def erase_person(user: User, *, now: datetime | None = None) -> dict[str, int]:
    """Take everything of a person away whose account is closed. All or nothing.

    Args:
        user: whose account it was. It stays, without anything that tells who it was, for what points at it.
        now: the present, if not the clock's.
    Returns:
        Rows that went, by table.
    Raises:
        ConflictError: the account is open, or was erased already.
        NotAllowed: it is the product's own.
    """
    moment = now or timezone.now()
    with transaction.atomic(using=OWNER):
        held = User.objects.all_with_deleted().using(OWNER).select_for_update().get(pk=user.pk)
        if held.email == SYSTEM_EMAIL:
            raise NotAllowed(_("The product's own account cannot be erased."))
        if held.deleted_at is None:
            raise ConflictError(_("The account is open. Close it first."))
        if is_erased(held):
            raise ConflictError(_("The account was erased already."))
        lists = list(Watchlist.objects.using(OWNER).filter(user=held).values_list("pk", flat=True))
        collector = collected(held)
        touched = keys_of(collector)
        touched[User._meta.db_table].add(held.pk)
        gone = _deleted(collector)
        gone |= _deleted_archives(held, lists)
        for column in relations():
            if name_of(column) in NAMELESS:
                own_rows(column, held).update(**{column.name: None})
        BackgroundTask.objects.using(OWNER).filter(task_params__user_id=held.pk).delete()
        make_nameless(held)
        AuditLog.objects.using(OWNER).filter(changed_by=held).update(ip_address=None)
        for table, keys in touched.items():
            _empty_audit_log(table, sorted(keys))
        empty_changes({table: keys for table, keys in touched.items() if table in AUDITED}, moment)
        AuditLog.objects.using(OWNER).create(
            table_name=User._meta.db_table,
            record_id=held.pk,
            operation=AuditOperation.DELETE,
            details="account erased",
            new_values={"rows": gone},
        )
    return gone


def is_erased(user: User) -> bool:
    """Whether nobody stands behind an account any more."""
    return user.email.endswith(f"@{ERASED}")


def erase_closed_accounts(now: datetime) -> int:
    """Erase the accounts that were closed longer ago than the setting ``retention`` says.

    One that cannot be erased keeps nobody else: the background task is failed and names it, the log has the reason, and
    it is tried again the next time.

    Returns:
        How many were.
    """
    days = setting("retention", now)["closed_accounts_days"]
    if days is None:
        return 0
    closed = User.objects.all_with_deleted().filter(deleted_at__lt=now - timedelta(days=days))
    users = list(closed.exclude(email__endswith=f"@{ERASED}").exclude(email=SYSTEM_EMAIL).order_by("pk"))
    if not users:
        return 0
    faults: dict[int, str] = {}
    with background_task(ERASE, KIND, {"now": now.isoformat()}) as task:
        for user in users:
            try:
                erase_person(user, now=now)
            except Exception as error:
                logger.exception("Account %s could not be erased", user.pk)
                faults[user.pk] = type(error).__name__  # the text of an error may tell of the person
        total = len(users) - len(faults)
        task.result_data = {"accounts": total}
        if faults:
            raise IncompleteError("; ".join(f"account {pk}: {fault}" for pk, fault in faults.items()))
    return total


def own_relations() -> Iterator[models.ForeignKey[Any, Any]]:
    """Columns that say whose a row is: their rows go with the person."""
    for column in relations():
        if column.remote_field.on_delete is CASCADE and name_of(column) not in ACTS:
            yield column


def relations() -> Iterator[models.ForeignKey[Any, Any]]:
    """Every column that points at a person."""
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if column.is_relation and column.related_model is User:
                yield cast("models.ForeignKey[Any, Any]", column)


def name_of(column: models.ForeignKey[Any, Any]) -> str:
    """A column with its table."""
    return f"{column.model._meta.db_table}.{column.name}"


def own_rows(column: models.ForeignKey[Any, Any], user: User) -> models.QuerySet[Any]:
    """Rows that point at somebody, those that managers hide too."""
    manager: models.Manager[Any] = column.model._base_manager  # noqa: SLF001 - Django's name for what is public
    return manager.using(OWNER).filter(**{column.name: user})


def collected(user: User) -> Collector:
    """What belongs to a person, and what belongs to that, in the order in which it can go."""
    collector = Collector(using=OWNER, origin=user)
    for column in own_relations():
        rows = own_rows(column, user)
        if rows.exists():
            collector.collect(rows)
    return collector


def keys_of(collector: Collector) -> dict[str, set[int]]:
    """Keys of the rows that go, by table: of them the audits may have noted what they said."""
    found: dict[str, set[int]] = defaultdict(set)
    for model, rows in collector.data.items():
        found[model._meta.db_table] |= {row.pk for row in rows}
    for chosen in cast("list[models.QuerySet[Any]]", collector.fast_deletes):
        found[chosen.model._meta.db_table] |= set(chosen.values_list("pk", flat=True))
    return found


def make_nameless(user: User) -> None:
    """An account that tells nothing of anybody, in place of one that did."""
    fresh = User(email=f"{user.pk}@{ERASED}", role=UserRole.PUBLIC, is_active=False)
    fresh.set_unusable_password()
    kept = {"id", "created_at", "updated_at", "deleted_at", "deleted_by", "referral_code"}
    for column in User._meta.concrete_fields:
        if column.name not in kept:
            setattr(user, column.attname, getattr(fresh, column.attname))
    user.referral_code = None
    user.save(using=OWNER)


def _deleted(collector: Collector) -> dict[str, int]:
    _total, rows = collector.delete()
    names = {model._meta.label: model._meta.db_table for model in apps.get_models()}
    return {names[label]: count for label, count in rows.items() if count}


def _deleted_archives(user: User, lists: list[int]) -> dict[str, int]:
    """What was moved to archives, which no relation takes along."""
    found = {
        "user_activities_archive": UserActivityArchive.objects.using(OWNER).filter(user_id=user.pk).delete()[0],
        "ai_suggestions_archive": AISuggestionArchive.objects.using(OWNER).filter(watchlist_id__in=lists).delete()[0],
    }
    return {table: count for table, count in found.items() if count}


def _empty_audit_log(table: str, keys: list[int]) -> None:
    """What was said of some rows, without what stood in them."""
    for first in range(0, len(keys), BATCH):
        told = AuditLog.objects.using(OWNER).filter(table_name=table, record_id__in=keys[first : first + BATCH])
        told.update(old_values=None, new_values=None, ip_address=None)
