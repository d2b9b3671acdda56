"""What each kind of alert watches: its conditions, the range of its threshold, and the words of ``parameters``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from assets.compute.outputs import OUTPUTS, WITHOUT_LEVEL
from assets.compute.periods import LENGTHS
from macro.choices import MarketRegime
from system.choices import RunTimeframe
from system.configuration import whole
from trading.choices import AlertCondition, AlertType

LONGEST_WINDOW = 500
INDICATORS = tuple(name for name in OUTPUTS if name not in WITHOUT_LEVEL)
OF_CANDLES = (AlertType.PRICE_TARGET, AlertType.VOLUME_SPIKE, AlertType.INDICATOR_LEVEL)
"""Kinds that watch candles; the others watch what a run concluded."""
MANUAL, AUTO = "manual", "auto"
"""After firing it waits for its owner to arm it again, or arms itself once its cooldown has passed."""
Z_SCORE, MULTIPLE = "z", "multiple"
UP, DOWN, EITHER = "up", "down", "either"
LONG, SHORT, ANY = "long", "short", "any"
IN, OUT = "in", "out"

FLAG = {"type": "boolean"}
CANDLES = {"enum": list(LENGTHS)}
RUNS = {"enum": RunTimeframe.values}
REGIMES = {"type": "array", "items": {"enum": MarketRegime.values}, "uniqueItems": True}


@dataclass(frozen=True)
class Kind:
    """What an alert of one kind, and with one sort of condition, takes.

    Args:
        conditions: allowed ones; the first stands where none is given.
        low, high: range of the threshold, ``high`` included.
        takes_low: whether ``low`` is included too.
        parameters: words of ``parameters``, each with its JSON Schema.
        defaults: value of every word that has one.
        needs_asset: it watches one asset; else the whole market.
    """

    conditions: tuple[AlertCondition, ...]
    low: Decimal
    high: Decimal
    takes_low: bool
    parameters: Mapping[str, Any]
    defaults: Mapping[str, Any]
    required: tuple[str, ...] = ()
    needs_asset: bool = True
    schema: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        shape = {
            "type": "object",
            "properties": {"rearm": {"enum": [MANUAL, AUTO]}, "urgent": FLAG, **self.parameters},
            "required": list(self.required),
            "additionalProperties": False,
        }
        object.__setattr__(self, "schema", shape)

    def complete(self, parameters: Mapping[str, Any] | None) -> dict[str, Any]:
        """The parameters with the default of every word that was not said."""
        return {"rearm": MANUAL, "urgent": False, **self.defaults, **(parameters or {})}


ANY_NUMBER = Decimal(10) ** 20 - 1
"""The column has so many digits before its point."""
LEVEL_CONDITIONS = (AlertCondition.ABOVE, AlertCondition.BELOW, AlertCondition.EQUALS)
ONLY_ABOVE = (AlertCondition.ABOVE,)
NOTHING, ONE = Decimal(0), Decimal(1)

PRICE_LEVEL = Kind(
    LEVEL_CONDITIONS,
    NOTHING,
    ANY_NUMBER,
    takes_low=False,
    parameters={"timeframe": CANDLES, "cross": FLAG, "touch": FLAG},
    defaults={"timeframe": "1h", "cross": False, "touch": False},
)
PRICE_CHANGE = Kind(
    (AlertCondition.PERCENTAGE_CHANGE,),
    NOTHING,
    Decimal(100_000),
    takes_low=False,
    parameters={
        "timeframe": CANDLES,
        "window": whole(1, LONGEST_WINDOW),
        "direction": {"enum": [UP, DOWN, EITHER]},
    },
    defaults={"timeframe": "1h", "window": 24, "direction": EITHER},
)
KINDS = {
    AlertType.VOLUME_SPIKE: Kind(
        ONLY_ABOVE,
        NOTHING,
        Decimal(100_000),
        takes_low=False,
        parameters={
            "timeframe": CANDLES,
            "window": whole(10, LONGEST_WINDOW),
            "measure": {"enum": [Z_SCORE, MULTIPLE]},
        },
        defaults={"timeframe": "1h", "window": 48, "measure": Z_SCORE},
    ),
    AlertType.INDICATOR_LEVEL: Kind(
        LEVEL_CONDITIONS,
        -ANY_NUMBER,
        ANY_NUMBER,
        takes_low=False,
        parameters={"timeframe": RUNS, "indicator": {"enum": list(INDICATORS)}, "cross": FLAG},
        defaults={"timeframe": "1h", "cross": False},
        required=("indicator",),
    ),
    AlertType.SIGNAL_GENERATED: Kind(
        ONLY_ABOVE,
        NOTHING,
        ONE,
        takes_low=True,
        parameters={"direction": {"enum": [LONG, SHORT, ANY]}, "unproven": FLAG},
        defaults={"direction": ANY, "unproven": False},
    ),
    AlertType.REGIME_CHANGE: Kind(
        ONLY_ABOVE,
        NOTHING,
        ONE,
        takes_low=True,
        parameters={"timeframe": RUNS, "to": REGIMES, "from": REGIMES},
        defaults={"timeframe": "1d", "to": [], "from": []},
        needs_asset=False,
    ),
    AlertType.SECTOR_ROTATION: Kind(
        ONLY_ABOVE,
        NOTHING,
        ONE,
        takes_low=False,
        parameters={
            "timeframe": RUNS,
            "sector": {"type": ["integer", "null"], "minimum": 1, "maximum": 2**63 - 1},
            "direction": {"enum": [IN, OUT]},
        },
        defaults={"timeframe": "1d", "sector": None, "direction": IN},
        needs_asset=False,
    ),
}


def kind_of(alert_type: str, condition: str) -> Kind:
    """What an alert of that kind and condition takes.

    Raises:
        KeyError: there is no such kind.
    """
    if alert_type == AlertType.PRICE_TARGET:
        return PRICE_CHANGE if condition == AlertCondition.PERCENTAGE_CHANGE else PRICE_LEVEL
    return KINDS[AlertType(alert_type)]
