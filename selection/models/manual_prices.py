"""Prices that a person states because no source has one."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from system.constraints import above
from system.fields import PriceField
from system.formats import coins
from system.models.base import Created


class ManualPrice(Created):
    """A price of an asset in one portfolio, stated by its owner; what is built on it is marked. It holds until the
    next one and gives way to any close that is known."""

    portfolio = models.ForeignKey(
        "selection.Portfolio",
        on_delete=models.CASCADE,
        related_name="manual_prices",
        db_index=False,
        db_comment="Portfolio",
    )
    asset = models.ForeignKey("assets.Asset", on_delete=models.PROTECT, db_comment="Asset")
    priced_at = models.DateTimeField(db_comment="From when on the price holds (UTC)")
    price = PriceField(db_comment="Price, USD")
    note = models.TextField(null=True, blank=True, db_comment="Where the price is from")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="manual_prices",
        db_column="created_by",
        db_comment="User who stated it",
    )

    class Meta:
        db_table = "manual_prices"
        verbose_name = _("manual price")
        verbose_name_plural = _("manual prices")
        constraints = [
            models.UniqueConstraint(
                fields=["portfolio", "asset", "priced_at"],
                name="unique_manual_price",
                violation_error_message=_("There is a price for this moment already."),
            ),
            above("price", 0, name="chk_manual_prices_price"),
        ]

    def __str__(self) -> str:
        return f"{self.asset}: {coins(self.price)}"
