"""Ranking one list because somebody asks for it, by the newest run and with its numbers."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from assets.selectors import shown_market
from selection.models import AIWatchlistAnalysis, Watchlist
from selection.selectors import members
from selection.selectors.newest_run import Look, newest_look
from selection.services.ranking import rank_watchlist
from system.exceptions import ConflictError
from system.models import BackgroundTask
from system.services import order_work

ANALYSE = "selection.services.rank_watchlist"
KIND = "analysis"
REST = timedelta(minutes=10)


@transaction.atomic
def order_analysis(watchlist: Watchlist, *, actor: User, may_repeat: bool = False) -> BackgroundTask:
    """Ask for the ranking of a list, by the newest run of the pipeline.

    Args:
        watchlist: which list.
        actor: who asks.
        may_repeat: also within ten minutes.
    Raises:
        ConflictError: there is no run yet, or the list had no members then.
        TooSoon: it was ranked a moment ago.
    """
    _look_at(watchlist)
    order = order_work(
        ANALYSE, KIND, {"watchlist_id": watchlist.pk}, actor=actor, rest=timedelta(0) if may_repeat else REST
    )
    record_activity(
        actor, activity_type="watchlist_update", action="analyze", entity=watchlist, details={"task_id": order.pk}
    )
    return order


def analyse_list(order: BackgroundTask) -> AIWatchlistAnalysis:
    """Rank the list that an order names. Repeatable.

    Args:
        order: gets the id of the analysis, its moment, and whether the list has changed since.
    Returns:
        The analysis.
    Raises:
        ConflictError: the list has been deleted, or there is nothing to rank it by.
    """
    watchlist = Watchlist.objects.filter(pk=order.task_params["watchlist_id"], is_active=True).first()
    if watchlist is None:
        raise ConflictError(_("This list has been deleted."), code="list_deleted")
    look = _look_at(watchlist)
    analysis = rank_watchlist(watchlist, look.snapshot, run=look.run)
    order.result_data = {
        "analysis_id": analysis.pk,
        "as_of": look.run.as_of.isoformat(),
        "changed_since": members(watchlist, timezone.now()) != members(watchlist, look.run.as_of),
    }
    return analysis


def _look_at(watchlist: Watchlist) -> Look:
    """The run to rank a list by.

    Raises:
        ConflictError: there is none, or the list had no members then.
    """
    look = newest_look(shown_market())
    if look is None:
        raise ConflictError(_("The market has not been analysed yet."), code="no_run_yet")
    if not members(watchlist, look.run.as_of):
        raise ConflictError(
            _("This list had no assets at %(time)s UTC, when the market was last analysed. The next run ranks it.")
            % {"time": f"{look.run.as_of:%Y-%m-%d %H:%M}"},
            code="list_was_empty",
        )
    return look
