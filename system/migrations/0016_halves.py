"""Entries of the audit are hashed in two halves, of which the first is checked even where the second was taken away."""

from django.db import migrations, models

from system.trail_chain import IN_HALVES, IN_ONE


class Migration(migrations.Migration):
    dependencies = [("system", "0015_trace_of_task")]
    operations = [
        migrations.AddField(
            model_name="rowchangelink",
            name="values_hash",
            field=models.CharField(
                blank=True,
                db_comment="SHA-256 of the values before and after, with the salt; NULL = all have one hash",
                max_length=64,
                null=True,
            ),
        ),
        migrations.RunSQL(IN_HALVES, IN_ONE),
    ]
