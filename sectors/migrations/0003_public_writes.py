"""Lists for everybody are read from these tables."""

from django.db import migrations

from system.sql import public_write


class Migration(migrations.Migration):
    dependencies = [("sectors", "0002_triggers"), ("system", "0007_public_writes")]

    operations = [
        public_write(
            "sectors", "sector_mapping", "ai_sector_analysis", "ai_cross_sector_analysis", "sector_rotation_flows"
        )
    ]
