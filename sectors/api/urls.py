"""Addresses of sectors, and of news, assets and the forecast record by sector."""

from sectors.api.assets import AssetViewSet
from sectors.api.news import NewsViewSet
from sectors.api.record import RecordViewSet
from sectors.api.views import SectorViewSet
from system.rest.viewsets import router

routes = router()
routes.register("sectors", SectorViewSet, basename="sectors")
routes.register("macro/news", NewsViewSet, basename="news")
routes.register("assets", AssetViewSet, basename="assets")
routes.register("predictions", RecordViewSet, basename="record")
urlpatterns = routes.urls
