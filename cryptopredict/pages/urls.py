"""Addresses of the pages."""

from django.urls import path
from django.views.i18n import set_language

from cryptopredict.pages import views

urlpatterns = [
    path("", views.home, name="home"),
    path("assets", views.assets, name="assets"),
    path("assets.csv", views.assets_csv, name="assets-csv"),
    path("assets/<str:symbol>", views.asset, name="asset"),
    path("assets/<str:symbol>/candles.csv", views.asset_candles, name="asset-candles"),
    path("language", set_language, name="set_language"),
]
