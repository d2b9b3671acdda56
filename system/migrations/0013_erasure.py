"""A person can be erased from the audit log by the owner's role; for the application's it stays written once."""

from django.db import migrations

from system.sql import write_once

FREE = ["changed_by"]


class Migration(migrations.Migration):
    dependencies = [("system", "0012_trail")]
    operations = [
        migrations.RunSQL(
            "DROP TRIGGER trg_audit_log_write_once ON audit_log; DROP TRIGGER trg_audit_log_keep ON audit_log;",
            migrations.RunSQL.noop,
        ),
        write_once("audit_log", free=FREE, owner_may=True),
    ]
