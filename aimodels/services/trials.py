"""The count of what was tried: every variant is a row, and so is every look at a final block."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from accounts.services.notifications import lock_key
from aimodels.models import ModelTrial
from system.services import plain


@dataclass(frozen=True)
class Touched:
    """What a generation has used up before.

    Attributes:
        looked: the end of the newest block that was looked at; None = none was.
        learned: the start of the newest final block: what lies before was chosen by; None = nothing was tried.
    """

    looked: datetime | None
    learned: datetime | None

    def until(self, outcome: timedelta) -> datetime | None:
        """The first moment that nothing was chosen by, nor any outcome that reaches into it; None = all of them.

        Args:
            outcome: how long after the end of a block its last outcome was known.
        """
        ends = [None if self.looked is None else self.looked + outcome, self.learned]
        return max((end for end in ends if end is not None), default=None)


@transaction.atomic
def keep_trial(name: str, generation: str, digest: str, *, as_of: datetime, values: Mapping[str, Any]) -> ModelTrial:
    """The row of a variant as it was tried on the knowledge of a moment; the same again is the same row.

    Args:
        digest: of the variant.
        values: the other columns.
    """
    _lock(name)
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


def touched_before(name: str, generation: str, as_of: datetime) -> Touched:
    """What the trainings had used up that were begun before the first one of this moment: one that is taken up again
    finds what it found."""
    rows = ModelTrial.objects.filter(name=name, generation=generation)
    first = rows.filter(as_of=as_of).order_by("number").values_list("number", flat=True).first()
    return _touched(rows if first is None else rows.filter(number__lt=first))


@transaction.atomic
def claim_look(
    trial: ModelTrial, span: tuple[datetime, datetime], digest: str, *, outcome: timedelta
) -> Touched | None:
    """Note a look at a final block before it happens, so that no look is lost.

    Args:
        span: the block in time.
        digest: of the data that are learned from and looked at.
        outcome: how long after the end of a block its last outcome is known.
    Returns:
        None: it may be looked at. The same variant as of the same moment may do so again on the same data, as a
        training that is taken up again does. Otherwise what was used up, by all others, whenever they were made.
    """
    _lock(trial.name)
    trial.refresh_from_db()
    others = ModelTrial.objects.filter(name=trial.name, generation=trial.generation)
    if trial.final_read_at is not None:
        is_same = (trial.final_from, trial.final_to, trial.data_hash) == (*span, digest)
        return None if is_same else _touched(others)
    touched = _touched(others.exclude(pk=trial.pk))
    until = touched.until(outcome)
    if until is not None and until > span[0]:
        return touched
    trial.final_from, trial.final_to = span
    trial.final_read_at, trial.data_hash = timezone.now(), digest
    trial.save(update_fields=["final_from", "final_to", "final_read_at", "data_hash"])
    return None


def _touched(rows: Any) -> Touched:
    found = rows.aggregate(looked=Max("final_to", filter=Q(final_read_at__isnull=False)), learned=Max("final_from"))
    return Touched(found["looked"], found["learned"])


def _lock(name: str) -> None:
    """One writer of the trials of a name at a time, until the transaction ends."""
    lock_key(f"trials of {name}")


def final_uses(trial: ModelTrial) -> int:
    """How many looks of its generation there were at the block of a trial, or at a part of it, when it looked, its own
    among them."""
    return ModelTrial.objects.filter(
        name=trial.name,
        generation=trial.generation,
        final_read_at__lte=trial.final_read_at,
        final_from__lt=trial.final_to,
        final_to__gt=trial.final_from,
    ).count()


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


def frozen_variant(name: str, generation: str, *, as_of: datetime, final_from: datetime) -> ModelTrial | None:
    """The variant that this generation has tested last: its settings and features stand until others are asked for.
    One that was tested on a later block does not count: what was chosen for it knows this one."""
    return (
        ModelTrial.objects.filter(
            name=name,
            generation=generation,
            final_read_at__isnull=False,
            final_from__lte=final_from,
            as_of__lte=as_of,
        )
        .order_by("-final_to", "-final_read_at")
        .first()
    )
