"""Imports of trades: previews of files, accounts at exchanges and what they told."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from system.sql import updated_at_trigger
from system.together import together


class Migration(migrations.Migration):
    dependencies = [
        ("selection", "0004_lots"),
        ("trading", "0004_journal_legs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExchangeAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                ("exchange", models.CharField(db_comment="Id of the exchange in ccxt", max_length=30)),
                ("label", models.CharField(db_comment="The person's name for it", max_length=50)),
                (
                    "key_hint",
                    models.CharField(db_comment="Last characters of the key, to tell keys apart", max_length=8),
                ),
                (
                    "sealed_key",
                    models.TextField(db_comment="Key and secret, sealed (AES-256-GCM under SEALING_SECRET)"),
                ),
                (
                    "permissions",
                    models.JSONField(
                        db_comment="What the exchange says the key may do; empty = it does not tell", default=list
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "active"), ("paused", "paused"), ("refused", "key refused")],
                        db_comment="Whether it is read",
                        default="active",
                        max_length=10,
                    ),
                ),
                (
                    "pairs",
                    models.JSONField(
                        db_comment="Pairs to ask for where an exchange tells trades by pair only; found by itself, too",
                        default=list,
                    ),
                ),
                ("cursors", models.JSONField(db_comment="How far each kind of record has been read", default=dict)),
                (
                    "symbols",
                    models.JSONField(db_comment="{symbol: id of the asset; null = leave out}, as chosen", default=dict),
                ),
                (
                    "unknown_symbols",
                    models.JSONField(db_comment="{symbol: number of records} that wait for a choice", default=dict),
                ),
                (
                    "last_synced_at",
                    models.DateTimeField(blank=True, db_comment="End of the last complete reading (UTC)", null=True),
                ),
                (
                    "last_error",
                    models.TextField(
                        blank=True, db_comment="Why the last reading broke off; NULL = it did not", null=True
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        db_column="created_by",
                        db_comment="User who entered the key",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exchange_accounts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "portfolio",
                    models.ForeignKey(
                        db_comment="Portfolio that its trades go into",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exchange_accounts",
                        to="selection.portfolio",
                    ),
                ),
            ],
            options={
                "verbose_name": "exchange account",
                "verbose_name_plural": "exchange accounts",
                "db_table": "exchange_accounts",
            },
        ),
        migrations.CreateModel(
            name="ExchangeRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_comment="Key of the journal entry that follows from it", max_length=100)),
                ("line", models.JSONField(db_comment="What happened, as an import reads it")),
                ("occurred_at", models.DateTimeField(db_comment="When it happened (UTC)")),
                ("fetched_at", models.DateTimeField(auto_now_add=True, db_comment="When it was read (UTC)")),
                (
                    "booked_at",
                    models.DateTimeField(
                        blank=True, db_comment="When it was booked or left out (UTC); NULL = it waits", null=True
                    ),
                ),
                (
                    "fault",
                    models.JSONField(
                        blank=True, db_comment="{field, code, shown}: why it cannot be booked yet", null=True
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_comment="Account",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to="trading.exchangeaccount",
                    ),
                ),
            ],
            options={
                "verbose_name": "record of an exchange",
                "verbose_name_plural": "records of exchanges",
                "db_table": "exchange_records",
            },
        ),
        migrations.CreateModel(
            name="TradeImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("own", "own format"),
                            ("binance", "Binance"),
                            ("coinbase", "Coinbase"),
                            ("kraken", "Kraken"),
                        ],
                        db_comment="Whose format the file is in",
                        max_length=20,
                    ),
                ),
                ("layout", models.CharField(db_comment="Which of its exports, told by the header", max_length=50)),
                ("file_name", models.CharField(db_comment="Name of the file as it was sent", max_length=255)),
                ("file_hash", models.CharField(db_comment="SHA-256 of the file", max_length=64)),
                ("file_bytes", models.BigIntegerField(db_comment="Size of the file, bytes")),
                ("decimal_comma", models.BooleanField(db_comment="Numbers are read as 1.234,56", default=False)),
                (
                    "accepts_missing",
                    models.BooleanField(
                        db_comment="What closes more than is held is booked as brought in, and marked", default=False
                    ),
                ),
                (
                    "content",
                    models.BinaryField(db_comment="The file, packed (zlib); NULL once booked or expired", null=True),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("preview", "preview"), ("booked", "booked"), ("expired", "expired")],
                        db_comment="How far it is",
                        default="preview",
                        max_length=10,
                    ),
                ),
                ("lines", models.IntegerField(db_comment="Entries that the file tells", default=0)),
                ("new", models.IntegerField(db_comment="Of these, not in the journal yet, and sound", default=0)),
                ("known", models.IntegerField(db_comment="Of these, in the journal already", default=0)),
                (
                    "left_out",
                    models.IntegerField(
                        db_comment="Of these, of coins that the person left out, or of cash that is not tracked",
                        default=0,
                    ),
                ),
                ("faulty", models.IntegerField(db_comment="Rows that cannot be taken", default=0)),
                (
                    "errors",
                    models.JSONField(
                        db_comment="[{row, field, code, shown}] of the first 1000 rows that cannot be taken",
                        default=list,
                    ),
                ),
                (
                    "unknown_symbols",
                    models.JSONField(
                        db_comment="{symbol: number of rows} for which no asset is known or chosen", default=dict
                    ),
                ),
                (
                    "symbols",
                    models.JSONField(db_comment="{symbol: id of the asset; null = leave out}, as chosen", default=dict),
                ),
                ("expires_at", models.DateTimeField(db_comment="Until when the preview can be booked (UTC)")),
                ("booked_at", models.DateTimeField(blank=True, db_comment="When it was booked (UTC)", null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        db_column="created_by",
                        db_comment="User who sent the file",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="trade_imports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "portfolio",
                    models.ForeignKey(
                        db_comment="Portfolio that the trades are for",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imports",
                        to="selection.portfolio",
                    ),
                ),
            ],
            options={
                "verbose_name": "import of trades",
                "verbose_name_plural": "imports of trades",
                "db_table": "trade_imports",
            },
        ),
        migrations.AddConstraint(
            model_name="exchangeaccount",
            constraint=models.UniqueConstraint(
                fields=("portfolio", "exchange", "label"),
                name="unique_exchange_account",
                violation_error_message="There is an account of this name already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangeaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["active", "paused", "refused"])),
                name="chk_exchange_accounts_status",
                violation_error_message="status is none of: active, paused, refused.",
            ),
        ),
        migrations.AddIndex(
            model_name="exchangerecord",
            index=models.Index(
                condition=models.Q(("booked_at__isnull", True)),
                fields=["account", "occurred_at"],
                name="idx_exchange_records_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangerecord",
            constraint=models.UniqueConstraint(
                fields=("account", "key"),
                name="unique_exchange_record",
                violation_error_message="This record is there already.",
            ),
        ),
        migrations.AddIndex(
            model_name="tradeimport",
            index=models.Index(fields=["portfolio", "-created_at"], name="idx_trade_imports_portfolio"),
        ),
        migrations.AddIndex(
            model_name="tradeimport",
            index=models.Index(
                condition=models.Q(("status", "preview")), fields=["expires_at"], name="idx_trade_imports_expiry"
            ),
        ),
        migrations.AddConstraint(
            model_name="tradeimport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "preview")),
                fields=("portfolio", "file_hash", "decimal_comma"),
                name="unique_trade_import_preview",
                violation_error_message="There is a preview of this file already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tradeimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("content__isnull", False), ("status", "preview")),
                    models.Q(models.Q(("status", "preview"), _negated=True), ("content__isnull", True)),
                    _connector="OR",
                ),
                name="chk_trade_imports_content",
                violation_error_message="The content of a file is kept for its preview only.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tradeimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["own", "binance", "coinbase", "kraken"])),
                name="chk_trade_imports_source",
                violation_error_message="source is none of: own, binance, coinbase, kraken.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tradeimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["preview", "booked", "expired"])),
                name="chk_trade_imports_status",
                violation_error_message="status is none of: preview, booked, expired.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tradeimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("file_bytes__gte", 0)),
                name="chk_trade_imports_file_bytes",
                violation_error_message="file_bytes must be at least 0.",
            ),
        ),
        updated_at_trigger("trade_imports"),
        updated_at_trigger("exchange_accounts"),
    ]
    operations = together(operations)
