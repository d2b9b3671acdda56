import datetime
from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from system.together import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="UserOverview",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("email", models.CharField(max_length=255)),
                ("first_name", models.CharField(max_length=50, null=True)),
                ("last_name", models.CharField(max_length=50, null=True)),
                ("role", models.CharField(max_length=20)),
                ("is_active", models.BooleanField()),
                ("is_premium", models.BooleanField()),
                ("created_at", models.DateTimeField()),
                ("last_login", models.DateTimeField(null=True)),
                ("login_count", models.IntegerField()),
                ("personal_watchlists_count", models.IntegerField()),
                ("total_assets_count", models.IntegerField()),
                ("avg_prediction_accuracy", models.DecimalField(decimal_places=10, max_digits=20, null=True)),
                ("realized_predictions_count", models.IntegerField()),
            ],
            options={
                "verbose_name": "user at a glance",
                "verbose_name_plural": "users at a glance",
                "db_table": "v_users_overview",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="SetupLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "token_hash",
                    models.CharField(
                        db_comment="HMAC-SHA-256 of the token with the pepper", max_length=64, unique=True
                    ),
                ),
                ("expires_at", models.DateTimeField(db_comment="Not valid after this time")),
                ("used_at", models.DateTimeField(blank=True, db_comment="When it made an admin", null=True)),
            ],
            options={
                "verbose_name": "set-up link",
                "verbose_name_plural": "set-up links",
                "db_table": "setup_links",
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        db_comment="Login name (USERNAME_FIELD); normalised to lower case on save",
                        max_length=255,
                        unique=True,
                    ),
                ),
                ("first_name", models.CharField(blank=True, db_comment="Given name", max_length=50, null=True)),
                ("last_name", models.CharField(blank=True, db_comment="Family name", max_length=50, null=True)),
                (
                    "role",
                    models.CharField(
                        choices=[("admin", "admin"), ("public", "public"), ("guest", "guest")],
                        db_comment="Access role; guest = registered but read-only (an anonymous visitor has no row)",
                        default="public",
                        max_length=20,
                    ),
                ),
                ("is_active", models.BooleanField(db_comment="Account may log in", default=True)),
                ("is_verified", models.BooleanField(db_comment="E-mail address verified", default=False)),
                (
                    "login_count",
                    models.IntegerField(blank=True, db_comment="Successful logins so far", default=0, null=True),
                ),
                (
                    "preferences",
                    models.JSONField(
                        blank=True,
                        db_comment="UI and analysis preferences; known keys: dashboard_mode ('casual'|'professional'), theme, notifications, default_timeframe",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        blank=True, db_comment="IANA time zone name", default="UTC", max_length=50, null=True
                    ),
                ),
                (
                    "language",
                    models.CharField(db_comment="UI language, BCP-47 (en, fa, ...)", default="en", max_length=10),
                ),
                ("bio", models.TextField(blank=True, db_comment="Short biography", null=True)),
                (
                    "profile_picture_url",
                    models.CharField(blank=True, db_comment="URL of the profile picture", max_length=500, null=True),
                ),
                (
                    "reset_password_token",
                    models.CharField(
                        blank=True,
                        db_comment="SHA-256 of the password-reset token (never the token itself)",
                        max_length=255,
                        null=True,
                    ),
                ),
                (
                    "reset_password_expires",
                    models.DateTimeField(blank=True, db_comment="Expiry of the reset token", null=True),
                ),
                (
                    "email_verification_token",
                    models.CharField(
                        blank=True, db_comment="SHA-256 of the e-mail verification token", max_length=255, null=True
                    ),
                ),
                (
                    "email_verification_expires",
                    models.DateTimeField(blank=True, db_comment="Expiry of the verification token", null=True),
                ),
                (
                    "failed_login_attempts",
                    models.IntegerField(
                        blank=True,
                        db_comment="Consecutive failed logins; reset to 0 by a successful one",
                        default=0,
                        null=True,
                    ),
                ),
                (
                    "lockout_expires",
                    models.DateTimeField(
                        blank=True, db_comment="No login before this time (set after too many failures)", null=True
                    ),
                ),
                (
                    "referral_code",
                    models.CharField(
                        blank=True, db_comment="Own invitation code", max_length=50, null=True, unique=True
                    ),
                ),
                (
                    "referral_count",
                    models.IntegerField(blank=True, db_comment="Successful referrals made", default=0, null=True),
                ),
                (
                    "account_balance",
                    models.DecimalField(
                        blank=True,
                        db_comment="Balance in USD, >= 0 (future monetisation)",
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=15,
                        null=True,
                    ),
                ),
                (
                    "subscription_plan",
                    models.CharField(
                        blank=True,
                        choices=[("free", "free"), ("basic", "basic"), ("pro", "pro"), ("enterprise", "enterprise")],
                        db_comment="Current plan",
                        default="free",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "subscription_expires_at",
                    models.DateTimeField(blank=True, db_comment="End of the paid plan", null=True),
                ),
                ("notes", models.TextField(blank=True, db_comment="Admin notes; visible to admins only", null=True)),
                ("deleted_at", models.DateTimeField(blank=True, db_comment="Soft-delete time", null=True)),
                (
                    "deleted_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="deleted_by",
                        db_comment="Admin who deactivated the account",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deactivated_users",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "referred_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="referred_by",
                        db_comment="User who invited this one",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="referrals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "db_table": "users",
                "indexes": [
                    models.Index(fields=["role"], name="idx_users_role"),
                    models.Index(fields=["is_active"], name="idx_users_is_active"),
                    models.Index(fields=["subscription_plan"], name="idx_users_subscription_plan"),
                    models.Index(fields=["-created_at"], name="idx_users_created_at"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email__iregex", "^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$"),
                            ("email", "system@localhost"),
                            _connector="OR",
                        ),
                        name="chk_email_format",
                        violation_error_message="Enter a valid e-mail address.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("login_count__gte", 0)),
                        name="chk_login_count_positive",
                        violation_error_message="login_count must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("referral_count__gte", 0)),
                        name="chk_referral_count_positive",
                        violation_error_message="referral_count must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("failed_login_attempts__gte", 0)),
                        name="chk_failed_login_attempts_positive",
                        violation_error_message="failed_login_attempts must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("account_balance__gte", 0)),
                        name="chk_account_balance_positive",
                        violation_error_message="account_balance must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("deleted_at__isnull", False), ("deleted_by__isnull", True), _connector="OR"
                        ),
                        name="chk_users_deleted_pair",
                        violation_error_message="deleted_by needs deleted_at.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("referred_by", models.F("id")), _negated=True),
                        name="chk_users_no_self_referral",
                        violation_error_message="Nobody can invite themselves.",
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        name="unique_users_email_ci",
                        violation_error_message="An account with this e-mail address exists already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["admin", "public", "guest"])),
                        name="chk_users_role",
                        violation_error_message="role is none of: admin, public, guest.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("subscription_plan__in", ["free", "basic", "pro", "enterprise"])),
                        name="chk_users_subscription_plan",
                        violation_error_message="subscription_plan is none of: free, basic, pro, enterprise.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                ("name", models.CharField(db_comment="What the owner calls it", max_length=100)),
                ("prefix", models.CharField(db_comment="First characters, to recognise it in a list", max_length=12)),
                (
                    "token_hash",
                    models.CharField(
                        db_comment="HMAC-SHA-256 of the token with the pepper", max_length=64, unique=True
                    ),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        db_comment="read, write, admin; empty = read",
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "allowed_ips",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.GenericIPAddressField(),
                        blank=True,
                        db_comment="Addresses it works from; empty = any",
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, db_comment="Not valid after this time; NULL = no end", null=True),
                ),
                ("last_used_at", models.DateTimeField(blank=True, db_comment="Last request made with it", null=True)),
                ("revoked_at", models.DateTimeField(blank=True, db_comment="When it was revoked", null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Owner of the token",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "db_table": "api_tokens",
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "notification_type",
                    models.CharField(
                        choices=[
                            ("signal", "signal"),
                            ("alert", "alert"),
                            ("system", "system"),
                            ("educational", "educational"),
                        ],
                        db_comment="Kind",
                        max_length=20,
                    ),
                ),
                ("title", models.CharField(db_comment="Title", max_length=200)),
                ("message", models.TextField(db_comment="Body")),
                (
                    "data",
                    models.JSONField(
                        blank=True, db_comment="More data, e.g. {signal_id, asset_id, url}", default=dict, null=True
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("unread", "unread"), ("read", "read"), ("dismissed", "dismissed")],
                        db_comment="Read state",
                        default="unread",
                        max_length=20,
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[("low", "low"), ("normal", "normal"), ("high", "high"), ("urgent", "urgent")],
                        db_comment="Priority",
                        default="normal",
                        max_length=20,
                    ),
                ),
                (
                    "scheduled_for",
                    models.DateTimeField(
                        blank=True,
                        db_comment="Not shown or sent before this time",
                        db_default=django.db.models.functions.datetime.Now(),
                        null=True,
                    ),
                ),
                (
                    "sent_at",
                    models.DateTimeField(blank=True, db_comment="When it was delivered to the client", null=True),
                ),
                ("read_at", models.DateTimeField(blank=True, db_comment="When it was read", null=True)),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True,
                        db_comment="Hidden after this time; default 30 days ahead",
                        db_default=django.db.models.expressions.CombinedExpression(
                            django.db.models.functions.datetime.Now(), "+", models.Value(datetime.timedelta(days=30))
                        ),
                        null=True,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Recipient",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "notification",
                "verbose_name_plural": "notifications",
                "db_table": "notifications",
                "indexes": [
                    models.Index(fields=["user", "status", "-scheduled_for"], name="idx_notifications_user_status"),
                    models.Index(
                        condition=models.Q(("expires_at__isnull", False)),
                        fields=["expires_at"],
                        name="idx_notifications_expires",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("notification_type__in", ["signal", "alert", "system", "educational"])),
                        name="chk_notifications_notification_type",
                        violation_error_message="notification_type is none of: signal, alert, system, educational.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["unread", "read", "dismissed"])),
                        name="chk_notifications_status",
                        violation_error_message="status is none of: unread, read, dismissed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__in", ["low", "normal", "high", "urgent"])),
                        name="chk_notifications_priority",
                        violation_error_message="priority is none of: low, normal, high, urgent.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserFeedback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "feedback_type",
                    models.CharField(
                        choices=[
                            ("bug_report", "bug report"),
                            ("feature_request", "feature request"),
                            ("general_comment", "general comment"),
                            ("suggestion_feedback", "suggestion feedback"),
                        ],
                        db_comment="Kind",
                        max_length=30,
                    ),
                ),
                ("message", models.TextField(db_comment="Text")),
                (
                    "context_data",
                    models.JSONField(blank=True, db_comment="Page, version, related ids", default=dict, null=True),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("in_review", "in review"),
                            ("addressed", "addressed"),
                            ("closed", "closed"),
                        ],
                        db_comment="Handling state",
                        default="new",
                        max_length=20,
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[("low", "low"), ("normal", "normal"), ("high", "high")],
                        db_comment="Priority",
                        default="normal",
                        max_length=20,
                    ),
                ),
                ("response_message", models.TextField(blank=True, db_comment="Answer to the user", null=True)),
                ("reviewed_at", models.DateTimeField(blank=True, db_comment="When reviewed", null=True)),
                ("responded_at", models.DateTimeField(blank=True, db_comment="When the answer was sent", null=True)),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="reviewed_by",
                        db_comment="Admin who handled it",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="user_feedback_reviewed_by",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Author",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="user_feedback_user",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "feedback",
                "verbose_name_plural": "feedback",
                "db_table": "user_feedback",
                "indexes": [
                    models.Index(fields=["status", "-created_at"], name="idx_user_feedback_status"),
                    models.Index(fields=["user", "-created_at"], name="idx_user_feedback_user"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "feedback_type__in",
                                ["bug_report", "feature_request", "general_comment", "suggestion_feedback"],
                            )
                        ),
                        name="chk_user_feedback_feedback_type",
                        violation_error_message="feedback_type is none of: bug_report, feature_request, general_comment, suggestion_feedback.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["new", "in_review", "addressed", "closed"])),
                        name="chk_user_feedback_status",
                        violation_error_message="status is none of: new, in_review, addressed, closed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__in", ["low", "normal", "high"])),
                        name="chk_user_feedback_priority",
                        violation_error_message="priority is none of: low, normal, high.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "session_token",
                    models.CharField(
                        db_comment="SHA-256 of the access/session token (jti)", max_length=255, unique=True
                    ),
                ),
                (
                    "refresh_token",
                    models.CharField(blank=True, db_comment="SHA-256 of the refresh token", max_length=255, null=True),
                ),
                (
                    "device_info",
                    models.JSONField(blank=True, db_comment="Device and browser information", default=dict, null=True),
                ),
                (
                    "ip_address",
                    models.GenericIPAddressField(blank=True, db_comment="Client address at login", null=True),
                ),
                ("is_active", models.BooleanField(db_comment="False after logout or revocation", default=True)),
                ("expires_at", models.DateTimeField(db_comment="Session is invalid after this time")),
                (
                    "last_used_at",
                    models.DateTimeField(
                        blank=True,
                        db_comment="Last request made with the session",
                        db_default=django.db.models.functions.datetime.Now(),
                        null=True,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Owner of the session",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "db_table": "user_sessions",
                "indexes": [
                    models.Index(fields=["user"], name="idx_sessions_user_id"),
                    models.Index(fields=["is_active", "expires_at"], name="idx_sessions_active"),
                    models.Index(
                        condition=models.Q(("refresh_token__isnull", False)),
                        fields=["refresh_token"],
                        name="idx_sessions_refresh",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserActivityArchive",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        db_comment="Id of the archived user_activities row (copied, not generated)",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("activity_type", models.CharField(db_comment="Kind of activity", max_length=50)),
                (
                    "entity_type",
                    models.CharField(blank=True, db_comment="Kind of thing acted upon", max_length=50, null=True),
                ),
                (
                    "entity_id",
                    models.BigIntegerField(blank=True, db_comment="Id of that thing (no FK: any table)", null=True),
                ),
                ("action", models.CharField(db_comment="What was done", max_length=50)),
                ("details", models.JSONField(blank=True, db_comment="More about the activity", null=True)),
                ("ip_address", models.GenericIPAddressField(blank=True, db_comment="Client address", null=True)),
                ("user_agent", models.TextField(blank=True, db_comment="Browser or client string", null=True)),
                ("created_at", models.DateTimeField(db_comment="Time of the activity (copied)")),
                (
                    "archived_at",
                    models.DateTimeField(
                        db_comment="When the row was moved here", db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Acting user at that time",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Session at that time",
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.usersession",
                    ),
                ),
            ],
            options={
                "verbose_name": "archived activity",
                "verbose_name_plural": "archived activities",
                "db_table": "user_activities_archive",
                "indexes": [
                    models.Index(fields=["user", "-created_at"], name="idx_act_archive_user_time"),
                    models.Index(fields=["entity_type", "entity_id"], name="idx_act_archive_entity"),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["created_at"], name="idx_act_archive_created_brin"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserActivity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                ("activity_type", models.CharField(db_comment="Kind of activity", max_length=50)),
                (
                    "entity_type",
                    models.CharField(blank=True, db_comment="Kind of thing acted upon", max_length=50, null=True),
                ),
                (
                    "entity_id",
                    models.BigIntegerField(blank=True, db_comment="Id of that thing (no FK: any table)", null=True),
                ),
                ("action", models.CharField(db_comment="What was done", max_length=50)),
                (
                    "details",
                    models.JSONField(
                        blank=True,
                        db_comment="More about the activity",
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        null=True,
                    ),
                ),
                ("ip_address", models.GenericIPAddressField(blank=True, db_comment="Client address", null=True)),
                ("user_agent", models.TextField(blank=True, db_comment="Browser or client string", null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Acting user",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Session it happened in; NULL for scheduled jobs, management commands and purged sessions",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="accounts.usersession",
                    ),
                ),
            ],
            options={
                "verbose_name": "activity",
                "verbose_name_plural": "activities",
                "db_table": "user_activities",
                "indexes": [
                    models.Index(fields=["activity_type"], name="idx_activity_log_type"),
                    models.Index(fields=["action"], name="idx_activity_log_action"),
                    models.Index(fields=["-created_at"], name="idx_activity_log_created_at"),
                    models.Index(fields=["entity_type", "entity_id"], name="idx_activity_log_entity"),
                    models.Index(fields=["user", "-created_at"], name="idx_user_activities_user_time"),
                ],
            },
        ),
    ]
    operations = together(operations)
