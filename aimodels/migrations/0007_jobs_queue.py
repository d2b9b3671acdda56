"""Jobs are leased to workers, resume from checkpoints, and come from schedules."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from system.together import together


class Migration(migrations.Migration):
    dependencies = [
        ("aimodels", "0006_ledger_chain"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="modeljob",
            name="attempts",
            field=models.IntegerField(db_comment="How often a worker has taken it", db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="modeljob",
            name="available_at",
            field=models.DateTimeField(
                blank=True, db_comment="Not taken before, UTC (pause before a retry); NULL = at once", null=True
            ),
        ),
        migrations.AddField(
            model_name="modeljob",
            name="checkpoint",
            field=models.JSONField(
                blank=True, db_comment="What it resumes from; NULL = it begins at the beginning", null=True
            ),
        ),
        migrations.AddField(
            model_name="modeljob",
            name="due_at",
            field=models.DateTimeField(
                blank=True, db_comment="Time of the schedule that it stands for, UTC; NULL = no schedule", null=True
            ),
        ),
        migrations.AddField(
            model_name="modeljob",
            name="heartbeat_at",
            field=models.DateTimeField(
                blank=True, db_comment="Last sign of life of its worker, UTC; NULL = never taken", null=True
            ),
        ),
        migrations.AddField(
            model_name="modeljob",
            name="lease_until",
            field=models.DateTimeField(
                blank=True, db_comment="Until when it belongs to its worker, UTC; NULL = nobody works on it", null=True
            ),
        ),
        migrations.AddField(
            model_name="modeljob",
            name="schedule",
            field=models.ForeignKey(
                blank=True,
                db_comment="Recurring job that it comes from; NULL = asked for once",
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="jobs",
                to="aimodels.modeljob",
            ),
        ),
        migrations.AddField(
            model_name="modeljob",
            name="stop_requested",
            field=models.CharField(
                blank=True,
                choices=[("cancel", "cancel"), ("pause", "pause")],
                db_comment="What its worker was asked to do; NULL = to go on",
                max_length=10,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="modeljob",
            name="taken_at",
            field=models.DateTimeField(
                blank=True, db_comment="When it was taken last, UTC; NULL = nobody works on it", null=True
            ),
        ),
        migrations.AddField(
            model_name="modeljob",
            name="worker",
            field=models.CharField(
                blank=True, db_comment="Worker that took it last; NULL = none has", max_length=100, null=True
            ),
        ),
        migrations.AddIndex(
            model_name="modeljob",
            index=models.Index(
                condition=models.Q(("job_status", "running")), fields=["lease_until"], name="idx_model_jobs_lease"
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("job_status", "running"), ("lease_until__isnull", False), ("taken_at__isnull", False)),
                    models.Q(
                        models.Q(("job_status", "running"), _negated=True),
                        ("lease_until__isnull", True),
                        ("taken_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="chk_model_job_lease",
                violation_error_message="A job is leased to a worker exactly while it runs.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("stop_requested__isnull", True), ("job_status", "running"), _connector="OR"),
                name="chk_model_job_stop_running",
                violation_error_message="Only a running job is asked to stop.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_at__isnull", True), ("schedule__isnull", True)),
                    models.Q(("due_at__isnull", False), ("is_recurring", False), ("schedule__isnull", False)),
                    _connector="OR",
                ),
                name="chk_model_job_tick",
                violation_error_message="A job of a schedule stands for one time of it, and is no schedule.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_recurring", False),
                    models.Q(("cron_schedule__isnull", False), ("job_status__in", ["pending", "paused", "cancelled"])),
                    _connector="OR",
                ),
                name="chk_model_job_schedule_state",
                violation_error_message="A schedule has a cron expression and is pending, paused or cancelled.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.UniqueConstraint(
                fields=("schedule", "due_at"),
                name="unique_model_job_tick",
                violation_error_message="The job of this time of the schedule exists already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("attempts__gte", 0)),
                name="chk_model_jobs_attempts",
                violation_error_message="attempts must be at least 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("stop_requested__in", ["cancel", "pause"])),
                name="chk_model_jobs_stop_requested",
                violation_error_message="stop_requested is none of: cancel, pause.",
            ),
        ),
    ]
    operations = together(operations)
