"""Addresses of the forecasts and their models."""

from aimodels.api.assets import AssetForecastViewSet
from aimodels.api.jobs import JobViewSet
from aimodels.api.registry import EvaluationViewSet, ModelViewSet
from aimodels.api.views import PredictionViewSet
from system.rest.viewsets import router

routes = router()
routes.register("predictions", PredictionViewSet, basename="predictions")
routes.register("assets", AssetForecastViewSet, basename="asset-forecasts")
routes.register("models/jobs", JobViewSet, basename="model-jobs")
routes.register("models/evaluations", EvaluationViewSet, basename="evaluations")
routes.register("models", ModelViewSet, basename="models")
urlpatterns = routes.urls
