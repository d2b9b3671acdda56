"""Addresses of the pages of portfolios."""

from django.urls import path

from cryptopredict.pages.portfolios import entry_views, import_views, position_views, venue_views, views

ONE = "portfolios/<int:pk>"
urlpatterns = [
    path("portfolios", views.Portfolios.as_view(), name="portfolios"),
    path("portfolios/new", views.NewPortfolio.as_view(), name="portfolio-new"),
    path(ONE, views.PortfolioView.as_view(), name="portfolio"),
    path(f"{ONE}/positions.csv", views.PositionsFile.as_view(), name="portfolio-positions-csv"),
    path(f"{ONE}/positions/<int:position_id>", position_views.Position.as_view(), name="position"),
    path(f"{ONE}/lots", views.Lots.as_view(), name="portfolio-lots"),
    path(f"{ONE}/lots.csv", views.LotsFile.as_view(), name="portfolio-lots-csv"),
    path(f"{ONE}/gains", views.Gains.as_view(), name="portfolio-gains"),
    path(f"{ONE}/gains.csv", views.GainsFile.as_view(), name="portfolio-gains-csv"),
    path(f"{ONE}/venues", venue_views.Venues.as_view(), name="portfolio-venues"),
    path(f"{ONE}/venues.csv", venue_views.VenuesFile.as_view(), name="portfolio-venues-csv"),
    path(f"{ONE}/explain/<slug:figure>", views.Explained.as_view(), name="portfolio-explained"),
    path(f"{ONE}/explain/<slug:figure>.csv", views.ExplainedFile.as_view(), name="portfolio-explained-csv"),
    path(f"{ONE}/settings", views.Settings.as_view(), name="portfolio-settings"),
    path(f"{ONE}/entries/new", entry_views.NewEntryView.as_view(), name="entry-new"),
    path(f"{ONE}/prices/new", entry_views.NewPrice.as_view(), name="price-new"),
    path(f"{ONE}/import", import_views.Imports.as_view(), name="imports"),
    path(f"{ONE}/import/<int:import_id>", import_views.Preview.as_view(), name="import"),
    path(f"{ONE}/import/<int:import_id>/confirm", import_views.Confirm.as_view(), name="import-confirm"),
    path(f"{ONE}/<slug:action>", views.PortfolioAction.as_view(), name="portfolio-action"),
]
