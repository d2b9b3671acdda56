"""Layer 3: lists, suggestions and portfolios."""

from selection.models.overviews import SuggestionPerformance, WatchlistSummary
from selection.models.portfolio_analysis import AIPortfolioAnalysis
from selection.models.portfolios import Portfolio, PortfolioAsset, PositionFlow
from selection.models.rankings import AIWatchlistAnalysis
from selection.models.suggestion_archive import AISuggestionArchive
from selection.models.suggestions import AISuggestion, SuggestionReview
from selection.models.watchlists import Watchlist, WatchlistAsset, WatchlistAssetHistory

__all__ = [
    "AIPortfolioAnalysis",
    "AISuggestion",
    "AISuggestionArchive",
    "AIWatchlistAnalysis",
    "Portfolio",
    "PortfolioAsset",
    "PositionFlow",
    "SuggestionPerformance",
    "SuggestionReview",
    "Watchlist",
    "WatchlistAsset",
    "WatchlistAssetHistory",
    "WatchlistSummary",
]
