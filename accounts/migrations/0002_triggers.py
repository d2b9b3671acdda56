"""Times of change."""

from django.db import migrations

from system.sql import updated_at_trigger


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("system", "0002_triggers")]

    operations = [
        updated_at_trigger("users"),
        updated_at_trigger("user_sessions"),
        updated_at_trigger("notifications"),
        updated_at_trigger("user_feedback"),
        updated_at_trigger("api_tokens"),
    ]
