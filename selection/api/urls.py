"""Addresses of layer 3."""

from selection.api.portfolios import PortfolioViewSet
from selection.api.suggestions import SuggestionViewSet
from selection.api.watchlists import WatchlistViewSet
from system.rest.viewsets import router

routes = router()
routes.register("watchlists", WatchlistViewSet, basename="watchlists")
routes.register("suggestions", SuggestionViewSet, basename="suggestions")
routes.register("portfolios", PortfolioViewSet, basename="portfolios")
urlpatterns = routes.urls
