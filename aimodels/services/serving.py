"""Which trained version answers, and its numbers as they were stored; where there is none, the rules serve."""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from aimodels.compute.forecaster import Forecaster, from_artefact
from aimodels.models import AIModel
from aimodels.services.artefacts import load_artefact
from aimodels.services.registry import version_in_force
from system.exceptions import NoData

logger = logging.getLogger(__name__)
REMEMBERED = 32
"""Versions that a process keeps in memory; a replay passes through many."""
_loaded: OrderedDict[str, Forecaster] = OrderedDict()
_refused: set[str] = set()
_lock = Lock()


@dataclass(frozen=True)
class Inputs:
    """What a layer gives to its versions today.

    Attributes:
        generation: word for the meaning of its features.
        names: of the features; None = not asked.
    """

    generation: str
    names: frozenset[str] | None = None


def forecaster_in_force(name: str, as_of: datetime, inputs: Inputs | None = None) -> tuple[AIModel, Forecaster] | None:
    """The version that may serve at a moment, ready to answer. None: the rules serve, because no version was in force,
    or because its file is missing or was changed, or it was learned from other features than ``inputs``; that is logged
    once, and the health check says so.

    Args:
        inputs: what it would be given; None = not asked, for who only compares.
    Raises:
        UnavailableError: the bucket of the files does not answer. The rules do not step in: a forecast that is written
            once would not be the one that was meant.
    """
    model = version_in_force(name, as_of)
    if model is None:
        return None
    try:
        forecaster = stored_forecaster(model.model_file_path or "")
        if inputs is not None:
            require_fit(model, forecaster, inputs)
    except NoData as error:
        tell_once(model, error)
        return None
    return model, forecaster


def tell_once(model: AIModel, error: NoData) -> None:
    """Log that the rules serve instead of a version in force; once per file and process."""
    with _lock:
        is_new = model.model_file_path not in _refused
        _refused.add(model.model_file_path or "")
    if is_new:
        logger.error("%s does not serve, the rules do: %s", model, error)


def require_fit(model: AIModel, forecaster: Forecaster, inputs: Inputs) -> None:
    """A feature that means something else than it did, or is gone, would be answered with numbers that mean nothing.

    Raises:
        NoData: the version was learned from another generation of features, or from some that are not there.
    """
    generation = (model.configuration or {}).get("generation")
    if generation != inputs.generation:
        raise NoData(
            f"It was learned from features of generation {generation or 'unknown'}; those of today are of generation "
            f"{inputs.generation}. Train it again."
        )
    names = set(forecaster.direction.names)
    if inputs.names is not None and (gone := sorted(names - inputs.names)):
        raise NoData(f"It was learned from features that are not there any more: {', '.join(gone)}. Train it again.")


def stored_forecaster(path: str) -> Forecaster:
    """A version by the name of its file, which is the checksum of what it holds: read and checked once per process.

    Raises:
        NoData: the file is missing, was changed, or holds no version.
        UnavailableError: it is not here, and the bucket of the files does not answer.
    """
    with _lock:
        found = _loaded.get(path)
        if found is not None:
            _loaded.move_to_end(path)
            return found
    found = read_forecaster(path)
    with _lock:
        _loaded[path] = found
        while len(_loaded) > REMEMBERED:
            _loaded.popitem(last=False)
    return found


def read_forecaster(path: str, *, fresh: bool = False) -> Forecaster:
    """A version as its file has it now.

    Args:
        fresh: from the bucket itself (``load_artefact``).
    Raises:
        NoData, UnavailableError: as ``stored_forecaster``.
    """
    arrays, meta = load_artefact(path, fresh=fresh)
    try:
        return from_artefact(arrays, meta)
    except (ValueError, ImportError, OSError) as error:  # LightGBM, or its OpenMP library, may be missing here
        raise NoData(f"The trained model {path} cannot be used ({error}). Train it again.") from None


def forget() -> None:
    """Read every version anew, and say anew what is wrong with it."""
    with _lock:
        _loaded.clear()
        _refused.clear()
