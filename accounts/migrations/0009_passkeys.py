import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from system.sql import updated_at_trigger
from system.together import together

CREATED = models.DateTimeField(
    auto_now_add=True,
    db_comment="Row creation time (UTC)",
    db_default=django.db.models.functions.datetime.Now(),
)
KINDS = [
    ("verify_email", "confirm the e-mail address"),
    ("reset_password", "set a new password"),
    ("changed_password", "the password was changed"),
    ("changed_factor", "the second factor was changed"),
]
PURPOSES = [
    ("register", "to be known here"),
    ("second_step", "the second step of a login"),
    ("login", "a login without a password"),
]
ROWS_OF_THEIR_OWN = """
INSERT INTO recovery_codes (user_id, code_hash)
SELECT user_id, unnest(recovery_hashes) FROM totp_devices WHERE confirmed_at IS NOT NULL
"""
AS_THEY_WERE = """
UPDATE totp_devices SET recovery_hashes = (
    SELECT coalesce(array_agg(code_hash), '{}') FROM recovery_codes
    WHERE recovery_codes.user_id = totp_devices.user_id AND used_at IS NULL)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Passkey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", CREATED),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Whose it is",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passkeys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("name", models.CharField(db_comment="What the owner calls it", max_length=100)),
                (
                    "credential_id",
                    models.CharField(
                        db_comment="Name that the device gave it, base64url", max_length=1400, unique=True
                    ),
                ),
                ("public_key", models.BinaryField(db_comment="Public key as COSE")),
                (
                    "sign_count",
                    models.BigIntegerField(db_comment="Count of uses, as the device told last; 0 = it does not count"),
                ),
                (
                    "is_backed_up",
                    models.BooleanField(db_comment="Its maker keeps a copy, so that other devices may have it too"),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, db_comment="Last login with it; NULL = none yet", null=True),
                ),
            ],
            options={
                "verbose_name": "passkey",
                "verbose_name_plural": "passkeys",
                "db_table": "passkeys",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sign_count__gte", 0)),
                        name="chk_passkeys_sign_count",
                        violation_error_message="sign_count must be at least 0.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PasskeyCeremony",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", CREATED),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Who is to answer; NULL = anybody who has a passkey here",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "purpose",
                    models.CharField(choices=PURPOSES, db_comment="What the answer is for", max_length=20),
                ),
                ("challenge", models.BinaryField(db_comment="Random bytes that are to be signed")),
                ("expires_at", models.DateTimeField(db_comment="Not answered after this time", db_index=True)),
            ],
            options={
                "verbose_name": "question to a passkey",
                "verbose_name_plural": "questions to passkeys",
                "db_table": "passkey_ceremonies",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", [name for name, _words in PURPOSES])),
                        name="chk_passkey_ceremonies_purpose",
                        violation_error_message="purpose is none of: register, second_step, login.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", CREATED),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Whose login it opens",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("code_hash", models.CharField(db_comment="Keyed digest of the code", max_length=64)),
                (
                    "used_at",
                    models.DateTimeField(blank=True, db_comment="When it opened a login; NULL = not yet", null=True),
                ),
            ],
            options={
                "verbose_name": "recovery code",
                "verbose_name_plural": "recovery codes",
                "db_table": "recovery_codes",
                "constraints": [models.UniqueConstraint(fields=("user", "code_hash"), name="uq_recovery_codes_code")],
            },
        ),
        migrations.RunSQL(ROWS_OF_THEIR_OWN, AS_THEY_WERE),
        migrations.RemoveField(model_name="totpdevice", name="recovery_hashes"),
        migrations.RemoveConstraint(model_name="outgoingmail", name="chk_outgoing_mails_kind"),
        migrations.AlterField(
            model_name="outgoingmail",
            name="kind",
            field=models.CharField(choices=KINDS, db_comment="What it is for", max_length=20),
        ),
        migrations.AddConstraint(
            model_name="outgoingmail",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", [name for name, _words in KINDS])),
                name="chk_outgoing_mails_kind",
                violation_error_message=(
                    "kind is none of: verify_email, reset_password, changed_password, changed_factor."
                ),
            ),
        ),
        updated_at_trigger("passkeys"),
    ]
    operations = together(operations)
