"""Addresses of the running system."""

from system.api.views import RunViewSet
from system.rest.viewsets import router

routes = router()
routes.register("system/runs", RunViewSet, basename="runs")
urlpatterns = routes.urls
