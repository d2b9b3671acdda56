"""Addresses of the market data."""

from assets.api.views import GapViewSet, MarketDataViewSet
from system.rest.viewsets import router

routes = router()
routes.register("assets", MarketDataViewSet, basename="market-data")
routes.register("system/gaps", GapViewSet, basename="gaps")
urlpatterns = routes.urls
