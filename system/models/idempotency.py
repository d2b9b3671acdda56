"""Answers that are kept, so that a request that is sent twice acts once."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from system.constraints import between
from system.models.base import Created


class IdempotencyKey(Created):
    """A request that a client marked with a key, and its answer. Written in the transaction of what the request did:
    either both stand or neither does."""

    owner = models.CharField(max_length=60, db_comment="Whose key it is: user:<id>, or address:<IP> of a guest")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_comment="The account behind the owner; NULL = a guest",
    )
    key = models.CharField(max_length=100, db_comment="Idempotency-Key as the client wrote it")
    request_hash = models.CharField(max_length=64, db_comment="Keyed digest of operation, query and body")
    status = models.IntegerField(db_comment="HTTP status of the answer")
    headers = models.JSONField(default=dict, db_comment="Headers of the answer that belong to its body")
    body = models.BinaryField(
        null=True, blank=True, db_comment="The answer, byte by byte; NULL = it carried a secret and was not kept"
    )

    class Meta:
        db_table = "idempotency_keys"
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "key"],
                name="unique_idempotency_keys_owner_key",
                violation_error_message=_("This key has an answer already."),
            ),
            between("status", 200, 299, name="chk_idempotency_keys_status"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idx_idempotency_keys_created")]

    def __str__(self) -> str:
        return f"{self.owner} · {self.key}"
