"""Lists, suggestions, reviews, portfolios and positions are audited by the database (``system.trail``)."""

from django.db import migrations

from system.trail import audited

TABLES = (
    "ai_suggestions",
    "manual_prices",
    "portfolio_assets",
    "portfolios",
    "suggestion_reviews",
    "watchlist_assets",
    "watchlists",
)


class Migration(migrations.Migration):
    dependencies = [("selection", "0015_fences"), ("system", "0012_trail")]

    operations = [audited(*TABLES)]
