"""Model versions: which exist and which is in force."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
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


def version_in_force(name: str, as_of: datetime) -> AIModel | None:
    """The trained version of that name which may serve at ``as_of``: the one that was active then; before the first
    activation of any, the walk-forward fold that covers the moment. None where there is none, or where it was trained
    on data of later days: the rules serve then.
    """
    activations = ModelActivation.objects.filter(model__name=name)
    moment = as_of.astimezone(UTC).isoformat()
    first = activations.order_by("valid_from").values_list("valid_from", flat=True).first()
    if first is None:
        return None
    if as_of >= first:
        active = (
            activations.exclude(valid_from__gt=as_of)
            .exclude(valid_to__lte=as_of)
            .select_related("model")
            .order_by("-valid_from")
            .first()
        )
        found = active.model if active else None
    else:
        found = (
            AIModel.objects.filter(
                name=name, training_data_range__serves_from__lte=moment,
                training_data_range__serves_to__gt=moment,
            )
            .order_by("-created_at", "-pk")
            .first()
        )  # fmt: skip
    return found if found is not None and trained_until(found) <= as_of else None


def trained_until(model: AIModel) -> datetime:
    """The moment up to which a version has seen data.

    Raises:
        KeyError: the version does not say: it is none that was trained.
    """
    return datetime.fromisoformat((model.training_data_range or {})["end_date"])


@dataclass(frozen=True)
class TrainedModel:
    """A version as its training registers it.

    Attributes:
        name, version, model_type, target: as in the registry.
        path: of its file in the model store.
        trained_from, trained_until: the data it has seen.
        samples: it was trained on.
        configuration, metrics: JSON.
        serves: interval that it judged walk-forward, for a fold.
        columns: values of further columns.
        span: further facts about the data it has seen.
    """

    name: str
    version: str
    model_type: ModelType
    target: str
    path: str
    trained_from: datetime
    trained_until: datetime
    samples: int
    configuration: dict[str, Any]
    metrics: dict[str, Any]
    serves: tuple[datetime, datetime] | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    span: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def register_trained(trained: TrainedModel) -> AIModel:
    """The row of a trained version, inactive. The same again changes nothing. Where a person has to put versions of
    this model into force, so it is with the new one."""
    span = trained.span | {
        "start_date": trained.trained_from.isoformat(),
        "end_date": trained.trained_until.isoformat(),
        "total_samples": trained.samples,
    }
    if trained.serves is not None:
        span |= {"serves_from": trained.serves[0].isoformat(), "serves_to": trained.serves[1].isoformat()}
    values = {
        "architecture": "ensemble",
        "model_type": trained.model_type,
        "status": ModelStatus.INACTIVE,
        "configuration": trained.configuration,
        "performance_metrics": trained.metrics,
        "training_data_range": span,
        "training_data_timeframe": Timeframe.D1,
        "target_variable": trained.target,
        "model_file_path": trained.path,
        "framework": "scikit-learn, hmmlearn",
        "last_trained": timezone.now(),
        "requires_manual_approval": _needs_approval(trained),
    }
    model, _created = AIModel.objects.get_or_create(
        name=trained.name, version=trained.version, defaults=values | trained.columns
    )
    return model


def _needs_approval(trained: TrainedModel) -> bool:
    """What admins have said of the version that serves, or of the newest."""
    versions = AIModel.objects.filter(name=trained.name, model_type=trained.model_type)
    known = (versions.filter(is_active=True).first(), versions.order_by("-created_at", "-pk").first())
    return any(one.requires_manual_approval for one in known if one is not None)
