"""The last change of a list, which can be taken back; limits that lists have had."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from system.together import together


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0007_asset_writes"),
        ("selection", "0004_lots"),
        ("system", "0002_triggers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WatchlistLimitHistory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "max_assets",
                    models.IntegerField(
                        blank=True,
                        db_comment="Largest number of entries then; NULL = that of the settings of then",
                        null=True,
                    ),
                ),
                ("valid_from", models.DateTimeField(db_comment="In force since (UTC)")),
                ("valid_to", models.DateTimeField(db_comment="In force until (exclusive)")),
            ],
            options={
                "verbose_name": "past limit of a list",
                "verbose_name_plural": "past limits of lists",
                "db_table": "watchlist_limit_history",
            },
        ),
        migrations.AddField(
            model_name="watchlist",
            name="last_change",
            field=models.ForeignKey(
                blank=True,
                db_comment="Row of the audit trail of the last change of the list or its entries: what undo takes back",
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="system.auditlog",
            ),
        ),
        migrations.AddIndex(
            model_name="watchlistassethistory",
            index=models.Index(fields=["watchlist", "series", "valid_to"], name="idx_watchlist_history_end"),
        ),
        migrations.AddField(
            model_name="watchlistlimithistory",
            name="changed_by",
            field=models.ForeignKey(
                blank=True,
                db_column="changed_by",
                db_comment="Who ended it",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="watchlistlimithistory",
            name="watchlist",
            field=models.ForeignKey(
                db_comment="List",
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="limits",
                to="selection.watchlist",
            ),
        ),
        migrations.AddConstraint(
            model_name="watchlistlimithistory",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_from__lt", models.F("valid_to"))),
                name="chk_watchlist_limit_interval",
                violation_error_message="A limit ends after it starts.",
            ),
        ),
        migrations.AddConstraint(
            model_name="watchlistlimithistory",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_assets__gt", 0)),
                name="chk_watchlist_limit_max_assets",
                violation_error_message="max_assets must be above 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="watchlistlimithistory",
            constraint=models.UniqueConstraint(
                fields=("watchlist", "valid_to"),
                name="unique_watchlist_limit_end",
                violation_error_message="A limit of this list ends then already.",
            ),
        ),
    ]
    operations = together(operations)
