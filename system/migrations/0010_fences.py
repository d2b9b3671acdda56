"""Fences in the database (``system.fences``), and those of this app's tables."""

from django.db import migrations

from system.fences import DROP_FUNCTIONS, FUNCTIONS, fence, own, own_or_nobodys


class Migration(migrations.Migration):
    dependencies = [("system", "0009_faults")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        fence("api_request_logs", own()),
        fence("idempotency_keys", own_or_nobodys()),
        fence("outbox_events", own_or_nobodys()),
    ]
