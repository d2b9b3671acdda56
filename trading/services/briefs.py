"""What analyses note of the signals that came of them."""

from typing import Any

from django.db import transaction

from macro.models import MetricsSnapshot
from selection.models import AIWatchlistAnalysis, Portfolio
from selection.services import attach_portfolio_signals, attach_signals
from system.choices import LIVE, RunStatus
from system.models import PipelineRun
from trading.models import AITradingSignal
from trading.rules import HORIZON_HOURS
from trading.services.giving_way import lock_kinds


def brief(signal: AITradingSignal) -> dict[str, Any]:
    """A signal, as an analysis notes it."""
    return {
        "signal_id": signal.pk,
        "asset_id": signal.asset_id,
        "signal_type": signal.signal_type,
        "confidence": float(signal.confidence_score),
        "entry_price": signal.entry_price,
    }


@transaction.atomic
def note_on_portfolio(portfolio: Portfolio, snapshot: MetricsSnapshot, run: PipelineRun) -> int:
    """Note the signals of a live run on an analysis of its snapshot that was stored since; how many changed."""
    signals = _planned(run)
    return 0 if signals is None else attach_portfolio_signals(snapshot, signals, portfolio=portfolio)


@transaction.atomic
def note_on_ranking(analysis: AIWatchlistAnalysis, run: PipelineRun) -> int:
    """The same on the ranking of a list."""
    signals = _planned(run)
    if signals is None:
        return 0
    stands = AIWatchlistAnalysis.objects.select_for_update(of=("self",)).get(pk=analysis.pk)
    return attach_signals([stands], signals)


def _planned(run: PipelineRun) -> list[dict[str, Any]] | None:
    """Signals of a run, waited for if it plans them just now: it may have looked before the analysis was stored. None:
    it has not come so far, and will note them itself."""
    lock_kinds(LIVE, HORIZON_HOURS[run.timeframe])
    signals = [brief(signal) for signal in AITradingSignal.objects.filter(run=run).order_by("pk")]
    return signals if signals or run.status == RunStatus.DONE else None
