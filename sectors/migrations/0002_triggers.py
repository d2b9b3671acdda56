"""Times of change."""

from django.db import migrations

from system.sql import updated_at_trigger


class Migration(migrations.Migration):
    dependencies = [("sectors", "0001_initial"), ("system", "0002_triggers")]

    operations = [
        updated_at_trigger("sectors"),
        updated_at_trigger("sector_history"),
        updated_at_trigger("sector_mapping"),
        updated_at_trigger("ai_sector_analysis"),
        updated_at_trigger("ai_cross_sector_analysis"),
        updated_at_trigger("sector_rotation_flows"),
    ]
