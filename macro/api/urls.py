"""Addresses of layer 1."""

from macro.api.news import AssetNewsViewSet
from macro.api.views import MarketViewSet, RegimeViewSet, SnapshotViewSet
from system.rest.viewsets import router

routes = router()
routes.register("macro/snapshots", SnapshotViewSet, basename="snapshots")
routes.register("macro/regimes", RegimeViewSet, basename="regimes")
routes.register("macro", MarketViewSet, basename="macro")
routes.register("assets", AssetNewsViewSet, basename="asset-news")
urlpatterns = routes.urls
