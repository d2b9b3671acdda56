"""Candles and their archive, partitioned by timeframe and then by time: the tables by SQL, the models as state."""

from decimal import Decimal

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.datetime
from django.db import migrations, models

TIMEFRAMES = ("1m", "5m", "15m", "1h", "4h", "1d", "1w", "1M")
CANDLES = """
CREATE TABLE {table} (
    asset_id bigint NOT NULL REFERENCES assets (id) DEFERRABLE INITIALLY DEFERRED,
    timeframe varchar(10) NOT NULL,
    candle_time timestamptz NOT NULL,
    open_price numeric(38, 18) NOT NULL,
    high_price numeric(38, 18) NOT NULL,
    low_price numeric(38, 18) NOT NULL,
    close_price numeric(38, 18) NOT NULL,
    volume numeric(30, 2) NOT NULL DEFAULT 0,
    base_volume numeric(38, 18),
    market_cap numeric(30, 2),
    trade_count integer,
    vwap numeric(38, 18),
    technical_indicators jsonb DEFAULT '{{}}',
    is_validated boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    PRIMARY KEY (asset_id, timeframe, candle_time),
    CONSTRAINT chk_ohlc_logic CHECK (low_price <= open_price AND low_price <= close_price
        AND high_price >= open_price AND high_price >= close_price),
    CONSTRAINT chk_prices_positive CHECK (open_price > 0 AND high_price > 0 AND low_price > 0 AND close_price > 0),
    CONSTRAINT chk_volume_non_negative CHECK (volume >= 0),
    CONSTRAINT chk_base_volume_non_negative CHECK (base_volume >= 0),
    CONSTRAINT chk_price_data_timeframe CHECK (timeframe IN ({timeframes}))
) PARTITION BY LIST (timeframe);
CREATE INDEX {index} ON {table} USING brin (candle_time);
"""
PERIODS = 'CREATE TABLE "{table}_{timeframe}" PARTITION OF {table} FOR VALUES IN (%s) PARTITION BY RANGE (candle_time)'


def create(apps, schema_editor):
    """Both twins, a partition for each timeframe, and the comments. Periods are made before rows arrive."""
    for name, index in (("PriceData", "idx_price_data_time_brin"), ("PriceDataArchive", "idx_price_arch_time_brin")):
        model = apps.get_model("assets", name)
        table = model._meta.db_table
        timeframes = ", ".join(f"'{timeframe}'" for timeframe in TIMEFRAMES)
        schema_editor.execute(CANDLES.format(table=table, index=index, timeframes=timeframes))
        for timeframe in TIMEFRAMES:
            literal = schema_editor.quote_value(timeframe)
            schema_editor.execute(PERIODS.format(table=table, timeframe=timeframe) % literal)
        for field in model._meta.local_concrete_fields:
            comment = schema_editor.quote_value(field.db_comment)
            schema_editor.execute(f"COMMENT ON COLUMN {table}.{field.column} IS {comment}")


def drop(apps, schema_editor):
    for table in ("price_data_archive", "price_data"):
        schema_editor.execute(f"DROP TABLE {table} CASCADE")


