"""Work that admins may start by its name, with what each piece of it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from aimodels import services as aimodels
from assets import services as assets
from assets.choices import Timeframe
from cryptopredict import collecting, measuring, pipeline
from cryptopredict.celery import app
from selection import services as selection
from system import services as system
from system.choices import LIVE, RunTimeframe
from system.exceptions import ConflictError, InvalidInput
from system.models import BackgroundTask
from system.services import order_work, setting
from system.services.background import IncompleteError
from system.services.orders import Work
from trading import services as trading

ARCHIVE = "system.archive_old_data"
TIMEFRAME = "timeframe"
Result = Mapping[str, Any] | None


@dataclass(frozen=True)
class Startable:
    """A piece of work with a name.

    Args:
        kind: ingest, analysis, cleanup …
        work: does it with its parameters; what it returns is kept as the result.
        timeframes: the parameter ``timeframe`` is one of these; empty = it takes none.
        is_optional: the timeframe may be left out.
        fetches: it calls sources outside, which the setting ``collection`` allows or not.
    """

    kind: str
    work: Callable[..., Result]
    timeframes: tuple[str, ...] = ()
    is_optional: bool = True
    fetches: bool = False


def sync_prices(timeframe: str | None = None) -> Result:
    """Have rounds of collection begun; their batches are tasks of the queue."""
    chosen = [timeframe] if timeframe else setting("collection")["timeframes"]
    for one in chosen:
        app.send_task("cryptopredict.tasks.collect_candles", [one])
    return {"timeframes": chosen}


def run_pipeline(timeframe: str) -> Result:
    """The run of the newest close, if it is not done."""
    run = pipeline.run_newest(timeframe, timezone.now())
    return {"run_id": run.pk if run else None}


def check_alerts(timeframe: str | None = None) -> Result:
    """Let alerts fire."""
    trading.check_alerts(timezone.now(), timeframe)
    return None


def track_signals(timeframe: str | None = None) -> Result:
    """Judge the open signals on the candles that have come."""
    found = trading.track_signals(timezone.now(), timeframe=timeframe or "")
    return {"judged": found.judged, "ended": dict(found.ended)}


def score_predictions() -> Result:
    """Score the forecasts that have come due."""
    found = aimodels.score_predictions(timezone.now(), series=LIVE)
    return {"scored": found.scored, "unresolved": found.unresolved}


def expire_suggestions() -> Result:
    """Close open suggestions whose time has passed."""
    return {"expired": selection.expire_suggestions(timezone.now())}


def measure_health() -> Result:
    """One round of checks."""
    return {"health_id": measuring.measure_health(timezone.now()).pk}


def archive_old_data() -> Result:
    """Every table's old rows and every old partition of candles; what one of them cannot do keeps no other from it.

    Raises:
        IncompleteError: something was left; the next run takes it.
    """
    now = timezone.now()
    swept, moved = system.sweep_old_rows(now), assets.archive_prices(now)
    left = [f"{table}: {fault}" for table, fault in swept.faults.items()]
    left += [f"{one.name}: in use" for one in moved.postponed]
    if left:
        raise IncompleteError("; ".join(left))
    return {"rows": {table: count for table, count in swept.rows.items() if count}, "partitions": moved.names}


def at_present(work: Callable[..., Any]) -> Callable[[], Result]:
    """The same with the present as its only argument."""

    def done() -> Result:
        work(timezone.now())
        return None

    return done


ANY, OF_RUNS = tuple(Timeframe.values), tuple(RunTimeframe.values)
OF_DATA: Mapping[str, Startable] = {
    "assets.sync_prices": Startable("ingest", sync_prices, ANY, fetches=True),
    "assets.sync_coins": Startable("ingest", at_present(collecting.collect_coins), fetches=True),
    "macro.sync_series": Startable("ingest", at_present(collecting.collect_all_series), fetches=True),
    "macro.sync_news": Startable("ingest", at_present(collecting.collect_all_news), fetches=True),
    ARCHIVE: Startable("cleanup", archive_old_data),
}
"""What is fetched, and what goes."""
OF_ANALYSIS: Mapping[str, Startable] = {
    "pipeline.run": Startable("analysis", run_pipeline, OF_RUNS, is_optional=False),
    "trading.check_alerts": Startable("analysis", check_alerts, ANY),
    "trading.track_signals": Startable("analysis", track_signals, OF_RUNS),
    "aimodels.score_predictions": Startable("analysis", score_predictions),
    "selection.expire_suggestions": Startable("cleanup", expire_suggestions),
    "system.measure_health": Startable("analysis", measure_health),
}
"""What is computed."""
STARTABLE: Mapping[str, Startable] = {**OF_DATA, **OF_ANALYSIS}


def start_task(name: str, params: Mapping[str, Any], *, actor: Any) -> BackgroundTask:
    """Order a piece of work by its name. While the same work waits or goes on, the order is the one that there is.

    Raises:
        InvalidInput: there is no work of that name (code ``unknown_task``), or it does not take these parameters.
        ConflictError: it would call sources outside, and that is switched off.
    """
    known = STARTABLE.get(name)
    if known is None:
        names = ", ".join(sorted(STARTABLE))
        raise InvalidInput(_("Known tasks: %(names)s.") % {"names": names}, field="task_name", code="unknown_task")
    _check(known, params)
    if known.fetches and not setting("collection")["enabled"]:
        raise ConflictError(
            _("Market data are not fetched from outside: the setting collection is off."), code="collection_off"
        )
    return order_work(name, known.kind, params, actor=actor)


def _check(known: Startable, params: Mapping[str, Any]) -> None:
    for name in params:
        if name != TIMEFRAME or not known.timeframes:
            raise InvalidInput(_("This field is not known here."), field=f"task_params.{name}")
    if TIMEFRAME not in params:
        if known.timeframes and not known.is_optional:
            raise InvalidInput(_("This field is required."), field=f"task_params.{TIMEFRAME}", code="required")
        return
    if params[TIMEFRAME] not in known.timeframes:
        raise InvalidInput(
            _("timeframe must be one of: %(values)s.") % {"values": ", ".join(known.timeframes)},
            field=f"task_params.{TIMEFRAME}",
            code="invalid_choice",
        )


def do_ordered(known: Startable, order: BackgroundTask) -> None:
    """Do what an order asks for, and keep what came of it."""
    order.result_data = dict(known.work(**order.task_params) or {})


def works(startable: Mapping[str, Startable]) -> dict[str, Work]:
    """What does the work of these names."""
    return {name: partial(do_ordered, known) for name, known in startable.items()}
