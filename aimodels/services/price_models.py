"""The models that forecast prices: their horizons, names and rules, the same for every layer that has prices."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from aimodels.choices import ModelType
from aimodels.compute.baseline import LEAST_RETURNS, LEVELS, Memory
from aimodels.services.registry import RuleModel
from aimodels.services.serving import Inputs
from aimodels.services.subjects import SubjectKey
from assets.compute.periods import LENGTHS
from system.exceptions import InvalidInput

HORIZONS_HOURS = (4, 24, 72, 168)
MEMORIES = {
    "1h": Memory(0.98, 8, 600),
    "4h": Memory(0.96, 7, 540),
    "1d": Memory(0.94, 7, 365),
    "1w": Memory(0.94, 7, 180),
}
"""Chosen for assets on dailies before 2023 and hours before May 2024, and fixed; those of 4h and 1w lie between and
beyond. Indexes are made of assets, and too few to choose others by."""


def horizons(timeframe: str) -> dict[int, int]:
    """Horizons in hours that candles of a timeframe resolve, and how many candles each has."""
    found = {hours: hours * timedelta(hours=1) / LENGTHS[timeframe] for hours in HORIZONS_HOURS}
    return {hours: int(periods) for hours, periods in found.items() if periods.is_integer()}


def price_rules(name: str, version: str, model_type: ModelType) -> dict[str, RuleModel]:
    """The rules of a layer, a model for each timeframe: runs at the same moment on candles of another length forecast
    something else."""
    return {
        timeframe: RuleModel(
            f"{name}_{timeframe}",
            version,
            model_type,
            "return_quantiles",
            {"timeframe": timeframe, **asdict(memory), "least_returns": LEAST_RETURNS, "levels": LEVELS},
        )
        for timeframe, memory in MEMORIES.items()
    }


@dataclass(frozen=True)
class PriceModels:
    """The models of one layer.

    Attributes:
        layer: 2 or 3, as the ledger has it.
        model_type: as the registry has it.
        prefix: begin of the names of the learned versions.
        rules: what serves where none is in force, by timeframe.
        generation: of the features; another one whenever their meaning changes.
        feature_names: of a timeframe, whatever the market.
    """

    layer: int
    model_type: ModelType
    prefix: str
    rules: Mapping[str, RuleModel]
    generation: str
    feature_names: Callable[[str], tuple[str, ...]]

    def name(self, timeframe: str, hours: int) -> str:
        """Name of the learned versions that forecast a horizon."""
        return f"{self.prefix}_{timeframe}_{hours}h"

    def inputs(self, timeframe: str) -> Inputs:
        """What a version of a timeframe would be given."""
        return Inputs(self.generation, frozenset(self.feature_names(timeframe)))

    def subjects(self, timeframe: str) -> list[SubjectKey]:
        """What can be trained: one for each horizon that the candles resolve."""
        return [SubjectKey(self.name(timeframe, hours), hours) for hours in horizons(timeframe)]

    def parsed(self, name: str) -> tuple[str, int]:
        """Timeframe and hours of a name.

        Raises:
            InvalidInput: there is no such model.
        """
        for timeframe in self.rules:
            for one in self.subjects(timeframe):
                if one.name == name:
                    return timeframe, one.hours
        raise InvalidInput(f"There is no {self.model_type.value} model {name}.", field="name")
