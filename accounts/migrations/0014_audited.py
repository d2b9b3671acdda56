"""Who may what, and how they log in, is audited by the database (``system.trail``)."""

from django.db import migrations

from system.trail import audited

TABLES = (
    "api_tokens",
    "auth_group",
    "auth_group_permissions",
    "passkeys",
    "totp_devices",
    "users",
    "users_groups",
    "users_user_permissions",
    "webhook_subscriptions",
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_fences"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("system", "0012_trail"),
    ]

    operations = [audited(*TABLES)]
