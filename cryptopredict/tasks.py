"""Background work. Every task only calls a service, takes keys and ISO strings, and may run twice.

When each begins stands in ``schedule``.
"""

from datetime import datetime

from celery import chord
from django.utils import timezone

from accounts import services as accounts
from aimodels import services as aimodels
from assets import services as assets
from cryptopredict import collecting, demo, jobs, live, measuring, orders, pipeline, shared_runs
from cryptopredict.backups import keeping
from cryptopredict.celery import app
from cryptopredict.portability import erasing, requests
from selection import services as selection
from system import services as system
from system.choices import RunTimeframe
from system.exceptions import InvalidInput
from system.services import trail
from trading import services as trading


def moment(text: str | None) -> datetime:
    """The time that a task was given, else the present.

    Raises:
        InvalidInput: it is no ISO time with a zone.
    """
    if text is None:
        return timezone.now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no ISO time.") from None
    if found.tzinfo is None:
        raise InvalidInput(f"{text!r} has no time zone.")
    return found


@app.task
def continue_demo_market(now: str | None = None) -> None:
    """Bring the demo market up to date; nothing happens where there is real market data."""
    if demo.ensure_demo_market(moment(now)) is not None:
        demo.settle_gaps()
        check_alerts.delay()


@app.task
def collect_candles(timeframe: str, now: str | None = None) -> None:
    """Begin to fetch the candles of the newest close: one task per batch of assets."""
    begun = assets.begin_round(timeframe, pipeline.newest_close(timeframe, moment(now)))
    if begun is not None:
        for number in range(len(begun.task_params["batches"])):
            collect_batch.delay(begun.pk, number)


@app.task
def collect_batch(round_id: int, number: int) -> None:
    """Fetch the candles of one batch; the last batch has the round finished."""
    if assets.collect_batch(round_id, number):
        finish_round.delay(round_id)


@app.task
def finish_round(round_id: int) -> None:
    """Look for gaps, ask for their candles, look at the alerts, follow the signals, and analyse the close."""
    finished = assets.finish_round(round_id)
    if finished is None:
        return
    check_alerts.delay(finished.timeframe)
    if finished.timeframe in RunTimeframe.values:
        track_signals.delay(timeframe=finished.timeframe)
        run_pipeline.delay(finished.timeframe)


@app.task
def take_up_rounds(now: str | None = None) -> None:
    """Tell again what the workers of a round have lost."""
    for round_id, missing in assets.take_up_rounds(moment(now)).items():
        for number in missing:
            collect_batch.delay(round_id, number)
        if not missing:
            finish_round.delay(round_id)


@app.task
def collect_coins(now: str | None = None) -> None:
    """Bring the coins, their size and their pairs up to date."""
    collecting.collect_coins(moment(now))


@app.task
def collect_series(now: str | None = None) -> None:
    """Bring every series from outside up to date."""
    collecting.collect_all_series(moment(now))


@app.task
def collect_news(now: str | None = None) -> None:
    """Read every feed of news."""
    collecting.collect_all_news(moment(now) if now else None)


@app.task
def carry_out_analyses() -> None:
    """Compute what somebody has asked for."""
    orders.carry_out_analyses()


@app.task
def carry_out_data() -> None:
    """Fetch, and take away, what somebody has asked for."""
    orders.carry_out_data()


@app.task
def flush_usage() -> None:
    """Add what people looked at to the assets."""
    assets.flush_usage()


@app.task
def sweep_old_rows(now: str | None = None) -> None:
    """Delete or archive rows that are older than the age of their table."""
    system.sweep_old_rows(moment(now))


@app.task
def seal_changes() -> None:
    """Give new entries of the audit their places in its chain."""
    trail.seal_changes()


@app.task
def ensure_partitions_ahead(now: str | None = None) -> None:
    """Make the partitions that coming rows will need."""
    assets.ensure_partitions_ahead(moment(now))


@app.task
def archive_prices(now: str | None = None) -> None:
    """Move partitions of old candles to the archive."""
    assets.archive_prices(moment(now))


@app.task
def run_pipeline(timeframe: str, as_of: str | None = None) -> None:
    """Run the pipeline of the live series at ``as_of``, else at the last close of the timeframe, and have the alerts
    looked at. Where that is quicker, other workers share it."""
    now = timezone.now()
    at = moment(as_of) if as_of else pipeline.newest_close(timeframe, now)
    if as_of or pipeline.is_due(timeframe, at, now):
        begun = shared_runs.begin(at, timeframe)
        if begun is not None:
            pieces = [prepare_batch.s(begun.task_id, number) for number in range(begun.batches)]
            if pieces:
                chord(pieces)(land_run.s(begun.task_id, timeframe))
            return
        pipeline.run_pipeline(at, timeframe)
    check_alerts.delay(timeframe)


@app.task(ignore_result=False)
def prepare_batch(task_id: int, number: int) -> str | None:
    """Read and compute a batch of assets for a shared run."""
    return shared_runs.prepare_batch(task_id, number)


