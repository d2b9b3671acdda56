"""Addresses of the page of the own data."""

from django.urls import path

from cryptopredict.pages.own_data import views

urlpatterns = [
    path("account/data", views.OwnData.as_view(), name="account-data"),
    path("account/data/export", views.OrderExport.as_view(), name="order-export"),
    path("account/data/export/<int:pk>", views.ExportFile.as_view(), name="export-file"),
]
