"""Writes of layer 3."""

from selection.selectors.contexts import get_user_ai_context
from selection.selectors.tiers import default_lists
from selection.selectors.valued import valued_positions
from selection.services.analysis import analyse_portfolio
from selection.services.applying import apply_to_watchlist
from selection.services.archiving import archive_suggestions
from selection.services.daily_values import count_days, forget_values
from selection.services.forecasts import forecast_assets
from selection.services.portfolio_signals import attach_portfolio_signals
from selection.services.positions import Landed, land_positions
from selection.services.ranking import attach_signals, rank_assets, rank_watchlist
from selection.services.ranking_outcomes import Measured, measure_rankings
from selection.services.reviews import Reviewed, implement_suggestion, review_suggestion, review_suggestions
from selection.services.standings import standing
from selection.services.suggestion_scoring import ScoredSuggestions, score_suggestions
from selection.services.suggestions import Suggested, expire_suggestions, fill_empty_lists, suggest
from selection.services.watchlists import (
    add_to_watchlist,
    bulk_update_watchlist_assets,
    change_entry,
    change_watchlist,
    create_default_watchlist,
    create_watchlist,
    curate_default_lists,
    delete_watchlist,
    demote,
    duplicate_watchlist,
    ensure_default_watchlists,
    known_asset,
    move_in_watchlist,
    order_watchlists,
    promote,
    remove_from_watchlist,
    reorder_watchlist,
    transfer,
    undo_last_change,
)

__all__ = [
    "Landed",
    "Measured",
    "Reviewed",
    "ScoredSuggestions",
    "Suggested",
    "add_to_watchlist",
    "analyse_portfolio",
    "apply_to_watchlist",
    "archive_suggestions",
    "attach_portfolio_signals",
    "attach_signals",
    "bulk_update_watchlist_assets",
    "change_entry",
    "change_watchlist",
    "count_days",
    "create_default_watchlist",
    "create_watchlist",
    "curate_default_lists",
    "default_lists",
    "delete_watchlist",
    "demote",
    "duplicate_watchlist",
    "ensure_default_watchlists",
    "expire_suggestions",
    "fill_empty_lists",
    "forecast_assets",
    "forget_values",
    "get_user_ai_context",
    "implement_suggestion",
    "known_asset",
    "land_positions",
    "measure_rankings",
    "move_in_watchlist",
    "order_watchlists",
    "promote",
    "rank_assets",
    "rank_watchlist",
    "remove_from_watchlist",
    "reorder_watchlist",
    "review_suggestion",
    "review_suggestions",
    "score_suggestions",
    "standing",
    "suggest",
    "transfer",
    "undo_last_change",
    "valued_positions",
]
