"""Addresses of the pages."""

from django.urls import include, path
from django.views.i18n import set_language

from cryptopredict.pages import installed, views
from cryptopredict.pages.asset_chart import views as asset_chart
from cryptopredict.pages.backtests import views as backtesting
from cryptopredict.pages.data_quality.views import data_quality, gaps_csv
from cryptopredict.pages.drafts import DraftAction, Drafts
from cryptopredict.pages.first_run.views import FirstRun
from cryptopredict.pages.help.views import help_page
from cryptopredict.pages.home import views as home
from cryptopredict.pages.models.views import JobOrder, model, model_jobs, models
from cryptopredict.pages.palette.views import palette
from cryptopredict.pages.review import views as reviewing
from cryptopredict.pages.screener import views as screener
from cryptopredict.pages.sectors import views as sectors
from cryptopredict.pages.suggestions.views import suggestions, suggestions_csv

urlpatterns = [
    path("", home.home, name="home"),
    path("home/layout", home.HomeLayout.as_view(), name="home-layout"),
    path("market", views.market, name="market"),
    path("record", views.record, name="record"),
    path("record.csv", views.record_csv, name="record-csv"),
    path("assets", screener.assets, name="assets"),
    path("assets.csv", screener.assets_csv, name="assets-csv"),
    path("assets.views", screener.SavedViews.as_view(), name="assets-views"),
    path("sectors", sectors.sectors, name="sectors"),
    path("sectors.csv", sectors.sectors_csv, name="sectors-csv"),
    path("sectors/rotation.csv", sectors.rotation_csv, name="sectors-rotation-csv"),
    path("sectors/flows.csv", sectors.flows_csv, name="sectors-flows-csv"),
    path("sectors/<str:name>", sectors.sector, name="sector"),
    path("sectors/<str:name>/members.csv", sectors.members_csv, name="sector-members-csv"),
    path("models", models, name="models"),
    path("models/<int:pk>", model, name="model"),
    path("models/jobs", model_jobs, name="model-jobs"),
    path("models/jobs/<int:pk>/<slug:order>", JobOrder.as_view(), name="model-job-order"),
    path("backtests", backtesting.backtests, name="backtests"),
    path("backtests/new", backtesting.new_backtest, name="backtest-new"),
    path("backtests/compare", backtesting.compare_backtests, name="backtest-compare"),
    path("backtests/<int:pk>", backtesting.backtest, name="backtest"),
    path("backtests/<int:pk>/progress", backtesting.backtest_progress, name="backtest-progress"),
    path("backtests/<int:pk>/trades.csv", backtesting.backtest_trades, name="backtest-trades"),
    path("help", help_page, name="help"),
    path("palette", palette, name="palette"),
    path("suggestions", suggestions, name="suggestions"),
    path("suggestions.csv", suggestions_csv, name="suggestions-csv"),
    path("data-quality", data_quality, name="data-quality"),
    path("data-quality/gaps.csv", gaps_csv, name="gaps-csv"),
    path("assets/<str:symbol>", views.asset, name="asset"),
    path("assets/<str:symbol>/candles.csv", asset_chart.asset_candles, name="asset-candles"),
    path("assets/<str:symbol>/series.json", asset_chart.asset_series, name="asset-series"),
    path("", include("cryptopredict.pages.alerts.urls")),
    path("", include("cryptopredict.pages.inbox.urls")),
    path("", include("cryptopredict.pages.own_data.urls")),
    path("", include("cryptopredict.pages.signals.urls")),
    path("", include("cryptopredict.pages.watchlists.urls")),
    path("account/drafts", Drafts.as_view(), name="drafts"),
    path("account/drafts/<int:pk>/<slug:action>", DraftAction.as_view(), name="draft-action"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("worker.js", installed.worker, name="worker"),
    path("offline", installed.offline, name="offline"),
    path("setup/data", FirstRun.as_view(), name="first-run"),
    path("", include("cryptopredict.pages.portfolios.urls")),
    path("", include("cryptopredict.pages.journal.urls")),
    path("review", reviewing.review, name="review"),
    path("review/decide", reviewing.decide_many, name="review-many"),
    path("review/back", reviewing.take_back, name="review-back"),
    path("review/<int:pk>", reviewing.decide, name="review-decide"),
    path("language", set_language, name="set_language"),
]
