"""What portfolios were worth day by day."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from selection.choices import ChainRestart
from system.constraints import at_least, one_of
from system.fields import Numeric
from system.formats import plain_day


class WorthField(Numeric):
    """Worth of a holding: a quantity times a price, each of 20 digits before the point."""

    def __init__(self, **options: Any) -> None:
        super().__init__(options.pop("max_digits", 60), options.pop("decimal_places", 18), **options)


class PortfolioDay(models.Model):
    """A portfolio at the end of one UTC day. Derived from flows and closes; days from a change on are forgotten and
    counted anew when somebody looks."""

    portfolio = models.ForeignKey(
        "selection.Portfolio",
        on_delete=models.CASCADE,
        related_name="days",
        db_index=False,
        db_comment="Portfolio",
    )
    day = models.DateField(db_comment="Day (UTC); it ends with the close of its candle")
    value_usd = WorthField(
        null=True, blank=True, db_comment="Worth of all that is held, USD; NULL = a price is unknown"
    )
    external_usd = WorthField(default=Decimal(0), db_comment="Put in (+) or taken out (-) on the day, USD")
    invested_usd = WorthField(default=Decimal(0), db_comment="Cost of what is held, USD")
    realized_usd = WorthField(default=Decimal(0), db_comment="Realised since the beginning, net of fees, USD")
    unrealized_usd = WorthField(null=True, blank=True, db_comment="Not yet realised, USD; NULL = a price is unknown")
    income_usd = WorthField(default=Decimal(0), db_comment="Part of realized_usd that is income, USD")
    fees_usd = WorthField(default=Decimal(0), db_comment="Fees since the beginning, USD")
    growth = Numeric(
        60, 18, null=True, blank=True, db_comment="Product of the returns between flows, 1 + r; NULL = none is known"
    )
    restart = models.CharField(
        max_length=10,
        choices=ChainRestart,
        default=ChainRestart.NONE,
        blank=True,
        db_comment="Why the chain of returns starts anew on this day: empty, unknown; else blank",
    )
    missing = ArrayField(
        models.BigIntegerField(), default=list, blank=True, db_comment="assets.id held whose price is unknown"
    )
    carried = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        db_comment="assets.id held without a close of the day itself: an older one, a stated price or none counts",
    )
    assumptions = ArrayField(
        models.CharField(max_length=100), default=list, blank=True, db_comment="Codes of what was assumed on this day"
    )
    computed_at = models.DateTimeField(db_comment="When the day was counted (UTC)")

    class Meta:
        db_table = "portfolio_days"
        verbose_name = _("day of a portfolio")
        verbose_name_plural = _("days of portfolios")
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "day"], name="unique_portfolio_day"),
            models.CheckConstraint(
                condition=models.Q(value_usd__isnull=False) | ~models.Q(missing=[]),
                name="chk_portfolio_days_unknown",
                violation_error_message=_("An unknown value names what is missing."),
            ),
            one_of("restart", ChainRestart, name="chk_portfolio_days_restart"),
            at_least("invested_usd", 0, name="chk_portfolio_days_invested_usd"),
            at_least("growth", 0, name="chk_portfolio_days_growth"),
        ]

    def __str__(self) -> str:
        return f"{self.portfolio} {plain_day(self.day)}"
