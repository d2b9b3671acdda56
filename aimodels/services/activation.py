"""Which version serves: the one way into force, and the way out of it. Nobody can force it."""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from aimodels.choices import DeploymentEnvironment, ModelStatus
from aimodels.compute.gates import Failed
from aimodels.models import AIModel, ModelActivation
from aimodels.selectors.gate_words import gate_sentence, gate_sentences
from aimodels.services.artefacts import load_artefact
from aimodels.services.champions import serving_now
from aimodels.services.evidence import failed_words, kept_champion, kept_failures
from aimodels.services.registry import RULES, trained_until
from system.choices import AuditOperation
from system.exceptions import ConflictError, DomainError, NoData
from system.services import record_change

STATE = ("is_active", "status", "deployed_at", "deprecated_at", "deployment_environment")


class GatesFailed(ConflictError):
    """A version did not pass.

    Args:
        model: the version.
        failed: the gates, with their reasons and figures.
    """

    def __init__(self, model: AIModel, failed: list[Failed]) -> None:
        sentences = " ".join(gate_sentences(failed))
        super().__init__(
            _("%(model)s may not serve. %(reasons)s") % {"model": model, "reasons": sentences},
            code="threshold_not_met",
        )
        self.failed = failed

    @property
    def faults(self) -> tuple[DomainError, ...]:
        """Gate by gate, with its figures in the sentence."""
        return tuple(
            ConflictError(gate_sentence(one), field=f"gates.{one.gate.value}", code=one.gate.value)
            for one in self.failed
        )


def activate(model_id: int, *, at: datetime, actor: Any, reason: str = "") -> ModelActivation:
    """Put a trained version into force from ``at`` on; the one before it of the same name ends then.

    The gates are asked again, of the figures that its training kept. Either decision is audited; a refusal is, too, as
    long as the caller's own transaction, if there is one, is not undone.

    Args:
        reason: a sentence for the audit.
    Raises:
        GatesFailed: it did not pass, with the list.
        ConflictError: it would serve days that it was trained on or that are decided already or are to come, its file
            is missing or was changed, it was compared with something else than serves now, it serves already, or a
            person has to decide and ``actor`` is none.
    """
    with transaction.atomic():
        model = _locked(model_id)
        refusal = _refusal(model, at) or _unapproved(model, actor)
        if refusal is None:
            return _put_into_force(model, at, actor, reason)
        _audit(model, actor, "activation refused", {}, _reasons(refusal))
    raise refusal


@transaction.atomic
def demote(
    model_id: int, *, at: datetime, actor: Any, reason: str, failed: list[Failed] | None = None
) -> ModelActivation:
    """Take a version out of force from ``at`` on: the rules serve again.

    Args:
        reason: a sentence.
        failed: gates that its live record did not pass; with them it may not serve again until it is trained anew.
    Raises:
        ConflictError: it is one of rules, is not in force, was put there later than ``at``, or ``at`` is to come.
    """
    model = _locked(model_id)
    if model.architecture == RULES:
        raise ConflictError(_("Rules serve where no trained version does: nothing is below them."), code="wrong_state")
    activation = ModelActivation.objects.filter(model=model, valid_to__isnull=True).first()
    if activation is None or not model.is_active:
        raise ConflictError(_("%(model)s is not in force.") % {"model": model}, code="wrong_state")
    if activation.valid_from is not None and activation.valid_from >= at:
        raise ConflictError(_("%(model)s was put into force later than that.") % {"model": model}, code="wrong_state")
    if (future := _in_future(at)) is not None:
        raise future
    against = failed_words(failed or [])
    activation.valid_to = at
    activation.evidence = activation.evidence | {"ended": {"reason": reason, "failed": against}}
    activation.save(update_fields=["valid_to", "evidence"])
    health = model.health_status or {}
    if against:
        model.health_status = health | {"status": "demoted", "failed": against}
    _set(model, actor, f"demoted: {reason}", is_active=False, status=ModelStatus.DEPRECATED, deprecated_at=at)
    model.save(update_fields=["health_status"])
    return activation


@transaction.atomic
def deprecate(model_id: int, *, actor: Any) -> AIModel:
    """Mark a version that does not serve as one that is not to be used any more. What it said stays.

    Raises:
        ConflictError: it is in force, or is marked already.
    """
    model = _locked(model_id)
    if model.is_active:
        raise ConflictError(
            _("%(model)s is in force: take it out of force first.") % {"model": model}, code="active_model"
        )
    if model.status == ModelStatus.DEPRECATED:
        raise ConflictError(_("%(model)s is deprecated already.") % {"model": model}, code="wrong_state")
    _set(model, actor, "deprecated", status=ModelStatus.DEPRECATED, deprecated_at=timezone.now())
    return model


