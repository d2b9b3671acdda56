"""Requests that a client may send twice: they act once, and the second answer is the first one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils.translation import gettext as _

from system.exceptions import ConflictError, KeyReused
from system.models import IdempotencyKey

LOCK = "idempotency_keys"


@dataclass(frozen=True)
class Asked:
    """A request that its client marked with a key.

    Args:
        owner: whose key it is; keys of different owners have nothing to do with each other.
        user_id: the account behind the owner; None for a guest.
        key: as the client wrote it.
        request_hash: digest of everything that the request asks for.
    """

    owner: str
    user_id: int | None
    key: str
    request_hash: str


@dataclass(frozen=True)
class Answer:
    """What a client is told. ``body`` None: it carried a secret, which is not kept."""

    status: int
    body: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def answer_once(asked: Asked, act: Callable[[], Answer]) -> Answer | None:
    """Act, and keep the answer in the same transaction, unless this was done before.

    What ``act`` raises undoes both, so that a refused request may be sent again.

    Returns:
        The answer that was kept before; None when ``act`` was called now.
    Raises:
        ConflictError: the same request is being worked on; or it was done, and its answer was not kept.
        KeyReused: the key came with another request.
    """
    if not _taken(asked):
        raise ConflictError(
            _("A request with this key is being worked on. Send it again in a moment."), code="request_in_progress"
        )
    kept = IdempotencyKey.objects.filter(owner=asked.owner, key=asked.key).first()
    if kept is not None:
        return _again(kept, asked)
    answer = act()
    if 200 <= answer.status < 300:
        IdempotencyKey.objects.create(
            owner=asked.owner,
            user_id=asked.user_id,
            key=asked.key,
            request_hash=asked.request_hash,
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
        )
    return None


def _taken(asked: Asked) -> bool:
    """Whether this transaction alone works on the key, until it ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext(%s), hashtext(%s))", [LOCK, f"{asked.owner} {asked.key}"]
        )
        return bool(cursor.fetchone()[0])


def _again(kept: IdempotencyKey, asked: Asked) -> Answer:
    if kept.request_hash != asked.request_hash:
        raise KeyReused(
            _("This key was used for another request. Every new request needs a key of its own."), code="key_in_use"
        )
    if kept.body is None:
        raise ConflictError(
            _("This was done already. Its answer carried a secret, which is not kept."), code="already_done"
        )
    return Answer(kept.status, bytes(kept.body), kept.headers)
