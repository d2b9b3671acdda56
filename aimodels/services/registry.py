"""Model versions: which exist and which is in force."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from aimodels.choices import TRAINING_TIMEFRAMES, DeploymentEnvironment, ModelStatus, ModelType
from aimodels.models import AIModel, ModelActivation
from assets.choices import Timeframe
from system.exceptions import NoData

RULES = "rule_based"


@dataclass(frozen=True)
class RuleModel:
    """A version of rules: the baseline of its layer, in force until a model with proven skill takes over.

    ``version`` changes whenever the rules give other results.
    """

    name: str
    version: str
    model_type: ModelType
    target: str
    configuration: dict[str, Any]


@transaction.atomic
def ensure_rules(rules: RuleModel) -> AIModel:
    """The row of a version of rules, active. An older version of the same rules ends. Repeatable."""
    model = AIModel.objects.filter(name=rules.name, version=rules.version).first()
    if model is not None and model.is_active:
        return model
    now = timezone.now()
    older = AIModel.objects.select_for_update().filter(name=rules.name, is_active=True)
    first = not ModelActivation.objects.filter(model__name=rules.name).exists()
    ModelActivation.objects.filter(model__in=older, valid_to__isnull=True).update(valid_to=now)
    older.update(is_active=False, status=ModelStatus.DEPRECATED, deprecated_at=now)
    model, _created = AIModel.objects.update_or_create(
        name=rules.name,
        version=rules.version,
        defaults={
            "architecture": RULES,
            "model_type": rules.model_type,
            "status": ModelStatus.ACTIVE,
            "is_active": True,
            "configuration": {"algorithm": RULES, "hyperparameters": rules.configuration},
            "training_data_timeframe": _timeframe(rules),
            "target_variable": rules.target,
            "deployment_environment": DeploymentEnvironment.PRODUCTION,
            "deployed_at": now,
            "training_notes": "Rules by definition; nothing was trained.",
        },
    )
    ModelActivation.objects.create(
        model=model, valid_from=None if first else now, evidence={"reason": "baseline: rules need no training data"}
    )
    return model


def _timeframe(rules: RuleModel) -> str:
    """Candles that the rules read, as far as the column, which must be filled, has a word for them; days otherwise."""
    timeframe = str(rules.configuration.get("timeframe"))
    return timeframe if timeframe in dict(TRAINING_TIMEFRAMES) else Timeframe.D1.value


def model_in_force(rules: RuleModel, as_of: datetime) -> AIModel:
    """The version of that name which served at ``as_of``: never one that was trained on later data.

    Raises:
        NoData: none was in force; ``bootstrap`` registers the rules.
    """
    activation = (
        ModelActivation.objects.filter(model__name=rules.name)
        .exclude(valid_from__gt=as_of)
        .exclude(valid_to__lte=as_of)
        .select_related("model")
        .order_by("-valid_from")
        .first()
    )
    if activation is None:
        raise NoData(f"No version of {rules.name} was in force then; run: python manage.py bootstrap")
    return activation.model