def _locked(model_id: int) -> AIModel:
    """The version, with the rows of all versions of its name locked: one decision at a time."""
    name, kind = AIModel.objects.values_list("name", "model_type").get(pk=model_id)
    rows = AIModel.objects.select_for_update().filter(name=name, model_type=kind).order_by("pk")
    return next(row for row in rows if row.pk == model_id)


def _refusal(model: AIModel, at: datetime) -> ConflictError | None:
    """Why it may not be put into force at that moment; None if it may."""
    failed = kept_failures(model)
    if failed:
        return GatesFailed(model, failed)
    if model.is_active:
        return ConflictError(_("%(model)s serves already.") % {"model": model}, code="wrong_state")
    return _wrong_time(model, at) or _broken_file(model) or _other_champion(model, at)


def _unapproved(model: AIModel, actor: Any) -> ConflictError | None:
    """Its gates may say what they will: of this model nothing is used before an admin has said so."""
    if actor is not None or not model.requires_manual_approval:
        return None
    return ConflictError(
        _("%(model)s passed every gate and waits for an admin, who puts it into force.") % {"model": model},
        code="needs_approval",
    )


def _wrong_time(model: AIModel, at: datetime) -> ConflictError | None:
    if "serves_from" in (model.training_data_range or {}):
        return ConflictError(_("%(model)s serves replays of its own time alone.") % {"model": model}, code="fold")
    if at < trained_until(model):
        moment = f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
        return ConflictError(
            _("%(model)s was trained on data after %(moment)s UTC.") % {"model": model, "moment": moment},
            code="trained_later",
        )
    if _of_name(model).filter(Q(valid_from__gte=at) | Q(valid_to__gt=at)).exists():
        sentence = _("Another version was put into force, or taken out of it, at that moment or later.")
        return ConflictError(sentence, code="wrong_state")
    return _in_future(at)


def _in_future(at: datetime) -> ConflictError | None:
    if at <= timezone.now():
        return None
    return ConflictError(_("What serves is decided now, not for a moment to come."), code="wrong_state")


def _other_champion(model: AIModel, at: datetime) -> ConflictError | None:
    """What serves is not what it was compared with: nobody knows whether it is better."""
    then = kept_champion(model)
    generation = str((model.configuration or {}).get("generation"))
    if then is None or then == (now := serving_now(model.name, at, generation)):
        return None
    words = {"model": model, "then": then["name"], "now": now["name"]}
    sentence = _("%(model)s was compared with %(then)s, but %(now)s serves by now: train it again.") % words
    return ConflictError(sentence, code="other_champion")


def _broken_file(model: AIModel) -> ConflictError | None:
    try:
        load_artefact(model.model_file_path or "", fresh=True)
    except NoData as error:
        return ConflictError(str(error), code="artefact")
    return None


def _of_name(model: AIModel) -> Any:
    return ModelActivation.objects.filter(model__name=model.name, model__model_type=model.model_type)


def _put_into_force(model: AIModel, at: datetime, actor: Any, reason: str) -> ModelActivation:
    _of_name(model).filter(valid_to__isnull=True).update(valid_to=at)
    for other in AIModel.objects.filter(name=model.name, model_type=model.model_type, is_active=True):
        _set(other, actor, f"replaced by {model}", is_active=False, status=ModelStatus.DEPRECATED, deprecated_at=at)
    _set(
        model, actor, f"activated: {reason}" if reason else "activated", is_active=True, status=ModelStatus.ACTIVE,
        deployed_at=at, deprecated_at=None, deployment_environment=DeploymentEnvironment.PRODUCTION,
    )  # fmt: skip
    scores = (model.performance_metrics or {}).get("validation_scores") or {}
    return ModelActivation.objects.create(model=model, valid_from=at, activated_by=actor, evidence=scores)


def _set(model: AIModel, actor: Any, deed: str, **changes: Any) -> None:
    """Change the state of a version, with its line in the audit."""
    old = {name: getattr(model, name) for name in changes}
    for name, value in changes.items():
        setattr(model, name, value)
    model.save(update_fields=[*changes, "updated_at"])
    _audit(model, actor, deed, old, changes)


def _audit(model: AIModel, actor: Any, deed: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    record_change(model, AuditOperation.ACTION, actor=actor, old=old, new=new, details=f"model: {deed}")


def _reasons(refusal: ConflictError) -> dict[str, Any]:
    failed = failed_words(refusal.failed) if isinstance(refusal, GatesFailed) else []
    return {"asked_at": timezone.now().isoformat(), "reason": str(refusal), "failed_gates": failed}
