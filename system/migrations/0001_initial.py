import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

from system.together import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="AnalyticsData",
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
                ("category", models.CharField(db_comment="Category", max_length=50)),
                ("metric_name", models.CharField(db_comment="Metric", max_length=100)),
                ("metric_value", models.DecimalField(db_comment="Value", decimal_places=8, max_digits=30)),
                (
                    "dimensions",
                    models.JSONField(
                        db_comment="Breakdown: slugs and ids only, at most 1,000 characters", default=dict
                    ),
                ),
                (
                    "aggregation_level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("hourly", "hourly"),
                            ("daily", "daily"),
                            ("weekly", "weekly"),
                            ("monthly", "monthly"),
                        ],
                        db_comment="Aggregation",
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "period_start",
                    models.DateTimeField(
                        blank=True,
                        db_comment="Start of the aggregated period (UTC); NULL for a single measurement",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name": "figure",
                "verbose_name_plural": "figures",
                "db_table": "analytics_data",
                "indexes": [
                    models.Index(fields=["category", "metric_name", "-created_at"], name="idx_analytics_metric_time")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("period_start__isnull", False)),
                        fields=("category", "metric_name", "aggregation_level", "period_start", "dimensions"),
                        name="unique_analytics_period",
                        violation_error_message="This period has been aggregated already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("aggregation_level__in", ["hourly", "daily", "weekly", "monthly"])),
                        name="chk_analytics_data_aggregation_level",
                        violation_error_message="aggregation_level is none of: hourly, daily, weekly, monthly.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("aggregation_level__isnull", True), ("period_start__isnull", True)),
                            models.Q(("aggregation_level__isnull", False), ("period_start__isnull", False)),
                            _connector="OR",
                        ),
                        name="chk_analytics_period_level",
                        violation_error_message="An aggregate has a period and a level, a single measurement neither.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(
                                django.db.models.functions.comparison.Cast("dimensions", models.TextField())
                            ),
                            1000,
                        ),
                        name="chk_analytics_dimensions_size",
                        violation_error_message="Dimensions hold at most 1,000 characters.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BackgroundTask",
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
                ("task_name", models.CharField(db_comment="Dotted name of the task", max_length=200)),
                ("task_type", models.CharField(db_comment="Type", max_length=30)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("running", "running"),
                            ("completed", "completed"),
                            ("failed", "failed"),
                        ],
                        db_comment="State",
                        default="pending",
                        max_length=20,
                    ),
                ),
                ("task_params", models.JSONField(db_comment="Parameters", default=dict)),
                ("result_data", models.JSONField(blank=True, db_comment="Result", default=dict, null=True)),
                ("error_message", models.TextField(blank=True, db_comment="Error", null=True)),
                ("started_at", models.DateTimeField(blank=True, db_comment="Start", null=True)),
                ("completed_at", models.DateTimeField(blank=True, db_comment="End", null=True)),
                (
                    "execution_time_seconds",
                    models.DecimalField(
                        blank=True, db_comment="Duration, s", decimal_places=3, max_digits=12, null=True
                    ),
                ),
            ],
            options={
                "verbose_name": "background task",
                "verbose_name_plural": "background tasks",
                "db_table": "background_tasks",
                "indexes": [
                    models.Index(fields=["status", "-created_at"], name="idx_background_tasks_status"),
                    models.Index(fields=["task_name", "-created_at"], name="idx_background_tasks_name"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["pending", "running", "completed", "failed"])),
                        name="chk_background_tasks_status",
                        violation_error_message="status is none of: pending, running, completed, failed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("execution_time_seconds__gte", 0)),
                        name="chk_background_tasks_execution_time_seconds",
                        violation_error_message="execution_time_seconds must be at least 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalApiLog",
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
                ("api_provider", models.CharField(db_comment="Provider", max_length=50)),
                ("endpoint", models.CharField(db_comment="Path called, without keys", max_length=255)),
                (
                    "http_method",
                    models.CharField(
                        choices=[
                            ("GET", "Get"),
                            ("POST", "Post"),
                            ("PUT", "Put"),
                            ("PATCH", "Patch"),
                            ("DELETE", "Delete"),
                            ("HEAD", "Head"),
                            ("OPTIONS", "Options"),
                        ],
                        db_comment="Method",
                        max_length=10,
                    ),
                ),
                ("response_status", models.IntegerField(db_comment="HTTP status; 0 = no answer (timeout, DNS, TLS)")),
                ("response_time_ms", models.DecimalField(db_comment="Duration, ms", decimal_places=3, max_digits=12)),
            ],
            options={
                "verbose_name": "outside call",
                "verbose_name_plural": "outside calls",
                "db_table": "external_api_logs",
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["created_at"], name="idx_ext_logs_created_brin"),
                    models.Index(fields=["api_provider", "-created_at"], name="idx_ext_logs_provider_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("http_method__in", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
                        ),
                        name="chk_external_api_logs_http_method",
                        violation_error_message="http_method is none of: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("response_status", 0), ("response_status__range", (100, 599)), _connector="OR"
                        ),
                        name="chk_external_api_logs_response_status",
                        violation_error_message="An HTTP status lies between 100 and 599; 0 means no answer.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("response_time_ms__gte", 0)),
                        name="chk_external_api_logs_response_time_ms",
                        violation_error_message="response_time_ms must be at least 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PipelineRun",
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
                ("series", models.CharField(db_comment="live, or the name of a replay", default="live", max_length=40)),
                (
                    "timeframe",
                    models.CharField(
                        choices=[("1h", "1h"), ("4h", "4h"), ("1d", "1d"), ("1w", "1w")],
                        db_comment="Timeframe of the run",
                        max_length=10,
                    ),
                ),
                ("as_of", models.DateTimeField(db_comment="Moment whose knowledge the run used")),
                (
                    "status",
                    models.CharField(
                        choices=[("running", "running"), ("done", "done"), ("failed", "failed")],
                        db_comment="State",
                        default="running",
                        max_length=10,
                    ),
                ),
                (
                    "code_version",
                    models.CharField(blank=True, db_comment="Version of the program", max_length=50, null=True),
                ),
                (
                    "configuration",
                    models.JSONField(
                        blank=True, db_comment="Configuration values that the run used", default=dict, null=True
                    ),
                ),
                (
                    "model_versions",
                    models.JSONField(
                        blank=True, db_comment="Model versions that served, by model type", default=dict, null=True
                    ),
                ),
                (
                    "counts",
                    models.JSONField(
                        blank=True, db_comment="Rows written and seconds taken by stage", default=dict, null=True
                    ),
                ),
                ("error", models.TextField(blank=True, db_comment="Why it failed", null=True)),
                (
                    "started_at",
                    models.DateTimeField(db_comment="Start", db_default=django.db.models.functions.datetime.Now()),
                ),
                ("finished_at", models.DateTimeField(blank=True, db_comment="End", null=True)),
            ],
            options={
                "verbose_name": "pipeline run",
                "verbose_name_plural": "pipeline runs",
                "db_table": "pipeline_runs",
                "indexes": [models.Index(fields=["timeframe", "-as_of"], name="idx_pipeline_runs_as_of")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("series", "timeframe", "as_of"),
                        name="unique_pipeline_run",
                        violation_error_message="This run exists already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("timeframe__in", ["1h", "4h", "1d", "1w"])),
                        name="chk_pipeline_runs_timeframe",
                        violation_error_message="timeframe is none of: 1h, 4h, 1d, 1w.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["running", "done", "failed"])),
                        name="chk_pipeline_runs_status",
                        violation_error_message="status is none of: running, done, failed.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SystemConfig",
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
                ("key", models.CharField(db_comment="Name of the setting group", max_length=100, unique=True)),
                ("value", models.JSONField(db_comment="Value", default=dict)),
                ("description", models.TextField(blank=True, db_comment="Meaning", null=True)),
                (
                    "updated_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="updated_by",
                        db_comment="Admin who changed it",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "setting",
                "verbose_name_plural": "settings",
                "db_table": "system_config",
            },
        ),
        migrations.CreateModel(
            name="SystemHealth",
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
                    "check_time",
                    models.DateTimeField(
                        db_comment="When checked", db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "api_status",
                    models.JSONField(
                        blank=True,
                        db_comment="{layer1:'healthy', ..., layer4:'warning'} and services",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "database_status",
                    models.JSONField(blank=True, db_comment="Connections, latency, size", default=dict, null=True),
                ),
                (
                    "ml_models_status",
                    models.JSONField(
                        blank=True, db_comment="{active_models, training_models, error_models}", default=dict, null=True
                    ),
                ),
                (
                    "data_pipeline_status",
                    models.JSONField(blank=True, db_comment="Freshness per source", default=dict, null=True),
                ),
                (
                    "overall_health_score",
                    models.DecimalField(blank=True, db_comment="0-100", decimal_places=2, max_digits=5, null=True),
                ),
                (
                    "performance_metrics",
                    models.JSONField(
                        blank=True, db_comment="CPU, memory, queue length, latencies", default=dict, null=True
                    ),
                ),
                ("error_logs", models.JSONField(blank=True, db_comment="Recent errors", default=list, null=True)),
            ],
            options={
                "verbose_name": "health check",
                "verbose_name_plural": "health checks",
                "db_table": "system_health",
                "indexes": [models.Index(fields=["-check_time"], name="idx_system_health_time")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("overall_health_score__range", (0, 100))),
                        name="chk_system_health_overall_health_score",
                        violation_error_message="overall_health_score must lie between 0 and 100.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiRequestLog",
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
                    "endpoint",
                    models.CharField(db_comment="Route template, without query string and secrets", max_length=255),
                ),
                (
                    "http_method",
                    models.CharField(
                        choices=[
                            ("GET", "Get"),
                            ("POST", "Post"),
                            ("PUT", "Put"),
                            ("PATCH", "Patch"),
                            ("DELETE", "Delete"),
                            ("HEAD", "Head"),
                            ("OPTIONS", "Options"),
                        ],
                        db_comment="Method",
                        max_length=10,
                    ),
                ),
                ("response_status", models.IntegerField(db_comment="HTTP status")),
                ("response_time_ms", models.DecimalField(db_comment="Duration, ms", decimal_places=3, max_digits=12)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Caller, if authenticated",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API request",
                "verbose_name_plural": "API requests",
                "db_table": "api_request_logs",
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["created_at"], name="idx_api_logs_created_brin"),
                    models.Index(fields=["user", "-created_at"], name="idx_api_logs_user_time"),
                    models.Index(fields=["endpoint", "-created_at"], name="idx_api_logs_endpoint_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("http_method__in", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
                        ),
                        name="chk_api_request_logs_http_method",
                        violation_error_message="http_method is none of: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("response_status__range", (100, 599))),
                        name="chk_api_request_logs_response_status",
                        violation_error_message="response_status must lie between 100 and 599.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("response_time_ms__gte", 0)),
                        name="chk_api_request_logs_response_time_ms",
                        violation_error_message="response_time_ms must be at least 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditLog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table_name", models.CharField(db_comment="Table changed", max_length=50)),
                ("record_id", models.BigIntegerField(blank=True, db_comment="Id of the row changed", null=True)),
                (
                    "operation",
                    models.CharField(
                        choices=[
                            ("INSERT", "INSERT"),
                            ("UPDATE", "UPDATE"),
                            ("DELETE", "DELETE"),
                            ("ACTION", "ACTION"),
                        ],
                        db_comment="Operation",
                        max_length=10,
                    ),
                ),
                (
                    "details",
                    models.TextField(
                        blank=True,
                        db_comment="What was done, in words (model_audit_logs.action_type / action_details)",
                        null=True,
                    ),
                ),
                (
                    "old_values",
                    models.JSONField(blank=True, db_comment="Row before (changed columns; secrets masked)", null=True),
                ),
                (
                    "new_values",
                    models.JSONField(blank=True, db_comment="Row after (changed columns; secrets masked)", null=True),
                ),
                ("ip_address", models.GenericIPAddressField(blank=True, db_comment="Client address", null=True)),
                (
                    "changed_at",
                    models.DateTimeField(db_comment="When", db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="changed_by",
                        db_comment="Who; NULL = system",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit log",
                "db_table": "audit_log",
                "indexes": [
                    models.Index(fields=["table_name", "record_id", "-changed_at"], name="idx_audit_log_record"),
                    models.Index(fields=["changed_by", "-changed_at"], name="idx_audit_log_user_time"),
                    django.contrib.postgres.indexes.BrinIndex(fields=["changed_at"], name="idx_audit_log_changed_brin"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("operation__in", ["INSERT", "UPDATE", "DELETE", "ACTION"])),
                        name="chk_audit_log_operation",
                        violation_error_message="operation is none of: INSERT, UPDATE, DELETE, ACTION.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxEvent",
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
                    "topic",
                    models.CharField(
                        db_comment="Kind of event, e.g. pipeline.done, suggestion.reviewed", max_length=50
                    ),
                ),
                ("payload", models.JSONField(db_comment="What happened, as the message shows it", default=dict)),
                (
                    "sent_at",
                    models.DateTimeField(blank=True, db_comment="When the sweep sent it; NULL = waiting", null=True),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Only recipient; NULL = everybody who may see the topic",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "db_table": "outbox_events",
                "indexes": [
                    models.Index(
                        condition=models.Q(("sent_at__isnull", True)), fields=["id"], name="idx_outbox_waiting"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SystemConfigHistory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_comment="Name of the setting group", max_length=100)),
                ("value", models.JSONField(db_comment="Value during the interval")),
                ("valid_from", models.DateTimeField(db_comment="In force since (UTC)")),
                (
                    "valid_to",
                    models.DateTimeField(blank=True, db_comment="In force until (exclusive); NULL = still", null=True),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="changed_by",
                        db_comment="Admin who set it; NULL = default",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "past setting",
                "verbose_name_plural": "past settings",
                "db_table": "system_config_history",
                "indexes": [models.Index(fields=["key", "-valid_from"], name="idx_config_history_key_from")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__lt", models.F("valid_to"))),
                        name="chk_config_history_interval",
                        violation_error_message="A value ends after it starts.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to__isnull", True)),
                        fields=("key",),
                        name="unique_config_history_current",
                        violation_error_message="This group has a value in force already.",
                    ),
                ],
            },
        ),
    ]
    operations = together(operations)
