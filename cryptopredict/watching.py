"""The watch over the versions in force, of all layers."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimodels.choices import ModelType
from aimodels.compute.stability import Windows, windows_of
from aimodels.models import AIModel
from aimodels.services.drift_watch import Drift, check_drift
from aimodels.services.model_health import check_health, forecasts_directions, note, require_whole, trained_in_force
from aimodels.services.registry import trained_until
from aimodels.services.serving import Inputs, read_forecaster, require_fit, stored_forecaster
from assets.compute.periods import LENGTHS
from cryptopredict.learning import LAYERS, Trainable, trainables
from macro.services.versions import INPUTS, LEARNED, stored_parameters
from macro.services.watched import phase_inputs
from sectors.rules import SECTOR_PRICES
from selection.rules import ASSET_PRICES
from system.exceptions import DomainError, InvalidInput, NoData
from trading.compute.features import NAMES
from trading.services.chances import INPUTS as TIMING_INPUTS
from trading.services.watched import plan_inputs

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Lift = Callable[[str, str], Any]
logger = logging.getLogger(__name__)
GIVEN: dict[str, Callable[[str], Inputs]] = {
    ModelType.SECTOR: SECTOR_PRICES.inputs,
    ModelType.ASSET: ASSET_PRICES.inputs,
    ModelType.TIMING: lambda _timeframe: TIMING_INPUTS,
}
"""What the layers give to their versions, by timeframe."""
CANDLES = {"1h": 240, "4h": 180, "1d": 30, "1w": 26}
"""Candles of a stretch whose features are held against the training: some dozens of them fit into what is read."""


def watch_models(now: datetime) -> list[Drift]:
    """Look at the versions in force: whether their files are whole and made for the features of today, whether those
    are as they were, and whether their live skill is above that of the naive forecast. One that is proven worse is
    taken out of force.

    What cannot be looked at is noted beside its version, and keeps no other from being looked at.

    Raises:
        ExceptionGroup: what nobody has foreseen, after all the others were looked at.
    """
    broken = {one.name for one in check_health(now, require_usable)}
    lift: Lift = cache(lambda model_type, timeframe: LAYERS[model_type].lift(timeframe, now))  # one for all horizons
    found: list[Drift] = []
    unforeseen: list[Exception] = []
    for model in trained_in_force():
        windows = None
        try:
            windows = None if model.name in broken else _windows(model, now, lift)
            note(model, now, kind="watch", alert=None)
        except Exception as error:  # noqa: BLE001 - one layer that fails keeps no other from being looked at
            unforeseen += _noted(model, now, error)
        try:
            found.append(check_drift(model, now, windows))
        except Exception as error:  # noqa: BLE001 - as above
            unforeseen += _noted(model, now, error)
    if unforeseen:
        raise ExceptionGroup("Some versions in force could not be looked at.", unforeseen)
    return found


def require_usable(model: AIModel) -> None:
    """What its layer asks of a version in force.

    Raises:
        NoData: its file is missing, was changed or holds no version; it was learned from other features than those of
            today; or there is no layer for it any more.
        UnavailableError: the bucket of the files does not answer.
    """
    if model.name == LEARNED:
        stored_parameters(model.model_file_path or "", fresh=True)
    elif forecasts_directions(model):
        one = _trainable(model.name)
        forecaster = read_forecaster(model.model_file_path or "", fresh=True)
        require_fit(model, forecaster, GIVEN[one.model_type](one.timeframe))
    else:
        require_whole(model)


def _trainable(name: str) -> Trainable:
    try:
        (one,) = trainables(names=[name])
    except InvalidInput:
        raise NoData("No layer has a model of this name any more.") from None
    return one


def _noted(model: AIModel, now: datetime, error: Exception) -> list[Exception]:
    """Write beside a version why it could not be looked at; what was not foreseen is handed on."""
    note(model, now, kind="watch", alert={"kind": "watch", "text": str(error) or repr(error)})
    if isinstance(error, DomainError):
        return []
    logger.error("%s could not be looked at", model, exc_info=error)
    return [error]


def _windows(model: AIModel, now: datetime, lift: Lift) -> Windows | None:
    """Features of the last weeks and of the time of the training, as a version would be given them; None for a version
    of no layer.

    Raises:
        NoData: there are no candles to compute them from.
    """
    if model.name == LEARNED:
        times, rows = phase_inputs(now)
        return _stretches(model, "1d", tuple(INPUTS), times, rows, None)
    if not forecasts_directions(model):
        return None
    one, forecaster = _trainable(model.name), stored_forecaster(model.model_file_path or "")
    names = forecaster.direction.names
    if hasattr(LAYERS[one.model_type], "lift"):
        times, rows = lift(one.model_type, one.timeframe).seen(names)
    else:
        times, plans = plan_inputs(one.timeframe, now)
        rows = plans[:, [NAMES.index(name) for name in names]]
    return _stretches(model, one.timeframe, names, times, rows, forecaster.reference)


def _stretches(
    model: AIModel, timeframe: str, names: tuple[str, ...], times: Integers, rows: Floats, reference: Floats | None
) -> Windows:
    if not len(times):
        raise NoData("There are no candles to compute its features from.")
    until = int(trained_until(model).timestamp() // LENGTHS[timeframe].total_seconds())
    return windows_of(names, times, rows, length=CANDLES[timeframe], learned_until=until, reference=reference)
