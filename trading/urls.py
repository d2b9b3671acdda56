"""Addresses of the files of layer 4."""

from django.urls import path

from trading import views

urlpatterns = [path("journal/screenshots/<slug:name>.webp", views.screenshot, name="screenshot")]
