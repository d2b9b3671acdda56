"""Addresses of the page of alerts."""

from django.urls import path

from cryptopredict.pages.alerts import views

urlpatterns = [
    path("alerts", views.Alerts.as_view(), name="alerts"),
    path("alerts.csv", views.AlertsFile.as_view(), name="alerts-csv"),
    path("alerts/firings.csv", views.FiringsFile.as_view(), name="alert-firings-csv"),
    path("alerts/new/<slug:kind>", views.NewAlert.as_view(), name="new-alert"),
    path("alerts/<int:pk>", views.Alert.as_view(), name="alert"),
    path("alerts/<int:pk>/<slug:action>", views.AlertAction.as_view(), name="alert-action"),
]
