"""The trade journal."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.choices import RiskLevel
from system.constraints import above, at_least, between, one_of
from system.fields import Numeric, PriceField, UsdField
from system.formats import coins
from system.models.base import TimeStamped
from trading.choices import (
    TRADED_TIMEFRAMES,
    WITHOUT_QUANTITY,
    ActionSource,
    ActionType,
    MarketSentiment,
    PrimarySetup,
    VolumeProfile,
)


class TradeAction(TimeStamped):
    """One entry of the trade journal; append-only, corrected by a reversal and a new entry."""

    portfolio_asset = models.ForeignKey(
        "selection.PortfolioAsset",
        on_delete=models.CASCADE,
        related_name="actions",
        db_index=False,
        db_comment="Position",
    )
    action_type = models.CharField(max_length=20, choices=ActionType, db_comment="Kind")
    asset_price = PriceField(db_comment="Price at this action, USD (0 where the kind has none)")
    quantity = PriceField(db_comment="Quantity, coins (0 for modify_sl / modify_tp)")
    fees_paid = PriceField(
        null=True, blank=True, default=Decimal(0), db_comment="Fees, USD at the moment of the action"
    )
    pnl_realized_usd = PriceField(
        null=True,
        blank=True,
        default=Decimal(0),
        db_comment="Realised P&L of an exit net of fees, USD, by the method of the portfolio; derived",
    )
    timeframe = models.CharField(
        max_length=10, choices=TRADED_TIMEFRAMES, null=True, blank=True, db_comment="Timeframe traded"
    )
    emotion_state = models.CharField(max_length=20, null=True, blank=True, db_comment="Emotion")
    confidence_level = models.IntegerField(null=True, blank=True, db_comment="1-10")
    stress_level = models.IntegerField(null=True, blank=True, db_comment="1-10")
    market_sentiment = models.CharField(
        max_length=10, choices=MarketSentiment, null=True, blank=True, db_comment="Market as the user saw it"
    )
    volatility_level = models.CharField(
        max_length=10, choices=RiskLevel, null=True, blank=True, db_comment="Volatility"
    )
    volume_profile = models.CharField(max_length=20, choices=VolumeProfile, null=True, blank=True, db_comment="Volume")
    primary_setup = models.CharField(max_length=20, choices=PrimarySetup, null=True, blank=True, db_comment="Setup")
    confirmation_signals = models.JSONField(null=True, blank=True, default=list, db_comment="RSI, MACD, ... used")
    chart_pattern = models.CharField(max_length=30, null=True, blank=True, db_comment="Pattern")
    analysis_snapshot = models.JSONField(null=True, blank=True, default=dict, db_comment="Analysis at this moment")
    stop_loss = PriceField(null=True, blank=True, db_comment="Stop loss at this action, USD")
    take_profit = PriceField(null=True, blank=True, db_comment="Take profit at this action, USD")
    capital_amount = UsdField(null=True, blank=True, db_comment="Capital at the time, USD")
    risk_percent = Numeric(5, 2, null=True, blank=True, db_comment="Risk of total capital, percent")
    reason = models.CharField(max_length=50, null=True, blank=True, db_comment="Reason")
    action_source = models.CharField(
        max_length=20, choices=ActionSource, default=ActionSource.MANUAL, db_comment="Source"
    )
    ai_signal = models.ForeignKey(
        "trading.AITradingSignal",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_comment="Signal, if source is ai_signal",
    )
    lesson_learned = models.TextField(null=True, blank=True, db_comment="Lessons")
    notes = models.TextField(null=True, blank=True, db_comment="Notes")
    executed_at = models.DateTimeField(db_comment="Time of the action (UTC); may lie in the past")
    client_key = models.CharField(
        max_length=100,
        null=True,
        blank=True,
        db_comment="Key of the client or import line: the same key again changes nothing",
    )
    fee_asset = models.ForeignKey(
        "assets.Asset",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="fee_actions",
        db_comment="Coin the fee was paid in; NULL = USD",
    )
    fee_quantity = PriceField(null=True, blank=True, db_comment="Fee, coins of fee_asset")
    venue = models.CharField(max_length=50, null=True, blank=True, db_comment="Exchange or wallet")
    external_id = models.CharField(max_length=100, null=True, blank=True, db_comment="Trade id at the venue")
    reverses = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversal",
        db_comment="The entry that this one takes back (kind reversal)",
    )
    corrects = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="correction",
        db_comment="The reversed entry that this one stands in for; among entries of one moment it takes its place",
    )
    matches = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="matched_by",
        db_comment="Other half of a transfer between own venues, or of a token migration: lots carry over",
    )
    settlement_asset = models.ForeignKey(
        "assets.Asset",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="settled_actions",
        db_comment="Coin that was paid with or received; NULL = US dollars, or the cash position of the portfolio",
    )
    settlement_quantity = PriceField(
        null=True, blank=True, db_comment="Coins of it that were paid or received; NULL = as many as dollars"
    )
    accepts_missing = models.BooleanField(
        default=False,
        db_comment="What it closes beyond the holding counts as brought in at its own price, and is marked",
    )
    assumptions = models.JSONField(
        default=list, blank=True, db_comment="Codes of what the entry was booked on besides what is known"
    )
    looked_up = models.JSONField(
        default=list,
        blank=True,
        db_comment="Amounts that the entry left open and that were looked up when it was made; a correction looks "
        "them up anew",
    )

    class Meta:
        db_table = "trade_actions"
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        constraints = [
            models.UniqueConstraint(
                fields=["portfolio_asset", "client_key"],
                condition=models.Q(client_key__isnull=False),
                name="unique_trade_action_client_key",
                violation_error_message=_("An entry with this key exists already."),
            ),
            models.CheckConstraint(
                condition=models.Q(action_type=ActionType.REVERSAL, reverses__isnull=False)
                | (~models.Q(action_type=ActionType.REVERSAL) & models.Q(reverses__isnull=True)),
                name="chk_trade_action_reversal",
                violation_error_message=_("Only a reversal names the entry that it takes back."),
            ),
            above("settlement_quantity", 0, name="chk_trade_actions_settlement_quantity"),
            at_least("fee_quantity", 0, name="chk_trade_actions_fee_quantity"),
            models.CheckConstraint(
                condition=models.Q(action_type__in=WITHOUT_QUANTITY) | models.Q(quantity__gt=0),
                name="chk_trade_action_quantity",
                violation_error_message=_("The quantity must be above 0."),
            ),
            one_of("action_type", ActionType, name="chk_trade_actions_action_type"),
            at_least("asset_price", 0, name="chk_trade_actions_asset_price"),
            at_least("quantity", 0, name="chk_trade_actions_quantity"),
            at_least("fees_paid", 0, name="chk_trade_actions_fees_paid"),
            one_of("timeframe", TRADED_TIMEFRAMES, name="chk_trade_actions_timeframe"),
            between("confidence_level", 1, 10, name="chk_trade_actions_confidence_level"),
            between("stress_level", 1, 10, name="chk_trade_actions_stress_level"),
            one_of("market_sentiment", MarketSentiment, name="chk_trade_actions_market_sentiment"),
            one_of("volatility_level", RiskLevel, name="chk_trade_actions_volatility_level"),
            one_of("volume_profile", VolumeProfile, name="chk_trade_actions_volume_profile"),
            one_of("primary_setup", PrimarySetup, name="chk_trade_actions_primary_setup"),
            above("stop_loss", 0, name="chk_trade_actions_stop_loss"),
            above("take_profit", 0, name="chk_trade_actions_take_profit"),
            at_least("capital_amount", 0, name="chk_trade_actions_capital_amount"),
            between("risk_percent", 0, 100, name="chk_trade_actions_risk_percent"),
            one_of("action_source", ActionSource, name="chk_trade_actions_action_source"),
        ]
        indexes = [
            models.Index(fields=["portfolio_asset", "-executed_at", "-id"], name="idx_trade_actions_position"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_type_display()} {coins(self.quantity)} × {coins(self.asset_price)}"
