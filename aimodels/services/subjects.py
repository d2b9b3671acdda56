"""What a version is trained for, and what its training came to."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from aimodels.choices import ModelType
from aimodels.compute.gates import Failed
from aimodels.compute.material import Material
from aimodels.compute.report import Report
from aimodels.models import AIModel
from aimodels.services.registry import RuleModel
from assets.compute.periods import LENGTHS


@dataclass(frozen=True)
class SubjectKey:
    """A model that can be trained: its name and its horizon."""

    name: str
    hours: int


@dataclass(frozen=True)
class Subject:
    """What a version is trained for, as its layer hands it in.

    Attributes:
        name, model_type, target: as in the registry.
        timeframe: of the candles that ``material.samples.times`` counts, since 1970: a sample of time ``t`` was made
            at ``t`` times the length of a candle, from candles that had closed by then.
        hours: horizon.
        rules: what serves otherwise.
        material: rows with their outcomes.
        since, until: the data that were seen, ``until`` not after ``as_of``.
        proofs: what ``look_ahead`` and ``warm_up`` found for its features; empty = nothing.
        generation: word for the set of features; another one whenever their meaning changes.
    """

    name: str
    model_type: ModelType
    target: str
    timeframe: str
    hours: int
    rules: RuleModel
    material: Material
    since: datetime
    until: datetime
    proofs: list[Failed] = field(default_factory=list)
    generation: str = "1"

    def moment(self, number: int) -> datetime:
        """The time that a number of candles since 1970 stands for."""
        return datetime.fromtimestamp(number * LENGTHS[self.timeframe].total_seconds(), UTC)

    def number(self, moment: datetime) -> int:
        """The first candle since 1970 that does not open before a moment."""
        return -int(-moment.timestamp() // LENGTHS[self.timeframe].total_seconds())


@dataclass(frozen=True)
class TrainedRun:
    """What a training came to.

    Attributes:
        model: the registered version; not in force.
        failed: what stands against it; empty = it may be put into force.
        folds: figures out of fold of all that were compared; None if a single fold had enough to learn from.
        final: figures on the untouched block; None where it was not looked at, because of what was found before.
    """

    model: AIModel
    failed: list[Failed]
    folds: Report | None
    final: Report | None
