"""What users do with signals, and the limits they set."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from system.constraints import above, at_least, between, one_of
from system.fields import Numeric, PriceField
from system.models.base import Created, TimeStamped
from trading.choices import ExecutionStatus, ExecutionType


class SignalExecution(TimeStamped):
    """A user acts on a signal; the signal itself does not change."""

    signal = models.ForeignKey(
        "trading.AITradingSignal",
        on_delete=models.PROTECT,
        related_name="executions",
        db_index=False,
        db_comment="Signal",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, db_comment="User who executes"
    )
    trade_action = models.ForeignKey(
        "trading.TradeAction",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_comment="Booking in the user's portfolio, if made",
    )
    execution_price = PriceField(null=True, blank=True, db_comment="Price, USD")
    position_size = Numeric(30, 8, null=True, blank=True, db_comment="Position size, USD")
    portfolio_percentage = Numeric(5, 2, null=True, blank=True, db_comment="Share of the portfolio, percent")
    execution_type = models.CharField(
        max_length=20, choices=ExecutionType, default=ExecutionType.MANUAL, db_comment="How"
    )
    status = models.CharField(
        max_length=20, choices=ExecutionStatus, default=ExecutionStatus.PENDING, db_comment="State"
    )
    risk_confirmed = models.BooleanField(
        default=False, db_comment="The user confirmed the risk (request field risk_confirmation)"
    )
    execution_details = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Exchange order id, fills, fees, warnings"
    )
    executed_at = models.DateTimeField(null=True, blank=True, db_comment="When filled; NULL while pending")
    portfolio = models.ForeignKey(
        "selection.Portfolio",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="executions",
        db_comment="Portfolio that it is booked in; NULL while that is open",
    )
    stop_price = PriceField(null=True, blank=True, db_comment="Stop that the risk was counted with, USD")
    target_price = PriceField(null=True, blank=True, db_comment="Target of the plan, USD")
    leverage = Numeric(6, 2, default=Decimal(1), db_comment="Leverage of the position; 1 = none")
    client_key = models.CharField(
        max_length=100, null=True, blank=True, db_comment="Key of the client: the same key again changes nothing"
    )
    request_hash = models.CharField(
        max_length=64, null=True, blank=True, db_comment="SHA-256 of what was asked for under the key"
    )

    class Meta:
        db_table = "signal_executions"
        verbose_name = _("execution")
        verbose_name_plural = _("executions")
        constraints = [
            models.UniqueConstraint(
                fields=["signal", "user"],
                condition=models.Q(status__in=[ExecutionStatus.PENDING, ExecutionStatus.PARTIALLY_FILLED]),
                name="unique_open_execution",
                violation_error_message=_("You are executing this signal already."),
            ),
            models.UniqueConstraint(
                fields=["user", "client_key"],
                condition=models.Q(client_key__isnull=False),
                name="unique_signal_execution_key",
                violation_error_message=_("An execution with this key exists already."),
            ),
            above("stop_price", 0, name="chk_signal_executions_stop_price"),
            above("target_price", 0, name="chk_signal_executions_target_price"),
            above("leverage", 0, name="chk_signal_executions_leverage"),
            above("execution_price", 0, name="chk_signal_executions_execution_price"),
            above("position_size", 0, name="chk_signal_executions_position_size"),
            between("portfolio_percentage", 0, 100, name="chk_signal_executions_portfolio_percentage"),
            one_of("execution_type", ExecutionType, name="chk_signal_executions_execution_type"),
            one_of("status", ExecutionStatus, name="chk_signal_executions_status"),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="idx_signal_executions_user"),
            models.Index(fields=["signal"], name="idx_signal_executions_signal"),
            models.Index(fields=["signal", "-created_at", "-id"], name="idx_signal_executions_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.signal} · {self.user}"


class ExecutionFill(Created):
    """A part of an execution that was booked in the journal."""

    execution = models.ForeignKey(
        "trading.SignalExecution",
        on_delete=models.CASCADE,
        related_name="fills",
        db_index=False,
        db_comment="Execution",
    )
    trade_action = models.OneToOneField(
        "trading.TradeAction",
        on_delete=models.CASCADE,
        related_name="execution_fill",
        db_comment="Entry of the journal; price, coins and fee stand there",
    )
    number = models.IntegerField(db_comment="Place among the fills of the execution, from 1")
    client_key = models.CharField(
        max_length=100, null=True, blank=True, db_comment="Key of the client: the same key again changes nothing"
    )
    request_hash = models.CharField(
        max_length=64, null=True, blank=True, db_comment="SHA-256 of what was asked for under the key"
    )

    class Meta:
        db_table = "execution_fills"
        verbose_name = _("fill of an execution")
        verbose_name_plural = _("fills of executions")
        constraints = [
            models.UniqueConstraint(fields=["execution", "number"], name="unique_execution_fill_number"),
            models.UniqueConstraint(
                fields=["execution", "client_key"],
                condition=models.Q(client_key__isnull=False),
                name="unique_execution_fill_key",
                violation_error_message=_("A fill with this key exists already."),
            ),
            at_least("number", 1, name="chk_execution_fills_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.execution}"


class RiskProfile(TimeStamped):
    """The limits that a user sets for themselves."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="risk_profile",
        db_comment="Owner; one profile per user",
    )
    max_position_size = Numeric(30, 8, null=True, blank=True, default=Decimal(1000), db_comment="Largest position, USD")
    max_portfolio_risk = Numeric(
        5,
        4,
        null=True,
        blank=True,
        default=Decimal("0.02"),
        db_comment="Largest risk per trade as a share of the portfolio, 0-1 (0.02 = 2 percent)",
    )
    risk_rules = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{max_open_positions, max_leverage, max_sector_pct, daily_loss_limit_pct, ...}",
    )
    current_exposure = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Computed: {total_usd, by_asset:{}, by_sector:{}}"
    )
    risk_metrics = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Computed: {var_95, volatility, drawdown, ...}"
    )
    last_calculated = models.DateTimeField(
        null=True, blank=True, db_default=Now(), db_comment="When the two computed fields were refreshed"
    )

    class Meta:
        db_table = "risk_management"
        verbose_name = _("risk profile")
        verbose_name_plural = _("risk profiles")
        constraints = [
            above("max_position_size", 0, name="chk_risk_management_max_position_size"),
            between("max_portfolio_risk", 0, 1, name="chk_risk_management_max_portfolio_risk"),
        ]

    def __str__(self) -> str:
        return gettext("limits of %(user)s") % {"user": self.user}
