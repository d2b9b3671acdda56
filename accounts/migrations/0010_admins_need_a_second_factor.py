from django.db import migrations

AS_SHIPPED = """
UPDATE system_config SET value = jsonb_set(value, '{admins_need_second_factor}', 'true')
WHERE key = 'security'
AND NOT EXISTS (SELECT FROM system_config_history WHERE system_config_history.key = 'security')
"""


class Migration(migrations.Migration):
    """Settings of the group that no admin has ever changed follow the new default."""

    dependencies = [
        ("accounts", "0009_passkeys"),
        ("system", "0001_initial"),
    ]

    operations = [migrations.RunSQL(AS_SHIPPED, migrations.RunSQL.noop)]
