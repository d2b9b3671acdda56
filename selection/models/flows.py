"""What the journal did to positions, and the lots that follow: derived, rebuilt from the journal at any time."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from selection.choices import FlowKind
from system.constraints import above, at_least, one_of
from system.fields import PriceField
from system.formats import coins, plain_day


class PositionFlow(models.Model):
    """What one entry of the trade journal did to a position, in coins and in dollars. Derived from the journal and
    rebuilt from it; every figure about the position is a sum over these rows up to a moment."""

    position = models.ForeignKey(
        "selection.PortfolioAsset",
        on_delete=models.CASCADE,
        related_name="flows",
        db_index=False,
        db_comment="Position",
    )
    action_id = models.BigIntegerField(db_comment="trade_actions.id it follows from (kept by trading)")
    leg = models.SmallIntegerField(
        default=0, db_comment="Which part of the entry: 0 what was traded, then fee in a third coin, coins paid with"
    )
    place = models.BigIntegerField(
        default=0,
        db_comment="Place of the entry among those of one moment: its id, or that of the first entry that it stands in "
        "for; of the halves of a transfer that of what was sent",
    )
    kind = models.CharField(
        max_length=20, choices=FlowKind, default=FlowKind.TRADE, db_comment="What moved coins or money"
    )
    occurred_at = models.DateTimeField(db_comment="Time of the action (UTC)")
    quantity_change = PriceField(db_comment="Coins that joined (+) or left (-) the position")
    price = PriceField(db_comment="Price of the action, USD")
    fee_usd = PriceField(default=Decimal(0), db_comment="Fee, USD")
    cash_flow_usd = PriceField(db_comment="Dollars received (+) or spent (-), fees included")
    cost_change_usd = PriceField(db_comment="Change of the cost of what is held, USD, by the method of the portfolio")
    realized_usd = PriceField(
        default=Decimal(0), db_comment="Profit realised by the action, net of its fee, income included, USD"
    )
    income_usd = PriceField(default=Decimal(0), db_comment="Part of realized_usd that is income, USD")
    external_usd = PriceField(
        default=Decimal(0),
        db_comment="Worth that came into (+) or left (-) the portfolio at this moment, USD: with a cash position "
        "deposits, withdrawals and transfers only, else every payment",
    )
    assumptions = models.JSONField(
        default=list, blank=True, db_comment="Codes of what the figures rest on besides what is known"
    )

    class Meta:
        db_table = "position_flows"
        verbose_name = _("flow of a position")
        verbose_name_plural = _("flows of positions")
        constraints = [
            models.UniqueConstraint(fields=["action_id", "leg"], name="unique_position_flow_leg"),
            one_of("kind", FlowKind, name="chk_position_flows_kind"),
        ]
        indexes = [
            models.Index(fields=["position", "occurred_at", "action_id"], name="idx_position_flows_time"),
        ]

    def __str__(self) -> str:
        return f"{coins(self.quantity_change)} · {self.position}"


class PositionLot(models.Model):
    """Coins of one acquisition that are held still. Derived. Dollars are kept without lots."""

    position = models.ForeignKey(
        "selection.PortfolioAsset",
        on_delete=models.CASCADE,
        related_name="lots",
        db_index=False,
        db_comment="Position",
    )
    action_id = models.BigIntegerField(db_comment="trade_actions.id of the acquisition (kept by trading)")
    acquired_at = models.DateTimeField(db_comment="When the coins were acquired first, also at another venue (UTC)")
    quantity = PriceField(db_comment="Coins of the lot that are held")
    cost_usd = PriceField(db_comment="What they cost, USD; of a short what was received, negative")
    assumptions = models.JSONField(
        default=list, blank=True, db_comment="Codes of what the cost rests on besides what is known"
    )

    class Meta:
        db_table = "position_lots"
        verbose_name = _("open lot")
        verbose_name_plural = _("open lots")
        constraints = [above("quantity", 0, name="chk_position_lots_quantity")]
        indexes = [models.Index(fields=["position", "acquired_at", "action_id"], name="idx_position_lots_time")]

    def __str__(self) -> str:
        return f"{coins(self.quantity)} · {plain_day(self.acquired_at)}"


class LotDisposal(models.Model):
    """Coins of one lot that left a position: a line of the yearly report of realised gains. Derived."""

    position = models.ForeignKey(
        "selection.PortfolioAsset",
        on_delete=models.CASCADE,
        related_name="disposals",
        db_index=False,
        db_comment="Position",
    )
    action_id = models.BigIntegerField(db_comment="trade_actions.id that they left with (kept by trading)")
    leg = models.SmallIntegerField(default=0, db_comment="Leg of that entry, as in position_flows")
    number = models.IntegerField(default=0, db_comment="Place among the lots that left with this leg")
    kind = models.CharField(
        max_length=20,
        choices=FlowKind,
        default=FlowKind.TRADE,
        db_comment="How they left; only trades and fees are sales",
    )
    lot_action_id = models.BigIntegerField(db_comment="trade_actions.id of the acquisition (kept by trading)")
    acquired_at = models.DateTimeField(db_comment="When the coins were acquired (UTC); of a short when it was sold")
    disposed_at = models.DateTimeField(db_comment="When they left (UTC); of a short when it was covered")
    quantity = PriceField(db_comment="Coins")
    cost_usd = PriceField(db_comment="What they cost, fees included, USD")
    proceeds_usd = PriceField(db_comment="What was received for them, net of fees, USD")
    assumptions = models.JSONField(
        default=list, blank=True, db_comment="Codes of what the figures rest on besides what is known"
    )

    class Meta:
        db_table = "lot_disposals"
        verbose_name = _("disposal of a lot")
        verbose_name_plural = _("disposals of lots")
        constraints = [
            models.UniqueConstraint(fields=["action_id", "leg", "number"], name="unique_lot_disposal_number"),
            at_least("quantity", 0, name="chk_lot_disposals_quantity"),
            one_of("kind", FlowKind, name="chk_lot_disposals_kind"),
        ]
        indexes = [models.Index(fields=["position", "disposed_at"], name="idx_lot_disposals_time")]

    def __str__(self) -> str:
        return f"{coins(self.quantity)} · {plain_day(self.disposed_at)}"
