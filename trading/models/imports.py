"""Trades that come from outside: files that people send, accounts at exchanges that are read."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from system.constraints import at_least, one_of
from system.models.base import TimeStamped
from trading.choices import AccountStatus, ImportSource, ImportStatus


class TradeImport(TimeStamped):
    """A file of trades: previewed, then booked once. Its content is kept, packed, until it is booked or expires."""

    portfolio = models.ForeignKey(
        "selection.Portfolio",
        on_delete=models.CASCADE,
        related_name="imports",
        db_index=False,
        db_comment="Portfolio that the trades are for",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="trade_imports",
        db_column="created_by",
        db_comment="User who sent the file",
    )
    source = models.CharField(max_length=20, choices=ImportSource, db_comment="Whose format the file is in")
    layout = models.CharField(max_length=50, db_comment="Which of its exports, told by the header")
    file_name = models.CharField(max_length=255, db_comment="Name of the file as it was sent")
    file_hash = models.CharField(max_length=64, db_comment="SHA-256 of the file")
    file_bytes = models.BigIntegerField(db_comment="Size of the file, bytes")
    decimal_comma = models.BooleanField(default=False, db_comment="Numbers are read as 1.234,56")
    accepts_missing = models.BooleanField(
        default=False, db_comment="What closes more than is held is booked as brought in, and marked"
    )
    content = models.BinaryField(null=True, db_comment="The file, packed (zlib); NULL once booked or expired")
    status = models.CharField(
        max_length=10, choices=ImportStatus, default=ImportStatus.PREVIEW, db_comment="How far it is"
    )
    lines = models.IntegerField(default=0, db_comment="Entries that the file tells")
    new = models.IntegerField(default=0, db_comment="Of these, not in the journal yet, and sound")
    known = models.IntegerField(default=0, db_comment="Of these, in the journal already")
    left_out = models.IntegerField(
        default=0, db_comment="Of these, of coins that the person left out, or of cash that is not tracked"
    )
    faulty = models.IntegerField(default=0, db_comment="Rows that cannot be taken")
    errors = models.JSONField(
        default=list, db_comment="[{row, field, code, shown}] of the first 1000 rows that cannot be taken"
    )
    unknown_symbols = models.JSONField(
        default=dict, db_comment="{symbol: number of rows} for which no asset is known or chosen"
    )
    symbols = models.JSONField(default=dict, db_comment="{symbol: id of the asset; null = leave out}, as chosen")
    expires_at = models.DateTimeField(db_comment="Until when the preview can be booked (UTC)")
    booked_at = models.DateTimeField(null=True, blank=True, db_comment="When it was booked (UTC)")

    class Meta:
        db_table = "trade_imports"
        verbose_name = _("import of trades")
        verbose_name_plural = _("imports of trades")
        constraints = [
            models.UniqueConstraint(
                fields=["portfolio", "file_hash", "decimal_comma"],
                condition=models.Q(status=ImportStatus.PREVIEW),
                name="unique_trade_import_preview",
                violation_error_message=_("There is a preview of this file already."),
            ),
            models.CheckConstraint(
                condition=models.Q(status=ImportStatus.PREVIEW, content__isnull=False)
                | (~models.Q(status=ImportStatus.PREVIEW) & models.Q(content__isnull=True)),
                name="chk_trade_imports_content",
                violation_error_message=_("The content of a file is kept for its preview only."),
            ),
            one_of("source", ImportSource, name="chk_trade_imports_source"),
            one_of("status", ImportStatus, name="chk_trade_imports_status"),
            at_least("file_bytes", 0, name="chk_trade_imports_file_bytes"),
        ]
        indexes = [
            models.Index(fields=["portfolio", "-created_at"], name="idx_trade_imports_portfolio"),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(status=ImportStatus.PREVIEW),
                name="idx_trade_imports_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.layout})"


class ExchangeAccount(TimeStamped):
    """A person's account at an exchange, read through a key that may only read. The key is sealed."""

    portfolio = models.ForeignKey(
        "selection.Portfolio",
        on_delete=models.CASCADE,
        related_name="exchange_accounts",
        db_index=False,
        db_comment="Portfolio that its trades go into",
    )
    exchange = models.CharField(max_length=30, db_comment="Id of the exchange in ccxt")
    label = models.CharField(max_length=50, db_comment="The person's name for it")
    key_hint = models.CharField(max_length=8, db_comment="Last characters of the key, to tell keys apart")
    sealed_key = models.TextField(db_comment="Key and secret, sealed (AES-256-GCM under SEALING_SECRET)")
    permissions = models.JSONField(
        default=list, db_comment="What the exchange says the key may do; empty = it does not tell"
    )
    status = models.CharField(
        max_length=10, choices=AccountStatus, default=AccountStatus.ACTIVE, db_comment="Whether it is read"
    )
    pairs = models.JSONField(
        default=list, db_comment="Pairs to ask for where an exchange tells trades by pair only; found by itself, too"
    )
    cursors = models.JSONField(default=dict, db_comment="How far each kind of record has been read")
    accepts_missing = models.BooleanField(
        default=False, db_comment="What closes more than is held is booked as brought in, and marked"
    )
    symbols = models.JSONField(default=dict, db_comment="{symbol: id of the asset; null = leave out}, as chosen")
    unknown_symbols = models.JSONField(default=dict, db_comment="{symbol: number of records} that wait for a choice")
    last_synced_at = models.DateTimeField(null=True, blank=True, db_comment="End of the last complete reading (UTC)")
    last_error = models.TextField(null=True, blank=True, db_comment="Why the last reading broke off; NULL = it did not")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="exchange_accounts",
        db_column="created_by",
        db_comment="User who entered the key",
    )

    class Meta:
        db_table = "exchange_accounts"
        verbose_name = _("exchange account")
        verbose_name_plural = _("exchange accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["portfolio", "exchange", "label"],
                name="unique_exchange_account",
                violation_error_message=_("There is an account of this name already."),
            ),
            one_of("status", AccountStatus, name="chk_exchange_accounts_status"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.exchange})"


class ExchangeRecord(models.Model):
    """What an exchange told about an account, once per trade or transfer; booked from here, so that a reading that
    breaks off loses nothing and doubles nothing."""

    account = models.ForeignKey(
        ExchangeAccount, on_delete=models.CASCADE, related_name="records", db_index=False, db_comment="Account"
    )
    key = models.CharField(max_length=100, db_comment="Key of the journal entry that follows from it")
    line = models.JSONField(db_comment="What happened, as an import reads it")
    occurred_at = models.DateTimeField(db_comment="When it happened (UTC)")
    fetched_at = models.DateTimeField(auto_now_add=True, db_comment="When it was read (UTC)")
    booked_at = models.DateTimeField(
        null=True, blank=True, db_comment="When it was booked or left out (UTC); NULL = it waits"
    )
    fault = models.JSONField(null=True, blank=True, db_comment="{field, code, shown}: why it cannot be booked yet")

    class Meta:
        db_table = "exchange_records"
        verbose_name = _("record of an exchange")
        verbose_name_plural = _("records of exchanges")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "key"],
                name="unique_exchange_record",
                violation_error_message=_("This record is there already."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "occurred_at"],
                condition=models.Q(booked_at__isnull=True),
                name="idx_exchange_records_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} · {self.account}"
