"""A table of what the forecasts of each moment add up to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("aimodels", "0012_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="PredictionSum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "series",
                    models.CharField(
                        db_comment="live, or the name of a replay, as the forecasts have it", max_length=40
                    ),
                ),
                ("layer_source", models.IntegerField(db_comment="AI layer, 1-4, as the forecasts have it")),
                (
                    "market",
                    models.CharField(
                        choices=[("real", "real market"), ("demo", "demo market")],
                        db_comment="Market of their assets",
                        max_length=10,
                    ),
                ),
                ("as_of", models.DateTimeField(db_comment="Moment whose knowledge they used, UTC")),
                ("prediction_horizon", models.IntegerField(db_comment="Horizon, hours")),
                ("model_name", models.CharField(db_comment="Model name, as the forecasts have it", max_length=50)),
                (
                    "market_conditions",
                    models.CharField(
                        blank=True,
                        db_comment="Regime word at prediction time; empty = none",
                        db_default="",
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "bin",
                    models.SmallIntegerField(
                        blank=True,
                        db_comment="Twentieth of the probability of a rise, 0-19; NULL = no scored direction",
                        null=True,
                    ),
                ),
                (
                    "issued",
                    models.IntegerField(
                        db_comment="Forecasts written before their target, or of a replay", db_default=0, default=0
                    ),
                ),
                (
                    "late",
                    models.IntegerField(
                        db_comment="Forecasts written after it; they count nowhere else", db_default=0, default=0
                    ),
                ),
                ("scored", models.IntegerField(db_comment="Those of issued with an outcome", db_default=0, default=0)),
                ("n", models.IntegerField(db_comment="Those of scored with a Brier score", db_default=0, default=0)),
                ("hits", models.IntegerField(db_comment="Those of n that came true", db_default=0, default=0)),
                ("rises", models.IntegerField(db_comment="Those of n whose price rose", db_default=0, default=0)),
                (
                    "chance",
                    models.DecimalField(
                        db_comment="Probabilities of a rise, added up, of those with a bin",
                        db_default=0,
                        decimal_places=18,
                        default=0,
                        max_digits=38,
                    ),
                ),
                (
                    "brier",
                    models.DecimalField(
                        db_comment="Brier scores, added up", db_default=0, decimal_places=18, default=0, max_digits=38
                    ),
                ),
                (
                    "brier_naive",
                    models.DecimalField(
                        db_comment="The same of the naive probabilities",
                        db_default=0,
                        decimal_places=18,
                        default=0,
                        max_digits=38,
                    ),
                ),
                (
                    "n_intervals",
                    models.IntegerField(
                        db_comment="Those of scored with an interval of 90 percent", db_default=0, default=0
                    ),
                ),
                (
                    "in_interval_90",
                    models.IntegerField(
                        db_comment="Prices between the quantiles 0.05 and 0.95", db_default=0, default=0
                    ),
                ),
                (
                    "in_interval_50",
                    models.IntegerField(
                        db_comment="Prices between the quantiles 0.25 and 0.75", db_default=0, default=0
                    ),
                ),
                (
                    "pinball",
                    models.DecimalField(
                        db_comment="Mean pinball losses, added up",
                        db_default=0,
                        decimal_places=18,
                        default=0,
                        max_digits=38,
                    ),
                ),
                (
                    "pinball_naive",
                    models.DecimalField(
                        db_comment="The same of the naive quantiles",
                        db_default=0,
                        decimal_places=18,
                        default=0,
                        max_digits=38,
                    ),
                ),
            ],
            options={
                "verbose_name": "sum over forecasts",
                "verbose_name_plural": "sums over forecasts",
                "db_table": "prediction_sums",
                "indexes": [
                    models.Index(fields=["series", "layer_source", "as_of"], name="idx_prediction_sums_moment")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("market__in", ["real", "demo"])),
                        name="chk_prediction_sums_market",
                        violation_error_message="market is none of: real, demo.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("prediction_horizon__gt", 0)),
                        name="chk_prediction_sums_prediction_horizon",
                        violation_error_message="prediction_horizon must be above 0.",
                    ),
                ],
            },
        ),
    ]
