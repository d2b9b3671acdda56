"""Times of change; reviews are written once."""

from django.db import migrations

from system.sql import updated_at_trigger, write_once


class Migration(migrations.Migration):
    dependencies = [("selection", "0001_initial"), ("system", "0002_triggers")]

    operations = [
        updated_at_trigger("watchlists"),
        updated_at_trigger("watchlist_assets"),
        updated_at_trigger("ai_watchlist_analysis"),
        updated_at_trigger("portfolios"),
        updated_at_trigger("portfolio_assets"),
        updated_at_trigger("ai_portfolio_analysis"),
        updated_at_trigger("ai_suggestions"),
        write_once("suggestion_reviews", owner_may=True),
    ]
