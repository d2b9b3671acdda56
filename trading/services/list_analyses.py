"""Ranking one list because somebody asks for it, with the signals that the run of its market has planned."""

from selection.services.list_analysis import analyse_list
from system.models import BackgroundTask
from trading.services.briefs import note_on_ranking


def analyse_listed(order: BackgroundTask) -> None:
    """Rank the list that an order names. Repeatable.

    Raises:
        ConflictError: the list has been deleted, or there is nothing to rank it by.
    """
    analysis = analyse_list(order)
    if analysis.run is not None:
        note_on_ranking(analysis, analysis.run)
