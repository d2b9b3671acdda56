"""Addresses of the running system that need several apps."""

from django.urls import path

from cryptopredict.api.system import HealthViewSet, StartViewSet

urlpatterns = [
    path("system/health", HealthViewSet.as_view({"get": "read"})),
    path("system/tasks", StartViewSet.as_view({"get": "list", "post": "create"})),
    path("system/tasks/<int:pk>", StartViewSet.as_view({"get": "retrieve"})),
    path("system/archive", StartViewSet.as_view({"post": "archive"})),
]
