"""Analysing one portfolio at once, because its owner asks for it."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from macro.models import MetricsSnapshot
from selection.models import Portfolio
from selection.services import analyse_portfolio
from system.choices import LIVE
from system.exceptions import ConflictError
from system.models import BackgroundTask, PipelineRun
from system.services import order_work
from system.services.background import IncompleteError
from trading.services.briefs import note_on_portfolio
from trading.services.positions import analyse_positions

ANALYSE_PORTFOLIO = "trading.services.analyse_ordered"
KIND = "analysis"
REST = timedelta(minutes=1)
"""The market of the analysis is that of the newest snapshot; sooner there is nothing new to say."""
USUAL = "1d"


@transaction.atomic
def order_analysis(portfolio: Portfolio, *, actor: User) -> BackgroundTask:
    """Ask for an analysis of a portfolio and of its positions on the newest snapshot.

    Raises:
        ConflictError: the market was not looked at yet, or the portfolio holds nothing.
        TooSoon: it was analysed a moment ago.
    """
    if _newest() is None:
        raise ConflictError(_("The market was not looked at yet: there is no snapshot."), code="no_snapshot")
    if not portfolio.positions.exclude(quantity=0).exists():
        raise ConflictError(_("This portfolio holds nothing."), code="empty_portfolio")
    order = order_work(ANALYSE_PORTFOLIO, KIND, {"portfolio_id": portfolio.pk}, actor=actor, rest=REST)
    record_activity(actor, activity_type="ai_interaction", action="analyze_portfolio", entity=portfolio)
    return order


def analyse_ordered(order: BackgroundTask) -> None:
    """Analyse the portfolio of an order. Repeatable.

    Raises:
        IncompleteError: the portfolio is gone, or there is nothing to analyse.
    """
    portfolio = Portfolio.objects.filter(pk=order.task_params["portfolio_id"], is_active=True).first()
    snapshot = _newest()
    if portfolio is None or snapshot is None:
        raise IncompleteError("the portfolio is gone, or there is no snapshot")
    # What the run of the snapshot has written stays its own: the advice of the next one asks what this one saw.
    run = PipelineRun.objects.filter(series=LIVE, timeframe=snapshot.timeframe, as_of=snapshot.snapshot_time).first()
    with transaction.atomic():
        whole = analyse_portfolio(portfolio, snapshot, run=run)
        positions = analyse_positions(portfolio, snapshot, run=run)
    if whole is None:
        raise IncompleteError("nothing was held at the moment of the newest snapshot")
    if run is not None:
        note_on_portfolio(portfolio, snapshot, run)
    order.result_data = {"analysis": whole.pk, "positions": [one.pk for one in positions]}


def _newest() -> MetricsSnapshot | None:
    """That of days, or where there is none, of any candles."""
    rows = MetricsSnapshot.objects.order_by("-snapshot_time")
    return rows.filter(timeframe=USUAL).first() or rows.first()
