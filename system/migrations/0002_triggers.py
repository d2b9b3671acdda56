"""What the database itself guards: times of change, and rows that are written once."""

from django.db import migrations

from system.sql import REFUSE_CHANGE, SET_UPDATED_AT, updated_at_trigger, write_once


class Migration(migrations.Migration):
    dependencies = [("system", "0001_initial")]

    operations = [
        migrations.RunSQL(SET_UPDATED_AT, "DROP FUNCTION set_updated_at()"),
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION refuse_change()"),
        updated_at_trigger("pipeline_runs"),
        updated_at_trigger("system_health"),
        updated_at_trigger("analytics_data"),
        updated_at_trigger("api_request_logs"),
        updated_at_trigger("external_api_logs"),
        updated_at_trigger("background_tasks"),
        updated_at_trigger("system_config"),
        write_once("audit_log", free=["changed_by"]),
    ]
