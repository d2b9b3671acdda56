"""The row of key figures, each with what it is made from."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from macro.choices import SentimentRegime
from macro.models import AIRegimeAnalysis, MetricsSnapshot

Text = str | Promise


@dataclass(frozen=True)
class Explanation:
    """How a figure comes about. Without inputs, period or assumptions there is nothing to be said of them.

    Attributes:
        source: where the formula comes from; empty = it is our own or everybody's.
    """

    formula: Text
    inputs: Text = ""
    period: Text = ""
    assumptions: Text = ""
    source: Text = ""


@dataclass(frozen=True)
class Kpi:
    """A figure, how it is shown, and how it changed against the day before.

    Attributes:
        form: name of the form in ``figures.FORMS``; ``change_form`` likewise for the change.
        reason: why it is unknown, as the analysis noted it.
        note: a word that says what the figure means.
    """

    key: str
    label: Text
    value: Any
    form: str
    reason: str
    change: Any
    change_form: str
    note: Text
    explanation: Explanation


@dataclass(frozen=True)
class Definition:
    """A key figure that is a column of the snapshot or of the analysis made from it."""

    column: str
    label: Text
    form: str
    change_form: str
    explanation: Explanation
    change: Callable[[Decimal, Decimal], Decimal]


def difference(now: Decimal, before: Decimal) -> Decimal:
    return now - before


def relative_change(now: Decimal, before: Decimal) -> Decimal:
    """In percent of what it was."""
    return 100 * (now / before - 1) if before else Decimal(0)


DEFINITIONS = (
    Definition(
        "total_market_cap",
        _("Total market cap"),
        "amount",
        "change",
        Explanation(
            _("Sum of the market caps of all assets whose cap is known, USD."),
            _("Newest market cap of each asset that was known at the time of the analysis."),
            _("One moment; compared with the day before."),
            _("A cap of 0 means unknown and is left out. Fewer than 20 known caps give no total."),
        ),
        relative_change,
    ),
    Definition(
        "btc_dominance",
        _("Bitcoin dominance"),
        "percent",
        "points",
        Explanation(
            _("Market cap of Bitcoin divided by the total market cap."),
            _("The same market caps as the total."),
            _("One moment; compared with the day before."),
            _("Only assets with a known cap count, so the share is a little too high."),
        ),
        difference,
    ),
    Definition(
        "crypto_market_breadth",
        _("Market breadth"),
        "percent",
        "points",
        Explanation(
            _("Share of assets whose close is above their 50-candle average."),
            _("Closes of the 100 largest assets (by market cap, else by volume), no stablecoins or wrapped coins."),
            _("50 candles; compared with the day before."),
            _("Every asset counts the same. Fewer than 20 assets with an average give no share."),
        ),
        difference,
    ),
    Definition(
        "fear_greed_index",
        _("Fear & Greed"),
        "number",
        "steps",
        Explanation(
            _("Index from 0 (extreme fear) to 100 (extreme greed), taken as published."),
            _("The daily value of the index that was known at the time of the analysis."),
            _("One day; compared with the day before."),
            _("A value older than four days is not shown."),
        ),
        difference,
    ),
    Definition(
        "liquidity_score",
        _("Turnover"),
        "share1",
        "change",
        Explanation(
            _("Volume of 24 hours divided by the total market cap."),
            _("Volumes and market caps of the assets, as their sources report them."),
            _("24 hours; compared with the day before."),
            _("Volumes are not corrected for wash trading."),
        ),
        relative_change,
    ),
)
VOLATILITY = Explanation(
    _("Place of the present volatility among those of the last 365 candles: 0 is the calmest, 1 the wildest."),
    _("Daily log returns of Bitcoin."),
    _("Standard deviation over 20 candles, ranked among 365."),
    _("Bitcoin stands for the whole market."),
)


def kpis(analysis: AIRegimeAnalysis, before: MetricsSnapshot | None) -> list[Kpi]:
    """The key figures of an analysis, with their change since the snapshot of the day before."""
    snapshot = analysis.metrics_snapshot
    reasons = (snapshot.data_quality_flags or {}).get("missing") or {}
    found = [_from_column(definition, snapshot, before, reasons, analysis) for definition in DEFINITIONS]
    return [*found[:3], _volatility(analysis), *found[3:]]


def _from_column(
    definition: Definition,
    snapshot: MetricsSnapshot,
    before: MetricsSnapshot | None,
    reasons: dict[str, str],
    analysis: AIRegimeAnalysis,
) -> Kpi:
    now = getattr(snapshot, definition.column)
    then = getattr(before, definition.column) if before else None
    mood = analysis.sentiment_regime if definition.column == "fear_greed_index" else None
    return Kpi(
        key=definition.column,
        label=definition.label,
        value=now,
        form=definition.form,
        reason=reasons.get(definition.column, ""),
        change=None if now is None or then is None else definition.change(now, then),
        change_form=definition.change_form,
        note=SentimentRegime(mood).label if mood else "",
        explanation=definition.explanation,
    )


def _volatility(analysis: AIRegimeAnalysis) -> Kpi:
    missing = (analysis.validation_flags or {}).get("missing") or {}
    return Kpi(
        key="volatility",
        label=_("Volatility"),
        value=analysis.volatility_regime_score,
        form="probability",
        reason=missing.get("volatility_regime_score", ""),
        change=None,
        change_form="points",
        note=analysis.get_risk_level_display() if analysis.risk_level else "",
        explanation=VOLATILITY,
    )
