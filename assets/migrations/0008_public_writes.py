"""Lists for everybody are read from these tables."""

from django.db import migrations

from system.sql import public_write


class Migration(migrations.Migration):
    dependencies = [("assets", "0007_asset_writes"), ("system", "0007_public_writes")]

    operations = [public_write("assets")]
