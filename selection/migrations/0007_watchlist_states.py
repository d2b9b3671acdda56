"""Past limits become past states: whether a list was in use is kept too, so that a run at a past moment finds it."""

from django.db import migrations, models

from system.together import together


class Migration(migrations.Migration):
    dependencies = [("selection", "0006_portfolio_days")]

    operations = [
        migrations.RemoveConstraint("watchlistlimithistory", "chk_watchlist_limit_interval"),
        migrations.RemoveConstraint("watchlistlimithistory", "chk_watchlist_limit_max_assets"),
        migrations.RemoveConstraint("watchlistlimithistory", "unique_watchlist_limit_end"),
        migrations.RenameModel("WatchlistLimitHistory", "WatchlistStateHistory"),
        migrations.AlterModelTable("watchliststatehistory", "watchlist_state_history"),
        migrations.AlterModelOptions(
            "watchliststatehistory",
            {"verbose_name": "past state of a list", "verbose_name_plural": "past states of lists"},
        ),
        migrations.AlterField(
            "watchliststatehistory",
            "watchlist",
            models.ForeignKey(
                db_comment="List",
                db_index=False,
                on_delete=models.CASCADE,
                related_name="states",
                to="selection.watchlist",
            ),
        ),
        migrations.AddField(
            "watchliststatehistory",
            "is_active",
            models.BooleanField(db_comment="In use then", default=True),
            preserve_default=False,
        ),
        migrations.AlterField("watchliststatehistory", "valid_from", models.DateTimeField(db_comment="So since (UTC)")),
        migrations.AlterField(
            "watchliststatehistory", "valid_to", models.DateTimeField(db_comment="So until (exclusive)")
        ),
        migrations.AddConstraint(
            "watchliststatehistory",
            models.CheckConstraint(
                condition=models.Q(valid_from__lt=models.F("valid_to")),
                name="chk_watchlist_state_interval",
                violation_error_message="A state ends after it starts.",
            ),
        ),
        migrations.AddConstraint(
            "watchliststatehistory",
            models.CheckConstraint(
                condition=models.Q(max_assets__gt=0),
                name="chk_watchlist_state_max_assets",
                violation_error_message="max_assets must be above 0.",
            ),
        ),
        migrations.AddConstraint(
            "watchliststatehistory",
            models.UniqueConstraint(
                fields=["watchlist", "valid_to"],
                name="unique_watchlist_state_end",
                violation_error_message="A state of this list ends then already.",
            ),
        ),
    ]
    operations = together(operations)
