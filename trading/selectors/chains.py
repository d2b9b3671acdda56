"""Where a signal came from: signal → ranking → sector → regime → snapshot, each row by its key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from assets.choices import DEMO_SOURCE, Market
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AISectorAnalysis
from selection.models import AIWatchlistAnalysis
from system.choices import LIVE
from trading.choices import SignalStatus
from trading.models import AITradingSignal, SignalOutcome, SignalOutcomeRevision
from trading.selectors.visible import status_now, visible_signals, with_status


@dataclass(frozen=True)
class Chain:
    """A signal and the live rows of the layers above that it was made from.

    Attributes:
        place: the asset's place in the ranking, of ``ranked`` assets, with its ``score`` (0-1); None without one.
        factors: what spoke for the signal, the weightiest first: ``factor`` and ``weight`` (shares of 1).
        ending: how it ended, as it was corrected last; None while it is not over.
        waits_for: start of the missing candle that it waits for.
    """

    signal: AITradingSignal
    status: str
    snapshot: MetricsSnapshot
    regime: AIRegimeAnalysis | None
    sector: AISectorAnalysis | None
    ranking: AIWatchlistAnalysis | None
    place: int | None
    score: float | None
    ranked: int
    factors: list[dict[str, Any]]
    ending: SignalOutcome | SignalOutcomeRevision | None
    waits_for: datetime | None

    @property
    def is_proven(self) -> bool:
        return is_proven(self.signal)


@dataclass(frozen=True)
class SignalCounts:
    """Active signals with a measured edge, and those without."""

    proven: int
    unproven: int


def is_proven(signal: AITradingSignal) -> bool:
    """Whether the model had a measured record with an edge when it made the signal."""
    return bool((signal.ai_analysis or {}).get("is_proven"))


def active_signals(market: Market, user: Any) -> QuerySet[AITradingSignal]:
    """Live signals of one market that a person may see and that are open now, newest first."""
    is_demo = {"asset__data_source": DEMO_SOURCE}
    active = with_status(visible_signals(user), SignalStatus.ACTIVE).select_related("asset", "metrics_snapshot")
    found = active.filter(**is_demo) if market == Market.DEMO else active.exclude(**is_demo)
    return found.order_by("-metrics_snapshot__snapshot_time", "-confluence_count", "-pk")


def counts(signals: QuerySet[AITradingSignal]) -> SignalCounts:
    """How many of some signals are proven."""
    proven = Count("pk", filter=Q(ai_analysis__is_proven=True))
    found = signals.aggregate(proven=proven, all=Count("pk"))
    return SignalCounts(found["proven"], found["all"] - found["proven"])


def signals_of(asset_id: int, user: Any, most: int) -> QuerySet[AITradingSignal]:
    """The newest live signals of an asset that a person may see, with what their chains need."""
    found = with_links(visible_signals(user).filter(asset=asset_id))
    return found.order_by("-metrics_snapshot__snapshot_time", "-pk")[:most]


def with_links(signals: QuerySet[AITradingSignal]) -> QuerySet[AITradingSignal]:
    """Signals with what their chains need."""
    related = ("asset", "ai_model", "metrics_snapshot", "watchlist_analysis__watchlist", "outcome", "track")
    return signals.select_related(*related).prefetch_related("outcome_revisions")


def chains(signals: Sequence[AITradingSignal]) -> list[Chain]:
    """The chain of each signal of ``with_links``, in two queries however many they are."""
    snapshots = {signal.metrics_snapshot_id for signal in signals}
    regimes = {
        row.metrics_snapshot_id: row
        for row in AIRegimeAnalysis.objects.filter(metrics_snapshot__in=snapshots, series=LIVE)
        .select_related("ai_model")
        .order_by("pk")
    }
    sectors = {
        (row.metrics_snapshot_id, row.sector.name): row
        for row in AISectorAnalysis.objects.filter(metrics_snapshot__in=snapshots, series=LIVE)
        .select_related("sector")
        .order_by("pk")
    }
    return [_chain(signal, regimes, sectors) for signal in signals]


def _chain(
    signal: AITradingSignal,
    regimes: dict[int, AIRegimeAnalysis],
    sectors: dict[tuple[int, str], AISectorAnalysis],
) -> Chain:
    ranking = signal.watchlist_analysis
    scores = (ranking.asset_scores if ranking else None) or []
    own: dict[str, Any] = next((score for score in scores if score["asset_id"] == signal.asset_id), {})
    sector = (signal.sector_context or {}).get("sector", "")
    track = getattr(signal, "track", None)
    return Chain(
        signal=signal,
        status=status_now(signal),
        snapshot=signal.metrics_snapshot,
        regime=regimes.get(signal.metrics_snapshot_id),
        sector=sectors.get((signal.metrics_snapshot_id, sector)),
        ranking=ranking,
        place=own.get("rank"),
        score=own.get("score"),
        ranked=len(scores),
        factors=signal.confluence_factors or [],
        ending=ending_of(signal),
        waits_for=track.paused_since if track else None,
    )


def ending_of(signal: AITradingSignal) -> SignalOutcome | SignalOutcomeRevision | None:
    """How a signal ended, as it was corrected last; None while it is not over."""
    corrections = sorted(signal.outcome_revisions.all(), key=lambda row: row.number)
    return corrections[-1] if corrections else getattr(signal, "outcome", None)
