"""Addresses of exports."""

from django.urls import path

from cryptopredict.api.export import ExportFileViewSet, ExportViewSet

urlpatterns = [
    path("users/me/export", ExportViewSet.as_view({"post": "begin"})),
    path("users/me/export/<int:pk>", ExportViewSet.as_view({"get": "read"}), name="own-export"),
    path("users/me/export/<int:pk>/file", ExportFileViewSet.as_view({"get": "fetch"}), name="own-export-file"),
]
