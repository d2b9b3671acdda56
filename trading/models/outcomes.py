"""What comes of signals: how far each has come, how it ended, and corrections of wrong ends."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe
from system.constraints import above, at_least, one_of
from system.fields import Numeric, PriceField
from system.models.base import Created, RunResult
from trading.choices import OutcomeDecider, SignalEnding


class Followed(models.Model):
    """What the candles since a signal have shown of it."""

    filled_at = models.DateTimeField(
        null=True, blank=True, db_comment="Start of the candle that filled it; NULL = not filled"
    )
    fill_price = PriceField(null=True, blank=True, db_comment="Price it was filled at, USD")
    targets_reached = models.SmallIntegerField(default=0, db_comment="How many of its targets were reached")
    mfe_price = PriceField(null=True, blank=True, db_comment="Most favourable price since the fill, USD")
    mfe_at = models.DateTimeField(null=True, blank=True, db_comment="Start of the candle that holds it")
    mae_price = PriceField(null=True, blank=True, db_comment="Most adverse price since the fill, USD")
    mae_at = models.DateTimeField(null=True, blank=True, db_comment="Start of the candle that holds it")

    class Meta:
        abstract = True


class SignalTrack(Followed):
    """How far a signal has come; written when that changes. It is judged up to the moment of its series, or up to the
    candle that it waits for."""

    signal = models.OneToOneField(
        "trading.AITradingSignal",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="track",
        db_comment="The signal",
    )
    stop_price = PriceField(null=True, blank=True, db_comment="Where the stop stands now, USD")
    paused_since = models.DateTimeField(
        null=True,
        blank=True,
        db_comment="Start of the missing candle that it waits for; nothing later is judged; NULL = it waits for none",
    )
    known_at = models.DateTimeField(db_comment="Moment whose knowledge of candles changed it last")

    class Meta:
        db_table = "signal_tracks"
        verbose_name = _("progress of a signal")
        verbose_name_plural = _("progress of signals")
        constraints = [
            above("fill_price", 0, name="chk_signal_tracks_fill_price"),
            at_least("targets_reached", 0, name="chk_signal_tracks_targets_reached"),
        ]
        indexes = [
            models.Index(
                fields=["paused_since"], name="idx_signal_tracks_paused", condition=models.Q(paused_since__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.signal_id}"


class TrackedSeries(models.Model):
    """Up to which moment the signals of a series and timeframe are judged."""

    series = models.CharField(max_length=40, db_comment="live, or the name of the replay")
    timeframe = models.CharField(max_length=10, choices=Timeframe, db_comment="Candles that they are followed on")
    known_at = models.DateTimeField(db_comment="Last moment whose knowledge of candles they were judged with")

    class Meta:
        db_table = "tracked_series"
        verbose_name = _("judgement of signals")
        verbose_name_plural = _("judgements of signals")
        constraints = [
            models.UniqueConstraint(
                fields=["series", "timeframe"],
                name="unique_tracked_series",
                violation_error_message=_("This series and timeframe is there already."),
            ),
            one_of("timeframe", Timeframe, name="chk_tracked_series_timeframe"),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.timeframe}"


class Ending(Followed):
    """How a signal ended, by the candles that were known when it was judged."""

    outcome = models.CharField(max_length=15, choices=SignalEnding, db_comment="What ended it, or its last part")
    ended_at = models.DateTimeField(db_comment="End of the candle that ended it: when its end could be known")
    exit_price = PriceField(
        null=True, blank=True, db_comment="Price it left at, USD; of several, their mean by shares; NULL = not filled"
    )
    hours = Numeric(10, 2, db_comment="From the plan to ended_at, hours")
    r_multiple = Numeric(
        18, 6, null=True, blank=True, db_comment="Result before costs over the way from the planned entry to the stop"
    )
    net_r_multiple = Numeric(18, 6, null=True, blank=True, db_comment="The same after costs")
    return_pct = Numeric(18, 6, null=True, blank=True, db_comment="Result before costs, percent of the fill")
    net_return_pct = Numeric(
        18, 6, null=True, blank=True, db_comment="The same after signal_sizing.cost_pct as it was when the signal ended"
    )
    decided_by = models.CharField(
        max_length=10, choices=OutcomeDecider, db_comment="own candle, finer candles inside it, or assumed: the stop"
    )
    is_assumed = models.BooleanField(
        default=False, db_comment="Something on the way came in an order that no candle tells"
    )
    timeframe = models.CharField(max_length=10, choices=Timeframe, db_comment="Candles it was followed on")

    class Meta:
        abstract = True


class SignalOutcome(Ending, RunResult, Created):
    """How a signal ended as it was first seen; written once."""

    signal = models.OneToOneField(
        "trading.AITradingSignal",
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="outcome",
        db_comment="The signal",
    )
    judged_at = models.DateTimeField(db_comment="Moment whose knowledge of candles decided")

    class Meta:
        db_table = "signal_outcomes"
        verbose_name = _("outcome of a signal")
        verbose_name_plural = _("outcomes of signals")
        constraints = [
            one_of("outcome", SignalEnding, name="chk_signal_outcomes_outcome"),
            one_of("decided_by", OutcomeDecider, name="chk_signal_outcomes_decided_by"),
            one_of("timeframe", Timeframe, name="chk_signal_outcomes_timeframe"),
            above("fill_price", 0, name="chk_signal_outcomes_fill_price"),
            above("exit_price", 0, name="chk_signal_outcomes_exit_price"),
            models.CheckConstraint(
                condition=models.Q(fill_price__isnull=False, filled_at__isnull=False, exit_price__isnull=False)
                | models.Q(
                    fill_price__isnull=True,
                    exit_price__isnull=True,
                    return_pct__isnull=True,
                    outcome__in=[SignalEnding.NEVER_FILLED, SignalEnding.INVALIDATED],
                ),
                name="chk_signal_outcomes_filled",
                violation_error_message=_("What was filled has a price of entry and of exit; what was not has none."),
            ),
        ]
        indexes = [models.Index(fields=["series", "ended_at"], name="idx_signal_outcomes_ended")]

    def __str__(self) -> str:
        return f"{self.signal_id} {self.get_outcome_display()}"


class SignalOutcomeRevision(Ending):
    """A later outcome of a signal whose candles were corrected. The last one counts; the first stays as it is."""

    signal = models.ForeignKey(
        "trading.AITradingSignal",
        on_delete=models.PROTECT,
        related_name="outcome_revisions",
        db_index=False,
        db_comment="The signal",
    )
    number = models.IntegerField(db_comment="1 = first correction")
    reason = models.CharField(max_length=100, db_comment="Why the outcome was wrong")
    judged_at = models.DateTimeField(db_comment="Moment whose knowledge of candles decided")
    created_at = models.DateTimeField(db_default=Now(), db_comment="Row creation time (UTC)")

    class Meta:
        db_table = "signal_outcome_revisions"
        verbose_name = _("corrected outcome of a signal")
        verbose_name_plural = _("corrected outcomes of signals")
        constraints = [
            models.UniqueConstraint(
                fields=["signal", "number"],
                name="unique_signal_outcome_revision",
                violation_error_message=_("This correction is written already."),
            ),
            above("number", 0, name="chk_signal_outcome_revisions_number"),
            one_of("outcome", SignalEnding, name="chk_signal_outcome_revisions_outcome"),
            one_of("decided_by", OutcomeDecider, name="chk_signal_outcome_revisions_decided_by"),
            one_of("timeframe", Timeframe, name="chk_signal_outcome_revisions_timeframe"),
            above("fill_price", 0, name="chk_signal_outcome_revisions_fill_price"),
            above("exit_price", 0, name="chk_signal_outcome_revisions_exit_price"),
        ]

    def __str__(self) -> str:
        return f"{self.signal_id} · {self.number}"
