"""Times of change; the trigger on the parent is inherited by every partition."""

from django.db import migrations

from system.sql import updated_at_trigger


class Migration(migrations.Migration):
    dependencies = [("assets", "0002_candles"), ("system", "0002_triggers")]

    operations = [
        updated_at_trigger("assets"),
        updated_at_trigger("price_data"),
    ]
