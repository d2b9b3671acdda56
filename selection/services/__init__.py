"""Writes of layer 3."""

from selection.services.archiving import archive_suggestions
from selection.services.forecasts import forecast_assets
from selection.services.portfolios import analyse_portfolio, valued_positions
from selection.services.positions import TimedFill, land_position
from selection.services.ranking import attach_signals, rank_watchlist, standing
from selection.services.reviews import apply_to_watchlist, review_suggestion
from selection.services.suggestions import Suggested, default_lists, expire_suggestions, fill_empty_lists, suggest
from selection.services.watchlists import (
    add_to_watchlist,
    change_watchlist,
    create_default_watchlist,
    ensure_default_watchlists,
    move_in_watchlist,
    remove_from_watchlist,
)

__all__ = [
    "Suggested",
    "TimedFill",
    "add_to_watchlist",
    "analyse_portfolio",
    "apply_to_watchlist",
    "archive_suggestions",
    "attach_signals",
    "change_watchlist",
    "create_default_watchlist",
    "default_lists",
    "ensure_default_watchlists",
    "expire_suggestions",
    "fill_empty_lists",
    "forecast_assets",
    "land_position",
    "move_in_watchlist",
    "rank_watchlist",
    "remove_from_watchlist",
    "review_suggestion",
    "standing",
    "suggest",
    "valued_positions",
]
