"""Addresses of the forecasts."""

from aimodels.api.assets import AssetForecastViewSet
from aimodels.api.views import PredictionViewSet
from system.rest.viewsets import router

routes = router()
routes.register("predictions", PredictionViewSet, basename="predictions")
routes.register("assets", AssetForecastViewSet, basename="asset-forecasts")
urlpatterns = routes.urls
