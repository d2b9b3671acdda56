"""Placeholder until pages exist."""

urlpatterns: list = []
