"""Addresses of the models, and of the forecasts of an asset. Those of all forecasts are where people ask for them."""

from django.urls import path

from aimodels.api.assets import AssetForecastViewSet
from aimodels.api.jobs import JobViewSet
from aimodels.api.registry import ActivationViewSet, EvaluationViewSet, ModelViewSet
from system.rest.viewsets import router

routes = router()
routes.register("assets", AssetForecastViewSet, basename="asset-forecasts")
routes.register("models/jobs", JobViewSet, basename="model-jobs")
routes.register("models/evaluations", EvaluationViewSet, basename="evaluations")
routes.register("models", ModelViewSet, basename="models")
urlpatterns = [
    path("models/<int:pk>/activate", ActivationViewSet.as_view({"post": "activate"})),
    *routes.urls,
]
