"""The count of what was tried: every variant is a row, and so is every look at an untouched block."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.services.notifications import lock_key
from aimodels.models import ModelTrial
from system.services import plain


@transaction.atomic
def keep_trial(name: str, generation: str, digest: str, *, as_of: datetime, values: Mapping[str, Any]) -> ModelTrial:
    """The row of a variant as it was tried on the knowledge of a moment; the same again is the same row.

    Args:
        digest: of the variant.
        values: the other columns.
    """
    lock_key(f"trials of {name}")
    found = ModelTrial.objects.filter(name=name, generation=generation, settings_hash=digest, as_of=as_of).first()
    if found is not None:
        return found
    last = ModelTrial.objects.filter(name=name).aggregate(last=Max("number"))["last"] or 0
    return ModelTrial.objects.create(
        name=name,
        generation=generation,
        settings_hash=digest,
        as_of=as_of,
        number=last + 1,
        **{column: plain(value) if isinstance(value, dict) else value for column, value in values.items()},
    )


def note_final_read(trial: ModelTrial) -> None:
    """The untouched block is about to be looked at: noted before it happens, so that no look is lost."""
    ModelTrial.objects.filter(pk=trial.pk, final_read_at__isnull=True).update(final_read_at=timezone.now())
    trial.refresh_from_db(fields=["final_read_at"])


def final_uses(trial: ModelTrial) -> int:
    """How many variants of its generation had looked at the block of a trial, or at a part of it, when it did, itself
    among them. The same variant that learned anew is one."""
    return (
        ModelTrial.objects.filter(
            name=trial.name,
            generation=trial.generation,
            final_read_at__lte=trial.final_read_at,
            final_from__lt=trial.final_to,
            final_to__gt=trial.final_from,
        )
        .values("settings_hash")
        .distinct()
        .count()
    )


def trial_count(name: str) -> int:
    """Different variants of a name that were ever tried, of all generations."""
    return ModelTrial.objects.filter(name=name).values("settings_hash").distinct().count()


def sharpe_variance(name: str) -> float:
    """Variance of the Sharpe ratios, per candle, that the variants of a name showed on their folds; 0 with fewer than
    two."""
    rows = ModelTrial.objects.filter(name=name).order_by("number").values_list("settings_hash", "fold_figures")
    ratios = {digest: figures.get("sharpe") for digest, figures in rows}
    known = [ratio for ratio in ratios.values() if ratio is not None]
    return float(np.var(known, ddof=1)) if len(known) > 1 else 0.0


def frozen_variant(name: str, generation: str, final_from: datetime, final_to: datetime) -> ModelTrial | None:
    """The variant that this generation has tested on the block, or on a part of it: its settings are frozen, as another
    choice would be a second look."""
    return (
        ModelTrial.objects.filter(
            name=name,
            generation=generation,
            final_read_at__isnull=False,
            final_from__lt=final_to,
            final_to__gt=final_from,
        )
        .order_by("-final_read_at")
        .first()
    )
