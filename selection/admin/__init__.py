"""Layer 3 in the admin: curation of lists, the review queue, and the rest to look at."""

from selection.admin.entries import WatchlistAssetAdmin
from selection.admin.history import PortfolioAdmin
from selection.admin.suggestion_results import AISuggestionArchiveAdmin
from selection.admin.suggestions import SuggestionAdmin
from selection.admin.watchlists import WatchlistAdmin

__all__ = ["AISuggestionArchiveAdmin", "PortfolioAdmin", "SuggestionAdmin", "WatchlistAdmin", "WatchlistAssetAdmin"]
