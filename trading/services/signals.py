"""Signals: plans for the assets on the lists, written once, followed to their end."""

from collections import Counter
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from assets.selectors import MarketView, market_view
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from selection.selectors import active_asset_ids
from selection.services import attach_portfolio_signals, attach_signals
from system.choices import LIVE
from system.models import PipelineRun
from system.services import land
from trading.choices import SignalStatus
from trading.models import AITradingSignal
from trading.rules import HORIZON_HOURS
from trading.selectors.visible import over_at
from trading.services.briefs import brief
from trading.services.giving_way import give_way, lock_kinds
from trading.services.signal_events import SIGNAL_CREATED, announce_signals
from trading.services.signal_rows import signal_context, signal_rows


@dataclass
class Generated:
    """What generating did: signals of the run, rows written now, and why assets got none."""

    rows: list[AITradingSignal] = field(default_factory=list)
    created: int = 0
    considered: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


@transaction.atomic
def generate_signals(
    snapshot: MetricsSnapshot, regime: AIRegimeAnalysis | None, *, run: PipelineRun, series: str = LIVE
) -> Generated:
    """Plan trades for the assets on active lists. The same run again plans nothing new.

    What earlier signals have come to must be known: ``track_signals`` goes before. There is none on stale or broken
    data, none without enough that speaks for it, and none while one of its kind lives. Without a measured edge a signal
    is unproven: low quality, size 0; without a trained version its probability is that of a driftless walk in the time
    that the plan has.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    context = signal_context(view, snapshot, regime, run, series)
    found = Generated()
    hours = HORIZON_HOURS[view.timeframe]
    lock_kinds(series, hours)
    own = _own(run)
    living = _living(view, run, series) - own
    rows = []
    considered = sorted(active_asset_ids(view.as_of, series) & set(context.standing.asset_ids))
    found.considered = len(considered)
    for asset_id, row in signal_rows(context, considered).items():
        if isinstance(row, str):
            found.reasons[row] += 1
        elif (asset_id, row["signal_type"].value) in living:
            found.reasons["one of its kind lives"] += 1
        else:
            rows.append(row | {"run": run, "series": series})
    give_way({(row["asset_id"], row["signal_type"].value) for row in rows} - own, series=series, hours=hours)
    key = ("run", "asset", "signal_type", "time_horizon_hours")
    landed = land(AITradingSignal, rows, key=key, written_once=True)
    found.rows, found.created = landed.rows, landed.created
    if series == LIVE:
        new = [signal for signal in found.rows if (signal.asset_id, signal.signal_type) not in own]
        announce_signals(SIGNAL_CREATED, [signal.pk for signal in new])
    briefs = [brief(signal) for signal in found.rows]
    attach_signals(context.rankings, briefs)
    attach_portfolio_signals(snapshot, briefs, series=series)
    return found


def _own(run: PipelineRun) -> set[tuple[int, str]]:
    """What this run has planned before: nothing that came later takes it back."""
    return set(AITradingSignal.objects.filter(run=run).values_list("asset_id", "signal_type"))


def _living(view: MarketView, run: PipelineRun, series: str) -> set[tuple[int, str]]:
    """Signals of other runs that lived at the view's moment, by what was known of their ends then, and those that live
    now. One that an admin has withdrawn makes room for another; one that a person entered never takes it."""
    as_of = view.as_of
    lived = Q(run__as_of__lt=as_of, expires_at__gt=as_of) & ~over_at(as_of)
    rows = AITradingSignal.objects.filter(
        lived | Q(status=SignalStatus.ACTIVE),
        series=series,
        time_horizon_hours=HORIZON_HOURS[view.timeframe],
        run__isnull=False,
    ).exclude(run=run)
    return set(rows.values_list("asset_id", "signal_type"))
