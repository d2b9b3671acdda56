"""What is tracked."""

from django.db import models
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy as _

from assets.choices import AssetType
from system.constraints import above, at_least, between, one_of
from system.fields import Numeric, PriceField, UsdField
from system.models.base import TimeStamped


class Asset(TimeStamped):
    """Something with a price: coin, stablecoin, perpetual, macro series or index."""

    symbol = models.CharField(max_length=20, unique=True, db_comment="Ticker, upper case (BTC, ETH, DXY, TOTAL2)")
    name = models.CharField(max_length=100, db_comment="Full name")
    asset_type = models.CharField(
        max_length=20,
        choices=AssetType,
        db_comment="macro: DXY/VIX/SP500/Gold/Oil/CPI; index: total/total2/total3/btc.d/usdt.d/altcoin",
    )
    quote_currency = models.CharField(
        max_length=10, null=True, blank=True, db_comment="Quote currency of the pair (USDT)"
    )
    external_ids = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="Ids at providers: {'coingecko':'bitcoin','coinmarketcap':'1','binance':'BTCUSDT'}",
    )
    logo_url = models.TextField(null=True, blank=True, db_comment="Logo image URL")
    links = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="URLs and addresses: website, explorer, whitepaper, twitter, telegram, reddit, github[], contract, "
        "decimals",
    )
    description = models.TextField(null=True, blank=True, db_comment="Description")
    market_cap = UsdField(null=True, blank=True, db_comment="Latest market cap, USD")
    market_cap_rank = models.IntegerField(null=True, blank=True, db_comment="Latest rank, 1 = largest")
    current_price = PriceField(null=True, blank=True, db_comment="Latest price, USD")
    total_volume = UsdField(null=True, blank=True, db_comment="24 h volume, USD")
    circulating_supply = Numeric(30, 8, null=True, blank=True, db_comment="Circulating supply, coins")
    total_supply = Numeric(30, 8, null=True, blank=True, db_comment="Total supply, coins (NULL = unknown)")
    max_supply = Numeric(30, 8, null=True, blank=True, db_comment="Maximum supply, coins (NULL = unlimited)")
    price_change_percentage_24h = Numeric(10, 4, null=True, blank=True, db_comment="24 h change, percent")
    price_change_percentage_7d = Numeric(10, 4, null=True, blank=True, db_comment="7 d change, percent")
    price_change_percentage_30d = Numeric(10, 4, null=True, blank=True, db_comment="30 d change, percent")
    ath = PriceField(null=True, blank=True, db_comment="All-time high, USD")
    ath_date = models.DateTimeField(null=True, blank=True, db_comment="Date of the all-time high")
    atl = PriceField(null=True, blank=True, db_comment="All-time low, USD")
    atl_date = models.DateTimeField(null=True, blank=True, db_comment="Date of the all-time low")
    metrics_details = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="Small embedded series, e.g. seven OHLCV rows of the last 7 days (sparkline); for macro assets the "
        "provider's metadata",
    )
    timeframe_usage = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Requests per timeframe, {'1m':5,'1h':120}"
    )
    last_accessed_at = models.DateTimeField(null=True, blank=True, db_comment="Last access by any user")
    access_count = models.IntegerField(default=0, db_comment="Accesses so far")
    is_active = models.BooleanField(default=True, db_comment="Tracked by the system")
    is_supported = models.BooleanField(
        default=True,
        db_comment="Data is available; false = hidden from the UI (a user may still hold it in a portfolio)",
    )
    data_quality_score = models.IntegerField(default=100, db_comment="0-100")
    data_source = models.CharField(max_length=20, default="coingecko", db_comment="Primary source")
    last_price_update = models.DateTimeField(null=True, blank=True, db_comment="Last price update")

    class Meta:
        db_table = "assets"
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        constraints = [
            at_least("market_cap", 0, name="chk_market_cap_positive"),
            above("current_price", 0, name="chk_current_price_positive"),
            at_least("circulating_supply", 0, name="chk_supply_positive"),
            between("data_quality_score", 0, 100, name="chk_data_quality"),
            above("market_cap_rank", 0, name="chk_market_cap_rank"),
            at_least("access_count", 0, name="chk_access_count_positive"),
            models.UniqueConstraint(
                KT("external_ids__coingecko"),
                name="unique_assets_coingecko_id",
                violation_error_message=_("Another asset has this CoinGecko id."),
            ),
            one_of("asset_type", AssetType, name="chk_assets_asset_type"),
        ]
        indexes = [
            models.Index(fields=["asset_type", "is_active"], name="idx_assets_type_active"),
            models.Index(
                fields=["market_cap_rank"],
                name="idx_assets_market_cap_rank",
                condition=models.Q(market_cap_rank__isnull=False),
            ),
            models.Index(
                fields=["last_accessed_at"],
                name="idx_assets_last_accessed",
                condition=models.Q(last_accessed_at__isnull=False),
            ),
            models.Index(fields=["data_source"], name="idx_assets_data_source"),
        ]

    def __str__(self) -> str:
        return self.symbol
