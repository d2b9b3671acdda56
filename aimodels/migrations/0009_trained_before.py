"""A forecast is made by a version that has seen nothing from after the moment it forecasts from."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("aimodels", "0008_model_trials")]

    operations = [
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("training_data_end__lte", models.F("as_of"))),
                name="chk_prediction_trained_before",
                violation_error_message="A model may not have seen data from after the moment it forecasts from.",
            ),
        ),
    ]
