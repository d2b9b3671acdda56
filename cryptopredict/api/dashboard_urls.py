"""Addresses of the dashboards."""

from django.urls import path

from cryptopredict.api.dashboard import DashboardViewSet
from system.rest.viewsets import router

routes = router()
routes.register("dashboard", DashboardViewSet, basename="dashboard")
urlpatterns = [path("dashboard", DashboardViewSet.as_view({"get": "main"})), *routes.urls]
