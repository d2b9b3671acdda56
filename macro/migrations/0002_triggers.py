"""Times of change."""

from django.db import migrations

from system.sql import updated_at_trigger


class Migration(migrations.Migration):
    dependencies = [("macro", "0001_initial"), ("system", "0002_triggers")]

    operations = [
        updated_at_trigger("metrics_snapshot"),
        updated_at_trigger("ai_regime_analysis"),
        updated_at_trigger("news_events"),
        updated_at_trigger("external_series"),
    ]
