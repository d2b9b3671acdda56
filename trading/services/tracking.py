"""Signals followed on every new candle to target, stop or the end of their time, whether anybody traded them or not."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Max
from numpy.typing import NDArray

from assets.compute import periods
from assets.selectors.panel import CandlePanel, candle_panel, moment
from system.choices import LIVE, RunTimeframe
from system.models import PipelineRun
from trading.choices import SignalStatus
from trading.compute.tracked import Candles, Finer, State, began
from trading.compute.tracking import advance
from trading.models import AITradingSignal, SignalOutcome, SignalOutcomeRevision, SignalTrack, TrackedSeries
from trading.rules import FINER
from trading.selectors.followed import ORIGIN, Followed, corrected, unended
from trading.services.signal_events import SIGNAL_EXPIRED, announce_signals
from trading.services.track_rows import ends_of, keep_ends, keep_progress

Integers = NDArray[np.int64]
SPAN = 500
"""Candles that signals judged together may lie apart: it bounds what is read at once."""
CORRECTED = "a candle was corrected"
ENDING = (
    "outcome", "ended_at", "exit_price", "filled_at", "fill_price", "targets_reached", "mfe_price", "mae_price",
    "decided_by", "is_assumed",
)  # fmt: skip
"""What makes one end differ from another."""


@dataclass
class Tracked:
    """What tracking did: signals judged, those that ended by how, those that wait for a missing candle, those whose
    time was up meanwhile, and outcomes corrected afterwards."""

    judged: int = 0
    paused: int = 0
    ran_out: int = 0
    revised: int = 0
    ended: Counter[str] = field(default_factory=Counter)


def track_signals(
    as_of: datetime, series: str = LIVE, *, timeframe: str = "", run: PipelineRun | None = None
) -> Tracked:
    """Judge every signal that is not over on the candles of its own timeframe that have closed since, and write down
    those that ended. The same again changes nothing; two at once follow one another.

    A signal whose next candle is missing pauses there, and goes on when the candle has come. When its time is up before
    that, it is expired without an outcome until then. A moment before the last one that was judged only judges what was
    never judged: it takes nothing back. An outcome whose candles were corrected since gets a row in
    ``signal_outcome_revisions``.

    Args:
        as_of: nothing that closed or was corrected later is used.
        series: whose signals.
        timeframe: only signals of this one; empty = all.
        run: that judges; None for a task.
    """
    found = Tracked()
    for one in [timeframe] if timeframe else RunTimeframe.values:
        with transaction.atomic():
            _lock(series, one)
            _track(one, as_of, series, run, found)
            found.revised += _revise(one, as_of, series)
            found.ran_out += _run_out(one, as_of, series)
    return found


def _lock(series: str, timeframe: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('signal_tracks'), hashtext(%s))", [f"{series} {timeframe}"]
        )


def _track(timeframe: str, as_of: datetime, series: str, run: PipelineRun | None, found: Tracked) -> None:
    last = TrackedSeries.objects.filter(series=series, timeframe=timeframe).first()
    is_back = last is not None and last.known_at > as_of
    waiting = unended(timeframe, as_of, series, only_new=is_back)
    for followed, state in _judged(waiting, timeframe, as_of):
        keep_progress(followed, state, timeframe, as_of)
        ends = dict(ends_of(followed, state, timeframe))
        keep_ends(ends, run, series, as_of)
        found.judged += len(followed)
        found.paused += int((state.is_open & (state.paused >= 0)).sum())
        found.ended.update(end["outcome"].value for end in ends.values())
    if len(waiting) and not is_back and (last is None or last.known_at < as_of):
        TrackedSeries.objects.update_or_create(series=series, timeframe=timeframe, defaults={"known_at": as_of})


def _revise(timeframe: str, as_of: datetime, series: str) -> int:
    """Outcomes that the candles do not bear out any more get a correction; how many."""
    written = 0
    for followed, state in _judged(corrected(timeframe, FINER.get(timeframe), as_of, series), timeframe, as_of):
        ends = dict(ends_of(followed, state, timeframe))
        last = _last_ends(list(ends))
        numbers = dict(
            SignalOutcomeRevision.objects.filter(signal__in=ends).values_list("signal").annotate(Max("number"))
        )
        other = [key for key, end in ends.items() if any(end[name] != getattr(last[key], name) for name in ENDING)]
        SignalOutcomeRevision.objects.bulk_create(
            SignalOutcomeRevision(
                signal_id=key, number=numbers.get(key, 0) + 1, reason=CORRECTED, judged_at=as_of, **ends[key]
            )
            for key in other
        )
        SignalTrack.objects.filter(signal__in=ends).update(known_at=as_of)
        written += len(other)
    return written


def _run_out(timeframe: str, as_of: datetime, series: str) -> int:
    """Signals that wait for a candle and whose time is up live no longer; how many."""
    overdue = AITradingSignal.objects.filter(status=SignalStatus.ACTIVE, expires_at__lte=as_of, series=series)
    found = overdue.select_for_update(of=("self",)).filter(metrics_snapshot__timeframe=timeframe).order_by("pk")
    keys = list(found.values_list("pk", flat=True))  # one that an admin withdraws meanwhile is not among them
    AITradingSignal.objects.filter(pk__in=keys).update(status=SignalStatus.EXPIRED)
    if series == LIVE:
        announce_signals(SIGNAL_EXPIRED, keys)
    return len(keys)


def _last_ends(signals: list[int]) -> dict[int, Any]:
    """The outcome of each that counts now."""
    found: dict[int, Any] = {row.signal_id: row for row in SignalOutcome.objects.filter(signal__in=signals)}
    for row in SignalOutcomeRevision.objects.filter(signal__in=signals).order_by("number"):
        found[row.signal_id] = row
    return found


def _judged(followed: Followed, timeframe: str, as_of: datetime) -> Iterator[tuple[Followed, State]]:
    """Signals with how far they come by ``as_of``, those of one stretch of time together."""
    first = followed.plans.first
    place = 0
    while place < len(followed):
        end = int(np.searchsorted(first, first[place] + SPAN))
        part = followed.take(slice(place, end))
        yield part, _state(part, timeframe, as_of)
        place = end


def _state(followed: Followed, timeframe: str, as_of: datetime) -> State:
    plans = followed.plans
    step = periods.LENGTHS[timeframe] // timedelta(seconds=1)
    closed = (int(periods.last_closed(as_of, timeframe).timestamp()) - ORIGIN) // step
    first, last = int(plans.first.min()), min(int(max(plans.last.max(), plans.first.max())), closed)
    if last < first:
        return began(plans)
    until = moment(ORIGIN + step * (last + 1))
    panel = candle_panel(followed.assets.tolist(), timeframe, as_of, last - first + 1, until=until)
    return advance(plans, began(plans), _candles(panel, first), _finer(panel, as_of, step))


def _candles(panel: CandlePanel, first: int) -> Candles:
    return Candles(first, panel.open, panel.high, panel.low, panel.close)


def _finer(panel: CandlePanel, as_of: datetime, step: int) -> Finer | None:
    """Reads the shorter candles inside one, for the assets that ask."""
    timeframe = FINER.get(panel.timeframe)
    if timeframe is None:
        return None
    parts = step // (periods.LENGTHS[timeframe] // timedelta(seconds=1))

    def finer(number: int, columns: Integers) -> Candles:
        asked, places = np.unique(columns, return_inverse=True)
        until = moment(ORIGIN + step * (number + 1))
        found = candle_panel(panel.asset_ids[asked].tolist(), timeframe, as_of, parts, until=until)
        lines = (line[:, places] for line in (found.open, found.high, found.low, found.close))
        return Candles(0, *lines)

    return finer
