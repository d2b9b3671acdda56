"""Corrections are written once; the other new tables tell when a row changed last."""

from django.db import migrations

from system.sql import updated_at_trigger, write_once


class Migration(migrations.Migration):
    dependencies = [("assets", "0004_market_data")]

    operations = [
        updated_at_trigger("asset_listings"),
        updated_at_trigger("candle_gaps"),
        updated_at_trigger("ingest_states"),
        write_once("candle_revisions", owner_may=True),
    ]
