"""Addresses of the pages about the own account."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import Login, Setup

urlpatterns = [
    path("login", Login.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("setup", Setup.as_view(), name="setup"),
]
