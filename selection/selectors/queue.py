"""The open suggestions that everybody may see: those for the default lists."""

from django.db.models import QuerySet

from assets.choices import DEMO_SOURCE, Market
from selection.choices import WatchlistType
from selection.models import AISuggestion
from selection.selectors.visible import review_queue


def public_queue(market: Market) -> QuerySet[AISuggestion]:
    """Suggestions for the default lists that wait for a decision, of one market, in the order of the review queue."""
    waiting = review_queue().filter(watchlist__watchlist_type=WatchlistType.DEFAULT)
    is_demo = {"asset__data_source": DEMO_SOURCE}
    found = waiting.filter(**is_demo) if market == Market.DEMO else waiting.exclude(**is_demo)
    return found.select_related("asset", "watchlist")
