"""Addresses of the market data."""

from assets.api.views import MarketDataViewSet
from system.rest.viewsets import router

routes = router()
routes.register("assets", MarketDataViewSet, basename="market-data")
urlpatterns = routes.urls
