"""What the database itself has noted of the changes of audited tables (``system.trail``), and the seal over it."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from system.choices import Door, RowOperation
from system.constraints import one_of


class RowChange(models.Model):
    """A row that a statement added, changed or took away, and who had it done. Only the triggers write here."""

    at = models.DateTimeField(db_default=Now(), db_comment="When the statement ended, by the clock of the database")
    transaction_id = models.BigIntegerField(db_comment="Transaction: what was done together")
    table_name = models.CharField(max_length=63, db_comment="Table changed")
    row_id = models.BigIntegerField(db_comment="Id of the row changed")
    operation = models.CharField(max_length=10, choices=RowOperation, db_comment="What was done to the row")
    before = models.JSONField(
        null=True, blank=True, db_comment="Before: columns that differ, or the whole row that went; secrets masked"
    )
    after = models.JSONField(
        null=True, blank=True, db_comment="After: columns that differ, or the whole row that came; secrets masked"
    )
    actor = models.CharField(
        max_length=150, db_comment="Who: user:<id>, guest, command:<name>, task:<name>, service, role:<database role>"
    )
    door = models.CharField(max_length=10, choices=Door, db_comment="By which way; sql = past the program")
    request_id = models.CharField(
        max_length=64, null=True, blank=True, db_comment="Request, as the lines of the log name it"
    )
    salt = models.UUIDField(
        null=True, db_default=models.Func(function="gen_random_uuid"), db_comment="Keeps the hash from being guessed"
    )
    emptied_at = models.DateTimeField(
        null=True, blank=True, db_comment="When its values were taken away, as a person was erased"
    )

    class Meta:
        db_table = "row_changes"
        verbose_name = _("change of a row")
        verbose_name_plural = _("changes of rows")
        constraints = [
            one_of("operation", RowOperation, name="chk_row_changes_operation"),
            one_of("door", Door, name="chk_row_changes_door"),
        ]
        indexes = [
            models.Index(fields=["table_name", "row_id", "-id"], name="idx_row_changes_row"),
            models.Index(fields=["actor", "-id"], name="idx_row_changes_actor"),
            BrinIndex(fields=["at"], name="idx_row_changes_at_brin"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.table_name} {self.row_id}"


class RowChangeLink(models.Model):
    """Where a change stands in the chain of hashes."""

    change = models.OneToOneField(
        "system.RowChange",
        on_delete=models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="link",
        db_comment="The change",
    )
    position = models.BigIntegerField(unique=True, db_comment="Place in the chain, from 1")
    sealed_at = models.DateTimeField(db_comment="When it was sealed, by the clock of the database")
    content_hash = models.CharField(max_length=64, db_comment="SHA-256 of what the change says")
    values_hash = models.CharField(
        max_length=64,
        null=True,
        blank=True,
        db_comment="SHA-256 of the values before and after, with the salt; NULL = all have one hash",
    )
    hash = models.CharField(max_length=64, db_comment="SHA-256 over this link and the one before")

    class Meta:
        db_table = "row_change_links"
        verbose_name = _("link of the chain of changes")
        verbose_name_plural = _("links of the chain of changes")

    def __str__(self) -> str:
        return f"{self.position}: {self.change_id}"


class RowChangeChain(models.Model):
    """Both ends of the chain; one row."""

    length = models.BigIntegerField(default=0, db_default=0, db_comment="Place of the last link")
    head = models.CharField(
        max_length=64, blank=True, default="", db_default="", db_comment="Hash of the last link; empty = none yet"
    )
    forgotten = models.BigIntegerField(
        default=0, db_default=0, db_comment="Place of the last link that went with its change, by age"
    )
    base = models.CharField(
        max_length=64, blank=True, default="", db_default="", db_comment="Hash of that link; empty = none went"
    )
    settled_id = models.BigIntegerField(
        default=0, db_default=0, db_comment="Up to this change nothing can come that is not sealed"
    )
    seen_id = models.BigIntegerField(default=0, db_default=0, db_comment="Newest change at the last sealing")
    seen_transaction = models.BigIntegerField(
        default=0, db_default=0, db_comment="Transactions from this one on came after that sealing"
    )

    class Meta:
        db_table = "row_change_chains"
        verbose_name = _("chain of changes")
        verbose_name_plural = _("chains of changes")

    def __str__(self) -> str:
        return f"{self.length}: {self.head}"
