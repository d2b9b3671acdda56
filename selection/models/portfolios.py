"""Portfolios and positions."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from selection.choices import BaseCurrency, HoldingType, InvestmentTimeframe, LotMethod, RiskCategory, TradeStatus
from system.constraints import above, at_least, between, one_of
from system.fields import Numeric, PriceField
from system.models.base import TimeStamped


class Portfolio(TimeStamped):
    """What one person holds; its positions follow from the trade journal only."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="portfolios",
        db_index=False,
        db_comment="Owner",
    )
    name = models.CharField(max_length=100, default="Main portfolio", db_comment="Name")
    is_active = models.BooleanField(default=True, db_comment="In use; false = soft-deleted")
    is_paper = models.BooleanField(
        default=False, db_comment="Follows signals by itself, on paper; never counted among real holdings"
    )
    is_public = models.BooleanField(default=False, db_comment="May be shared (future)")
    base_currency = models.CharField(
        max_length=3, choices=BaseCurrency, default=BaseCurrency.USD, db_comment="What its figures are shown in"
    )
    lot_method = models.CharField(
        max_length=10,
        choices=LotMethod,
        default=LotMethod.AVERAGE,
        db_comment="Which coins leave first; changing it derives the whole history anew",
    )
    cash_asset = models.ForeignKey(
        "assets.Asset",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cash_of_portfolios",
        db_comment="Dollar or stablecoin that trades are paid from and into; NULL = cash is not tracked",
    )

    class Meta:
        db_table = "portfolios"
        verbose_name = _("portfolio")
        verbose_name_plural = _("portfolios")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=models.Q(is_active=True),
                name="unique_portfolio_user_name",
                violation_error_message=_("You have a portfolio of this name already."),
            ),
            one_of("base_currency", BaseCurrency, name="chk_portfolios_base_currency"),
            one_of("lot_method", LotMethod, name="chk_portfolios_lot_method"),
        ]
        indexes = [
            models.Index(fields=["user", "is_active"], name="idx_portfolios_user_active"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tracks_cash(self) -> bool:
        """Whether only deposits, withdrawals and transfers are flows of the portfolio, and not every trade."""
        return self.cash_asset_id is not None


class PortfolioAsset(TimeStamped):
    """One position. Quantity, prices and realised profit are derived from the journal, never typed in."""

    portfolio = models.ForeignKey(
        "selection.Portfolio",
        on_delete=models.CASCADE,
        related_name="positions",
        db_index=False,
        db_comment="Portfolio",
    )
    asset = models.ForeignKey("assets.Asset", on_delete=models.PROTECT, db_comment="Asset")
    asset_type = models.CharField(
        max_length=20, choices=HoldingType, db_comment="Kind of holding (not assets.asset_type)"
    )
    leverage_ratio = Numeric(6, 2, null=True, blank=True, default=Decimal("1.0"), db_comment="1.0 = no leverage")
    quantity = PriceField(default=Decimal(0), db_comment="Remaining quantity, coins")
    entry_price = PriceField(null=True, blank=True, db_comment="Entry price, USD (average of partial entries)")
    exit_price = PriceField(null=True, blank=True, db_comment="Exit price, USD (average of partial exits)")
    trade_status = models.CharField(
        max_length=20, choices=TradeStatus, default=TradeStatus.OPEN, db_comment="State of the position"
    )
    pnl_realized_usd = PriceField(null=True, blank=True, default=Decimal(0), db_comment="Realised profit/loss, USD")
    allocation_target_percent = Numeric(
        5, 2, null=True, blank=True, db_comment="Target share of the portfolio, percent"
    )
    investment_thesis = models.TextField(null=True, blank=True, db_comment="Rationale")
    investment_timeframe = models.CharField(
        max_length=20, choices=InvestmentTimeframe, null=True, blank=True, db_comment="Horizon"
    )
    risk_category = models.CharField(
        max_length=20,
        choices=RiskCategory,
        null=True,
        blank=True,
        default=RiskCategory.MODERATE,
        db_comment="Risk category",
    )
    stop_loss_price = PriceField(null=True, blank=True, db_comment="Stop loss of the position, USD")
    take_profit_price = PriceField(null=True, blank=True, db_comment="Take profit of the position, USD")
    max_allocation_percent = Numeric(
        5, 2, null=True, blank=True, default=Decimal(10), db_comment="Largest share of the portfolio, percent"
    )
    notes = models.TextField(null=True, blank=True, db_comment="Notes")
    sort_order = models.IntegerField(default=1, db_comment="Order within the portfolio")
    is_active = models.BooleanField(default=True, db_comment="In use")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.RESTRICT,
        related_name="portfolio_assets_added_by",
        db_column="added_by",
        db_comment="User who added it",
    )
    last_modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.RESTRICT,
        related_name="portfolio_assets_last_modified_by",
        db_column="last_modified_by",
        db_comment="User who changed it last",
    )

    class Meta:
        db_table = "portfolio_assets"
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(trade_status=TradeStatus.CLOSED) | models.Q(quantity=0),
                name="chk_portfolio_asset_closed_qty",
                violation_error_message=_("A closed position holds nothing."),
            ),
            one_of("asset_type", HoldingType, name="chk_portfolio_assets_asset_type"),
            above("leverage_ratio", 0, name="chk_portfolio_assets_leverage_ratio"),
            at_least("quantity", 0, name="chk_portfolio_assets_quantity"),
            above("entry_price", 0, name="chk_portfolio_assets_entry_price"),
            above("exit_price", 0, name="chk_portfolio_assets_exit_price"),
            one_of("trade_status", TradeStatus, name="chk_portfolio_assets_trade_status"),
            between("allocation_target_percent", 0, 100, name="chk_portfolio_assets_allocation_target_percent"),
            one_of("investment_timeframe", InvestmentTimeframe, name="chk_portfolio_assets_investment_timeframe"),
            one_of("risk_category", RiskCategory, name="chk_portfolio_assets_risk_category"),
            above("stop_loss_price", 0, name="chk_portfolio_assets_stop_loss_price"),
            above("take_profit_price", 0, name="chk_portfolio_assets_take_profit_price"),
            between("max_allocation_percent", 0, 100, name="chk_portfolio_assets_max_allocation_percent"),
        ]
        indexes = [
            models.Index(fields=["portfolio", "is_active"], name="idx_portfolio_assets_portfolio"),
            models.Index(fields=["portfolio", "sort_order"], name="idx_portfolio_assets_order"),
        ]

    def __str__(self) -> str:
        return f"{self.asset} ({self.get_asset_type_display()})"
