"""Addresses of the pages of signals."""

from django.urls import path

from cryptopredict.pages.signals import views

urlpatterns = [
    path("signals", views.signals, name="signals"),
    path("signals.csv", views.signals_csv, name="signals-csv"),
    path("signals/<int:pk>", views.signal, name="signal"),
    path("signals/<int:pk>/execute", views.execute, name="signal-execute"),
    path("signals/<int:pk>/executions/<int:execution>/fill", views.fill, name="signal-fill"),
    path("signals/<int:pk>/executions/<int:execution>/cancel", views.cancel, name="signal-cancel"),
    path("signals/<int:pk>/alert", views.tell_me, name="signal-alert"),
    path("signals/<int:pk>/feedback", views.feedback, name="signal-feedback"),
]
