"""Addresses of layer 3."""

from django.urls import path

from selection.api.contexts import ContextViewSet
from selection.api.portfolios import PortfolioViewSet
from selection.api.predictions import AskedPredictionViewSet
from selection.api.suggestions import SuggestionViewSet
from selection.api.watchlists import WatchlistViewSet
from system.rest.viewsets import router

routes = router()
routes.register("watchlists", WatchlistViewSet, basename="watchlists")
routes.register("suggestions", SuggestionViewSet, basename="suggestions")
routes.register("predictions", AskedPredictionViewSet, basename="predictions")
routes.register("portfolios", PortfolioViewSet, basename="portfolios")
urlpatterns = [
    path("users/me/ai-context", ContextViewSet.as_view({"get": "mine"})),
    path("users/<int:pk>/ai-context", ContextViewSet.as_view({"get": "theirs"})),
    *routes.urls,
]
