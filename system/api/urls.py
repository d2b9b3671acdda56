"""Addresses of the running system."""

from typing import Any

from django.urls import path

from system.api.config import ConfigViewSet
from system.api.records import (
    CallLogViewSet,
    ChangeViewSet,
    FigureViewSet,
    HealthHistoryViewSet,
    RequestLogViewSet,
)
from system.api.views import RunViewSet
from system.rest.viewsets import router

routes = router()
routes.register("system/runs", RunViewSet, basename="runs")
routes.register("system/logs/api", RequestLogViewSet, basename="api-logs")
routes.register("system/logs/external", CallLogViewSet, basename="external-logs")
routes.register("system/analytics", FigureViewSet, basename="analytics")
routes.register("system/audit", ChangeViewSet, basename="audit")
routes.register("system/health/history", HealthHistoryViewSet, basename="health-history")
GROUPS: dict[str, Any] = {"get": "everything", "post": "merge"}
GROUP: dict[str, Any] = {"get": "retrieve", "put": "update"}
urlpatterns = [
    path("system/config", ConfigViewSet.as_view(GROUPS)),
    path("system/config/<slug:key>", ConfigViewSet.as_view(GROUP, needs_match=True)),
    *routes.urls,
]
