"""Why a signal that is made anew may differ from the one that a run wrote, as far as the records tell."""

from datetime import datetime, timedelta

from django.conf import settings

from assets.compute.periods import LENGTHS
from assets.models import CandleRevision, PriceData
from assets.selectors.market import BARS
from system.models import PipelineRun
from system.services import setting
from trading.models import AITradingSignal, SignalTrack
from trading.rules import FINER, HORIZON_HOURS

CORRECTED = "candle corrected since"
LATE = "candle stored after the run"
GAP = "a missing candle held up the judgement"
VERSION = "another version of the program"
SETTING = "setting changed since"
UNEXPLAINED = "unexplained"


def reasons_of(symbol: str, run: PipelineRun, signal: AITradingSignal | None) -> tuple[str, ...]:
    """What has changed since the run of a signal.

    Args:
        signal: the stored one; None where only the new one is there.
    """
    found = [
        (CORRECTED, _is_corrected(symbol, run)),
        (LATE, _is_late(symbol, run)),
        (GAP, signal is not None and SignalTrack.objects.filter(signal=signal, paused_since__isnull=False).exists()),
        (SETTING, _has_other_settings(run)),
        (VERSION, run.code_version != settings.VERSION),
    ]
    return tuple(reason for reason, holds in found if holds) or (UNEXPLAINED,)


def _span(run: PipelineRun) -> tuple[datetime, datetime]:
    """Time of the candles that a signal of a run was made and judged from; shorter ones may have decided."""
    first = run.as_of - BARS[run.timeframe] * LENGTHS[run.timeframe]
    return first, run.as_of + timedelta(hours=HORIZON_HOURS[run.timeframe])


def _is_corrected(symbol: str, run: PipelineRun) -> bool:
    first, end = _span(run)
    rows = CandleRevision.objects.filter(
        asset__symbol=symbol,
        timeframe__in=(run.timeframe, FINER[run.timeframe]),
        candle_time__gte=first,
        candle_time__lt=end,
        corrected_at__gt=run.as_of,
    )
    return rows.exists()


def _is_late(symbol: str, run: PipelineRun) -> bool:
    first, _end = _span(run)
    return PriceData.objects.filter(
        asset__symbol=symbol,
        timeframe=run.timeframe,
        candle_time__gte=first,
        candle_time__lt=run.as_of,
        created_at__gt=run.started_at,
    ).exists()


def _has_other_settings(run: PipelineRun) -> bool:
    stored = run.configuration or {}
    return any(name in stored and stored[name] != setting(name, run.as_of) for name in ("signals", "signal_sizing"))
