"""Bringing the database and the files to where the product can be served. Repeatable; quick when nothing is to do.

The parent imports this module, a child runs it: what loads the numeric libraries is imported inside the functions.
"""

from collections.abc import Callable

from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from cryptopredict.running import static_files
from cryptopredict.running.loading import load_pages
from system.choices import LIVE, RunStatus, RunTimeframe
from system.exceptions import NoData

FIRST = RunTimeframe.D1


def prepare(say: Callable[[str], None]) -> str | None:
    """Migrate, bootstrap, collect static files; at the first start also a market to look at and a run over it.

    Args:
        say: tells the operator what takes a while.
    Returns:
        The one-time address at which the first admin is made; None when there is an admin.
    """
    migrate(say)
    load_pages()
    from accounts.services import create_setup_link
    from cryptopredict.bootstrap import bootstrap

    bootstrap()
    if static_files.are_stale():
        say("Collecting static files ...")
        static_files.collect()
    ensure_market(say)
    ensure_first_run(say)
    return create_setup_link()


def migrate(say: Callable[[str], None]) -> None:
    executor = MigrationExecutor(connections["owner"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Migrating the database ...")
        call_command("migrate", interactive=False, verbosity=0)


def ensure_market(say: Callable[[str], None]) -> None:
    """Without any candle there is nothing to see: load the demo market."""
    from assets.models import PriceData
    from cryptopredict.demo import ensure_demo_market

    if not PriceData.objects.exists():
        say("Loading the demo market ...")
        ensure_demo_market(timezone.now())


def ensure_first_run(say: Callable[[str], None]) -> None:
    """Without any run there is nothing to see either: the daily one now, the others by the worker."""
    from cryptopredict import tasks
    from cryptopredict.pipeline import newest_close, run_pipeline
    from system.models import PipelineRun

    if PipelineRun.objects.filter(series=LIVE, status=RunStatus.DONE).exists():
        return
    say("Running the pipeline for the first time ...")
    try:
        run_pipeline(newest_close(FIRST, timezone.now()), FIRST)
    except NoData as reason:
        say(f"{reason} Run it at a moment that has data: python manage.py run_pipeline --as-of ...")
        return
    for timeframe in RunTimeframe.values:
        if timeframe != FIRST:
            tasks.run_pipeline.delay(timeframe)
