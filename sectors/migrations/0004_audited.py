"""Sectors, and which assets belong to them, are audited by the database (``system.trail``)."""

from django.db import migrations

from system.trail import audited


class Migration(migrations.Migration):
    dependencies = [("sectors", "0003_public_writes"), ("system", "0012_trail")]

    operations = [audited("sectors", "sector_mapping")]