@app.task
def land_run(faults: list[str | None], task_id: int, timeframe: str) -> None:
    """Land a shared run, and have the alerts looked at."""
    if shared_runs.land_run(task_id, faults) is not None:
        check_alerts.delay(timeframe)


@app.task
def take_up_runs(now: str | None = None) -> None:
    """Land the shared runs that have lost a worker."""
    for task_id, timeframe in shared_runs.take_up_runs(moment(now)).items():
        land_run.delay([], task_id, timeframe)


@app.task
def check_alerts(timeframe: str | None = None, now: str | None = None) -> None:
    """Let alerts fire: those on candles of a timeframe, or of all, and those on the newest analyses."""
    trading.check_alerts(moment(now), timeframe)


@app.task
def score_predictions(as_of: str | None = None) -> None:
    """Score the forecasts of the live series that have come due."""
    aimodels.score_predictions(moment(as_of), series="live")


@app.task
def score_suggestions(as_of: str | None = None) -> None:
    """Score the suggestions of the live series whose horizon has passed."""
    selection.score_suggestions(moment(as_of))


@app.task
def score_recommendations(as_of: str | None = None) -> None:
    """Score the recommendations of the live series whose horizon has passed."""
    trading.score_recommendations(moment(as_of))


@app.task
def measure_rankings(as_of: str | None = None) -> None:
    """Measure the rankings of the live series against the days that have passed since."""
    selection.measure_rankings(moment(as_of))


@app.task
def wake_model_workers(now: str | None = None) -> None:
    """Make the jobs of schedules that are due, take jobs back from lost workers, and see that somebody works."""
    jobs.keep_up(moment(now))
    jobs.wake_workers()


@app.task
def watch_models(now: str | None = None) -> None:
    """Look at the versions in force: their files, their live skill, and whether their features have shifted."""
    from cryptopredict import watching  # numeric libraries, which most tasks do without

    watching.watch_models(moment(now))


@app.task
def expire_suggestions(now: str | None = None) -> None:
    """Close open suggestions whose time has passed."""
    selection.expire_suggestions(moment(now))


@app.task
def expire_recommendations(now: str | None = None) -> None:
    """Close open recommendations whose time has passed."""
    trading.expire_recommendations(moment(now))


@app.task
def track_signals(as_of: str | None = None, timeframe: str = "") -> None:
    """Judge the signals of the live series, of one timeframe or of all, on the candles that have come."""
    trading.track_signals(moment(as_of), timeframe=timeframe)


@app.task
def follow_signals(as_of: str | None = None) -> None:
    """Book what tracking has found into the paper portfolios."""
    trading.follow_signals(moment(as_of))


@app.task
def send_mails() -> None:
    """Send the mails about accounts that wait."""
    accounts.send_mails()


@app.task
def sync_exchanges() -> None:
    """Begin to read the accounts at exchanges: one task for each."""
    for account_id in trading.active_accounts():
        sync_exchange.delay(account_id)


@app.task
def sync_exchange(account_id: int, now: str | None = None) -> None:
    """Read what is new in an account at an exchange, and book it."""
    trading.sync_account(account_id, now=moment(now))


@app.task
def expire_imports(now: str | None = None) -> None:
    """Give up previews of files whose time has passed."""
    trading.expire_imports(moment(now))


@app.task
def sweep_screenshots() -> None:
    """Delete pictures that no journal has any more, and reports without their backtest."""
    from trading.services import backtests  # numeric libraries, which most tasks do without

    trading.sweep_screenshots()
    backtests.sweep_reports()


@app.task
def sweep_exports(now: str | None = None) -> None:
    """Delete files with everything of a person whose time is over."""
    requests.sweep_exports(moment(now))


@app.task
def erase_closed_accounts(now: str | None = None) -> None:
    """Take everything of people away who closed their account long enough ago."""
    erasing.erase_closed_accounts(moment(now))


@app.task
def deliver_notifications(now: str | None = None) -> None:
    """Deliver the notifications whose time has come."""
    accounts.deliver_notifications(moment(now))


@app.task
def deliver_outside(now: str | None = None) -> None:
    """Hand the messages that are due over to the channels outside the app."""
    accounts.deliver_outside(moment(now))


@app.task
def measure_health(now: str | None = None) -> None:
    """Look at every part of the product and keep what is found."""
    measuring.measure_health(moment(now))


@app.task
def summarise_usage(now: str | None = None) -> None:
    """Sum up how the product was used."""
    measuring.summarise_usage(moment(now))


@app.task
def keep_backups(now: str | None = None) -> None:
    """Begin a backup or a base backup if one is due, and tell admins of one that failed."""
    keeping.keep_up(moment(now))
    keeping.keep_bases(moment(now))


@app.task
def deliver_webhooks(now: str | None = None) -> None:
    """Send what happened to the programs that subscribed to it."""
    accounts.deliver_webhooks(moment(now))


@app.task
def send_events() -> None:
    """Send waiting events to the browsers that are connected."""
    live.send_events()
