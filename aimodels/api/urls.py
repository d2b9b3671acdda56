"""Addresses of the forecasts."""

from aimodels.api.views import PredictionViewSet
from system.rest.viewsets import router

routes = router()
routes.register("predictions", PredictionViewSet, basename="predictions")
urlpatterns = routes.urls
