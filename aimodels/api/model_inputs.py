"""What admins send about model versions and their evaluations."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from aimodels.choices import (
    TRAINING_TIMEFRAMES,
    DeploymentEnvironment,
    EvaluationRegime,
    EvaluationType,
    ModelType,
)
from aimodels.models import AIModel
from aimodels.services.tuning import LEAST_SHARE, MOST, MOST_SHARE
from system.rest import JSONObjectField
from system.rest.inputs import InputSerializer
from system.rest.serializers import NumberField

WORDS = 20_000
EMPTY: dict[str, Any] = {"required": False, "allow_null": True}
SHARE = {"max_digits": 8, "decimal_places": 6, "min_value": 0, "max_value": 1, **EMPTY}


def longest(column: str) -> int | None:
    """Characters that a column of a version holds."""
    return next(field.max_length for field in AIModel._meta.concrete_fields if field.name == column)


class ModelLimitsSerializer(InputSerializer):
    """Limits and descriptions of a version."""

    training_notes = serializers.CharField(**EMPTY, max_length=WORDS, help_text="Notes on training")
    framework = serializers.CharField(**EMPTY, max_length=longest("framework"), help_text="ML framework")
    input_schema = JSONObjectField(**EMPTY, help_text="What it is given")
    output_schema = JSONObjectField(**EMPTY, help_text="What it answers")
    deployment_environment = serializers.ChoiceField(
        choices=DeploymentEnvironment.choices, **EMPTY, help_text="Environment"
    )
    min_confidence_threshold = NumberField(
        4,
        2,
        required=False,
        min_value=0,
        max_value=1,
        help_text="Least confidence of a valid forecast, 0-1",
    )
    max_predictions_per_hour = serializers.IntegerField(
        **EMPTY, min_value=1, max_value=2**31 - 1, help_text="Forecasts that people may ask for within an hour"
    )
    requires_manual_approval = serializers.BooleanField(
        **EMPTY, help_text="No version of this model serves before an admin has put it into force"
    )


class NewModelSerializer(ModelLimitsSerializer):
    """A version that was made elsewhere, or what of it is to change."""

    name = serializers.CharField(max_length=longest("name"), help_text="Name, shared by all versions")
    version = serializers.CharField(max_length=longest("version"), help_text="Version, such as v1.0.0")
    architecture = serializers.CharField(max_length=longest("architecture"), help_text="Architecture")
    model_type = serializers.ChoiceField(choices=ModelType.choices, help_text="Layer it serves")
    training_data_timeframe = serializers.ChoiceField(
        choices=TRAINING_TIMEFRAMES, help_text="Interval of the training data"
    )
    target_variable = serializers.CharField(max_length=longest("target_variable"), help_text="Target")
    configuration = JSONObjectField(required=False, help_text="Algorithm, hyperparameters, preprocessing")
    training_features = JSONObjectField(required=False, help_text="Features by kind")
    training_data_range = JSONObjectField(required=False, help_text="start_date, end_date and counts of samples")
    model_file_path = serializers.CharField(
        **EMPTY, max_length=longest("model_file_path"), help_text="Name of its file in the model store"
    )


class RetrainSerializer(InputSerializer):
    """A training that is ordered."""

    training_data_days = serializers.IntegerField(
        **EMPTY, min_value=1, max_value=MOST["days"], help_text="Newest days that are learned from; left out: all"
    )
    validation_split = serializers.FloatField(
        **EMPTY, min_value=LEAST_SHARE, max_value=MOST_SHARE, help_text="Share of the time that is the untouched block"
    )
    hyperparameters = JSONObjectField(
        required=False, help_text="kinds: learners that are compared; optimise: trials of settings; seed"
    )


class ReasonSerializer(InputSerializer):
    """Why."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, help_text="For the audit trail")


class ResultsSerializer(InputSerializer):
    """Figures of an evaluation that was made elsewhere."""

    accuracy = NumberField(**SHARE)
    precision_score = NumberField(**SHARE)
    recall = NumberField(**SHARE)
    f1_score = NumberField(**SHARE)
    win_rate = NumberField(**SHARE)
    max_drawdown = NumberField(**SHARE)
    profit_factor = NumberField(10, 4, min_value=0, **EMPTY)
    sharpe_ratio = NumberField(10, 6, **EMPTY)
    total_return = NumberField(10, 4, **EMPTY, help_text="percent")
    mse = NumberField(30, 10, min_value=0, **EMPTY)
    mae = NumberField(30, 10, min_value=0, **EMPTY)
    r2_score = NumberField(14, 6, max_value=1, **EMPTY)
    sample_count = serializers.IntegerField(min_value=1, max_value=2**31 - 1, **EMPTY)
    market_regime = serializers.ChoiceField(choices=EvaluationRegime.choices, **EMPTY)
    detailed_metrics = JSONObjectField(required=False)
    evaluation_notes = serializers.CharField(**EMPTY, max_length=WORDS)
    recommendations = serializers.CharField(**EMPTY, max_length=WORDS)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Something has to be told."""
        if all(value is None for value in given.values()):
            raise serializers.ValidationError(_("There are no results among these."))
        return given


class NewEvaluationSerializer(InputSerializer):
    """An evaluation: one that is to be made, or the results of one that was."""

    evaluation_type = serializers.ChoiceField(
        choices=[one for one in EvaluationType.choices if one[0] != EvaluationType.JOB_TRIGGERED], help_text="Kind"
    )
    start_date = serializers.DateField(**EMPTY, help_text="First day; needed without results")
    end_date = serializers.DateField(**EMPTY, help_text="The day after the last one; needed without results")
    results = ResultsSerializer(**EMPTY)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Days are needed where there are no results yet."""
        if given.get("results") is None:
            missing = [name for name in ("start_date", "end_date") if given.get(name) is None]
            if missing:
                raise serializers.ValidationError({name: [_("This field is required.")] for name in missing})
        elif given.get("start_date") and given.get("end_date") and given["start_date"] >= given["end_date"]:
            raise serializers.ValidationError({"end_date": [_("The end must lie after the start.")]})
        return given


class EvaluationChangeSerializer(InputSerializer):
    """What people add to an evaluation."""

    evaluation_status = serializers.ChoiceField(
        choices=["invalidated"], required=False, help_text="Declares it invalid"
    )
    evaluation_notes = serializers.CharField(**EMPTY, max_length=WORDS, help_text="Notes")
    recommendations = serializers.CharField(**EMPTY, max_length=WORDS, help_text="Recommendations")
