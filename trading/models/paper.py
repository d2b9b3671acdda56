"""Portfolios on paper that follow signals by themselves."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.constraints import above, at_least, one_of
from system.fields import Numeric, PriceField, UsdField
from system.models.base import TimeStamped
from trading.choices import PaperRefusal


class PaperPortfolio(TimeStamped):
    """By which rules a paper portfolio follows signals. It sends no orders and is never counted among real holdings."""

    portfolio = models.OneToOneField(
        "selection.Portfolio",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="paper",
        db_comment="Portfolio, marked is_paper",
    )
    capital = UsdField(db_comment="Dollars that it began with; sizes are counted of them")
    takes_unproven = models.BooleanField(
        default=False, db_comment="Follow signals without a measured edge too; false = actionable ones only"
    )
    risk_pct = Numeric(5, 2, db_comment="Of the capital that the way to the stop costs, percent")
    max_positions = models.IntegerField(db_comment="Most signals that are followed at once")
    opened_at = models.DateTimeField(db_comment="Only signals of runs from this moment on are followed")
    is_following = models.BooleanField(default=True, db_comment="New signals are followed; false = open ones only end")

    class Meta:
        db_table = "paper_portfolios"
        verbose_name = _("paper portfolio")
        verbose_name_plural = _("paper portfolios")
        constraints = [
            above("capital", 0, name="chk_paper_portfolios_capital"),
            above("risk_pct", 0, name="chk_paper_portfolios_risk_pct"),
            at_least("max_positions", 1, name="chk_paper_portfolios_max_positions"),
        ]

    def __str__(self) -> str:
        return f"{self.portfolio}"


class PaperTrade(TimeStamped):
    """A signal that a paper portfolio has followed, or why it has not."""

    paper = models.ForeignKey(
        "trading.PaperPortfolio",
        on_delete=models.CASCADE,
        related_name="trades",
        db_index=False,
        db_comment="Paper portfolio",
    )
    signal = models.ForeignKey(
        "trading.AITradingSignal", on_delete=models.PROTECT, related_name="paper_trades", db_comment="Signal"
    )
    entry = models.OneToOneField(
        "trading.TradeAction",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="paper_entry",
        db_comment="Journal entry that opened it; NULL = not followed",
    )
    exit = models.OneToOneField(
        "trading.TradeAction",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="paper_exit",
        db_comment="Journal entry that closed it; NULL = open, or not followed",
    )
    quantity = PriceField(null=True, blank=True, db_comment="Coins; NULL = not followed")
    refusal = models.CharField(
        max_length=20, choices=PaperRefusal, null=True, blank=True, db_comment="Why it was not followed; NULL = it was"
    )
    details = models.TextField(null=True, blank=True, db_comment="What the journal said to a refused entry or exit")

    class Meta:
        db_table = "paper_trades"
        verbose_name = _("paper trade")
        verbose_name_plural = _("paper trades")
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "signal"],
                name="unique_paper_trade",
                violation_error_message=_("This signal has been looked at already."),
            ),
            one_of("refusal", PaperRefusal, name="chk_paper_trades_refusal"),
            models.CheckConstraint(
                condition=models.Q(refusal__isnull=True, entry__isnull=False, quantity__isnull=False)
                | models.Q(refusal__isnull=False, entry__isnull=True, exit__isnull=True),
                name="chk_paper_trade_followed",
                violation_error_message=_("A signal was followed, or there is a reason why not."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.paper} {self.signal}"
