import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Asset",
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
                    "symbol",
                    models.CharField(
                        db_comment="Ticker, upper case (BTC, ETH, DXY, TOTAL2)", max_length=20, unique=True
                    ),
                ),
                ("name", models.CharField(db_comment="Full name", max_length=100)),
                (
                    "asset_type",
                    models.CharField(
                        choices=[
                            ("crypto", "crypto"),
                            ("stablecoin", "stablecoin"),
                            ("macro", "macro"),
                            ("index", "index"),
                        ],
                        db_comment="macro: DXY/VIX/SP500/Gold/Oil/CPI; index: total/total2/total3/btc.d/usdt.d/altcoin",
                        max_length=20,
                    ),
                ),
                (
                    "quote_currency",
                    models.CharField(
                        blank=True, db_comment="Quote currency of the pair (USDT)", max_length=10, null=True
                    ),
                ),
                (
                    "external_ids",
                    models.JSONField(
                        blank=True,
                        db_comment="Ids at providers: {'coingecko':'bitcoin','coinmarketcap':'1','binance':'BTCUSDT'}",
                        default=dict,
                        null=True,
                    ),
                ),
                ("logo_url", models.TextField(blank=True, db_comment="Logo image URL", null=True)),
                (
                    "links",
                    models.JSONField(
                        blank=True,
                        db_comment="URLs and addresses: website, explorer, whitepaper, twitter, telegram, reddit, github[], contract, decimals",
                        default=dict,
                        null=True,
                    ),
                ),
                ("description", models.TextField(blank=True, db_comment="Description", null=True)),
                (
                    "market_cap",
                    models.DecimalField(
                        blank=True, db_comment="Latest market cap, USD", decimal_places=2, max_digits=30, null=True
                    ),
                ),
                ("market_cap_rank", models.IntegerField(blank=True, db_comment="Latest rank, 1 = largest", null=True)),
                (
                    "current_price",
                    models.DecimalField(
                        blank=True, db_comment="Latest price, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                (
                    "total_volume",
                    models.DecimalField(
                        blank=True, db_comment="24 h volume, USD", decimal_places=2, max_digits=30, null=True
                    ),
                ),
                (
                    "circulating_supply",
                    models.DecimalField(
                        blank=True, db_comment="Circulating supply, coins", decimal_places=8, max_digits=30, null=True
                    ),
                ),
                (
                    "total_supply",
                    models.DecimalField(
                        blank=True,
                        db_comment="Total supply, coins (NULL = unknown)",
                        decimal_places=8,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "max_supply",
                    models.DecimalField(
                        blank=True,
                        db_comment="Maximum supply, coins (NULL = unlimited)",
                        decimal_places=8,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "price_change_percentage_24h",
                    models.DecimalField(
                        blank=True, db_comment="24 h change, percent", decimal_places=4, max_digits=10, null=True
                    ),
                ),
                (
                    "price_change_percentage_7d",
                    models.DecimalField(
                        blank=True, db_comment="7 d change, percent", decimal_places=4, max_digits=10, null=True
                    ),
                ),
                (
                    "price_change_percentage_30d",
                    models.DecimalField(
                        blank=True, db_comment="30 d change, percent", decimal_places=4, max_digits=10, null=True
                    ),
                ),
                (
                    "ath",
                    models.DecimalField(
                        blank=True, db_comment="All-time high, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                ("ath_date", models.DateTimeField(blank=True, db_comment="Date of the all-time high", null=True)),
                (
                    "atl",
                    models.DecimalField(
                        blank=True, db_comment="All-time low, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                ("atl_date", models.DateTimeField(blank=True, db_comment="Date of the all-time low", null=True)),
                (
                    "metrics_details",
                    models.JSONField(
                        blank=True,
                        db_comment="Small embedded series, e.g. seven OHLCV rows of the last 7 days (sparkline); for macro assets the provider's metadata",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "timeframe_usage",
                    models.JSONField(
                        blank=True, db_comment="Requests per timeframe, {'1m':5,'1h':120}", default=dict, null=True
                    ),
                ),
                ("last_accessed_at", models.DateTimeField(blank=True, db_comment="Last access by any user", null=True)),
                ("access_count", models.IntegerField(db_comment="Accesses so far", default=0)),
                ("is_active", models.BooleanField(db_comment="Tracked by the system", default=True)),
                (
                    "is_supported",
                    models.BooleanField(
                        db_comment="Data is available; false = hidden from the UI (a user may still hold it in a portfolio)",
                        default=True,
                    ),
                ),
                ("data_quality_score", models.IntegerField(db_comment="0-100", default=100)),
                ("data_source", models.CharField(db_comment="Primary source", default="coingecko", max_length=20)),
                ("last_price_update", models.DateTimeField(blank=True, db_comment="Last price update", null=True)),
            ],
            options={
                "verbose_name": "asset",
                "verbose_name_plural": "assets",
                "db_table": "assets",
                "indexes": [
                    models.Index(fields=["asset_type", "is_active"], name="idx_assets_type_active"),
                    models.Index(
                        condition=models.Q(("market_cap_rank__isnull", False)),
                        fields=["market_cap_rank"],
                        name="idx_assets_market_cap_rank",
                    ),
                    models.Index(
                        condition=models.Q(("last_accessed_at__isnull", False)),
                        fields=["last_accessed_at"],
                        name="idx_assets_last_accessed",
                    ),
                    models.Index(fields=["data_source"], name="idx_assets_data_source"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("market_cap__gte", 0)),
                        name="chk_market_cap_positive",
                        violation_error_message="market_cap must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("current_price__gt", 0)),
                        name="chk_current_price_positive",
                        violation_error_message="current_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("circulating_supply__gte", 0)),
                        name="chk_supply_positive",
                        violation_error_message="circulating_supply must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("data_quality_score__range", (0, 100))),
                        name="chk_data_quality",
                        violation_error_message="data_quality_score must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("market_cap_rank__gt", 0)),
                        name="chk_market_cap_rank",
                        violation_error_message="market_cap_rank must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("access_count__gte", 0)),
                        name="chk_access_count_positive",
                        violation_error_message="access_count must be at least 0.",
                    ),
                    models.UniqueConstraint(
                        django.db.models.fields.json.KeyTextTransform("coingecko", "external_ids"),
                        name="unique_assets_coingecko_id",
                        violation_error_message="Another asset has this CoinGecko id.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("asset_type__in", ["crypto", "stablecoin", "macro", "index"])),
                        name="chk_assets_asset_type",
                        violation_error_message="asset_type is none of: crypto, stablecoin, macro, index.",
                    ),
                ],
            },
        ),
    ]