class Migration(migrations.Migration):
    dependencies = [("assets", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="PriceData",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "asset_id",
                                "timeframe",
                                "candle_time",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "timeframe",
                            models.CharField(
                                choices=[
                                    ("1m", "1 minute"),
                                    ("5m", "5 minutes"),
                                    ("15m", "15 minutes"),
                                    ("1h", "1 hour"),
                                    ("4h", "4 hours"),
                                    ("1d", "1 day"),
                                    ("1w", "1 week"),
                                    ("1M", "1 month"),
                                ],
                                db_comment="Candle length",
                                max_length=10,
                            ),
                        ),
                        ("candle_time", models.DateTimeField(db_comment="Start of the candle, UTC")),
                        (
                            "open_price",
                            models.DecimalField(
                                db_comment="Open, USD (macro/index: in the index's own unit)",
                                decimal_places=18,
                                max_digits=38,
                            ),
                        ),
                        ("high_price", models.DecimalField(db_comment="High", decimal_places=18, max_digits=38)),
                        ("low_price", models.DecimalField(db_comment="Low", decimal_places=18, max_digits=38)),
                        ("close_price", models.DecimalField(db_comment="Close", decimal_places=18, max_digits=38)),
                        (
                            "volume",
                            models.DecimalField(
                                db_comment="Volume in the period, USD",
                                db_default=Decimal(0),
                                decimal_places=2,
                                default=Decimal(0),
                                max_digits=30,
                            ),
                        ),
                        (
                            "base_volume",
                            models.DecimalField(
                                blank=True,
                                db_comment="Volume in the period, coins, as the exchange counts it; where vwap is NULL, volume is this times the mean of open, high, low and close",
                                decimal_places=18,
                                max_digits=38,
                                null=True,
                            ),
                        ),
                        (
                            "market_cap",
                            models.DecimalField(
                                blank=True,
                                db_comment="Market cap at candle time, USD",
                                decimal_places=2,
                                max_digits=30,
                                null=True,
                            ),
                        ),
                        ("trade_count", models.IntegerField(blank=True, db_comment="Trades in the period", null=True)),
                        (
                            "vwap",
                            models.DecimalField(
                                blank=True,
                                db_comment="Volume-weighted average price",
                                decimal_places=18,
                                max_digits=38,
                                null=True,
                            ),
                        ),
                        (
                            "technical_indicators",
                            models.JSONField(
                                blank=True,
                                db_comment="Cached indicators: {RSI:{'14':..},MACD:{value,signal,histogram},SMA:{},EMA:{},BB:{},volume_sma:{},computed_at}",
                                db_default=models.Value({}, models.JSONField()),
                                default=dict,
                                null=True,
                            ),
                        ),
                        (
                            "is_validated",
                            models.BooleanField(db_comment="Data passed validation", db_default=False, default=False),
                        ),
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
                            "asset",
                            models.ForeignKey(
                                db_comment="Asset",
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="candles",
                                to="assets.asset",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "candle",
                        "verbose_name_plural": "candles",
                        "db_table": "price_data",
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                fields=["candle_time"], name="idx_price_data_time_brin"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("high_price__gte", models.F("open_price")),
                                    ("low_price__lte", models.F("open_price")),
                                    ("high_price__gte", models.F("close_price")),
                                    ("low_price__lte", models.F("close_price")),
                                ),
                                name="chk_ohlc_logic",
                                violation_error_message="The high must be the highest and the low the lowest price of the candle.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("close_price__gt", 0),
                                    ("high_price__gt", 0),
                                    ("low_price__gt", 0),
                                    ("open_price__gt", 0),
                                ),
                                name="chk_prices_positive",
                                violation_error_message="Prices must be above 0.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("volume__gte", 0)),
                                name="chk_volume_non_negative",
                                violation_error_message="volume must be at least 0.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("base_volume__gte", 0)),
                                name="chk_base_volume_non_negative",
                                violation_error_message="base_volume must be at least 0.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("timeframe__in", ["1m", "5m", "15m", "1h", "4h", "1d", "1w", "1M"])
                                ),
                                name="chk_price_data_timeframe",
                                violation_error_message="timeframe is none of: 1m, 5m, 15m, 1h, 4h, 1d, 1w, 1M.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PriceDataArchive",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "asset_id",
                                "timeframe",
                                "candle_time",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "timeframe",
                            models.CharField(
                                choices=[
                                    ("1m", "1 minute"),
                                    ("5m", "5 minutes"),
                                    ("15m", "15 minutes"),
                                    ("1h", "1 hour"),
                                    ("4h", "4 hours"),
                                    ("1d", "1 day"),
                                    ("1w", "1 week"),
                                    ("1M", "1 month"),
                                ],
                                db_comment="Candle length",
                                max_length=10,
                            ),
                        ),
                        ("candle_time", models.DateTimeField(db_comment="Start of the candle, UTC")),
                        (
                            "open_price",
                            models.DecimalField(
                                db_comment="Open, USD (macro/index: in the index's own unit)",
                                decimal_places=18,
                                max_digits=38,
                            ),
                        ),
                        ("high_price", models.DecimalField(db_comment="High", decimal_places=18, max_digits=38)),
                        ("low_price", models.DecimalField(db_comment="Low", decimal_places=18, max_digits=38)),
                        ("close_price", models.DecimalField(db_comment="Close", decimal_places=18, max_digits=38)),
                        (
                            "volume",
                            models.DecimalField(
                                db_comment="Volume in the period, USD",
                                db_default=Decimal(0),
                                decimal_places=2,
                                default=Decimal(0),
                                max_digits=30,
                            ),
                        ),
                        (
                            "base_volume",
                            models.DecimalField(
                                blank=True,
                                db_comment="Volume in the period, coins, as the exchange counts it; where vwap is NULL, volume is this times the mean of open, high, low and close",
                                decimal_places=18,
                                max_digits=38,
                                null=True,
                            ),
                        ),
                        (
                            "market_cap",
                            models.DecimalField(
                                blank=True,
                                db_comment="Market cap at candle time, USD",
                                decimal_places=2,
                                max_digits=30,
                                null=True,
                            ),
                        ),
                        ("trade_count", models.IntegerField(blank=True, db_comment="Trades in the period", null=True)),
                        (
                            "vwap",
                            models.DecimalField(
                                blank=True,
                                db_comment="Volume-weighted average price",
                                decimal_places=18,
                                max_digits=38,
                                null=True,
                            ),
                        ),
                        (
                            "technical_indicators",
                            models.JSONField(
                                blank=True,
                                db_comment="Cached indicators: {RSI:{'14':..},MACD:{value,signal,histogram},SMA:{},EMA:{},BB:{},volume_sma:{},computed_at}",
                                db_default=models.Value({}, models.JSONField()),
                                default=dict,
                                null=True,
                            ),
                        ),
                        (
                            "is_validated",
                            models.BooleanField(db_comment="Data passed validation", db_default=False, default=False),
                        ),
                        (
                            "created_at",
                            models.DateTimeField(
                                db_comment="Copied from price_data",
                                db_default=django.db.models.functions.datetime.Now(),
                            ),
                        ),
                        (
                            "updated_at",
                            models.DateTimeField(
                                db_comment="Copied from price_data",
                                db_default=django.db.models.functions.datetime.Now(),
                            ),
                        ),
                        (
                            "asset",
                            models.ForeignKey(
                                db_comment="Asset",
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="archived_candles",
                                to="assets.asset",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "archived candle",
                        "verbose_name_plural": "archived candles",
                        "db_table": "price_data_archive",
                        "indexes": [
                            django.contrib.postgres.indexes.BrinIndex(
                                fields=["candle_time"], name="idx_price_arch_time_brin"
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.RunPython(create, drop),
    ]
