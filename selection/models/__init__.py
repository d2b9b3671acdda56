"""Layer 3: lists, suggestions and portfolios."""

from selection.models.asset_rankings import AssetRanking, RankingOutcome
from selection.models.flows import LotDisposal, PositionFlow, PositionLot
from selection.models.manual_prices import ManualPrice
from selection.models.overviews import SuggestionPerformance, WatchlistSummary
from selection.models.portfolio_analysis import AIPortfolioAnalysis
from selection.models.portfolio_days import PortfolioDay
from selection.models.portfolios import Portfolio, PortfolioAsset
from selection.models.rankings import AIWatchlistAnalysis
from selection.models.suggestion_archive import AISuggestionArchive
from selection.models.suggestion_outcomes import SuggestionOutcome
from selection.models.suggestions import AISuggestion, SuggestionReview
from selection.models.watchlists import Watchlist, WatchlistAsset, WatchlistAssetHistory, WatchlistStateHistory

__all__ = [
    "AIPortfolioAnalysis",
    "AISuggestion",
    "AISuggestionArchive",
    "AIWatchlistAnalysis",
    "AssetRanking",
    "LotDisposal",
    "ManualPrice",
    "Portfolio",
    "PortfolioAsset",
    "PortfolioDay",
    "PositionFlow",
    "PositionLot",
    "RankingOutcome",
    "SuggestionOutcome",
    "SuggestionPerformance",
    "SuggestionReview",
    "Watchlist",
    "WatchlistAsset",
    "WatchlistAssetHistory",
    "WatchlistStateHistory",
    "WatchlistSummary",
]
