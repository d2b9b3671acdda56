"""Trained versions of the regimes: kept as numbers in a file, found by the moment that they may serve."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.tables import as_arrays, from_arrays
from aimodels.models import AIModel
from aimodels.services.artefacts import keep_artefact, libraries, load_artefact
from aimodels.services.registry import version_in_force
from aimodels.services.serving import tell_once
from assets.choices import Market
from macro.compute.regime.features import NAMES
from macro.compute.regime.hmm import SPANS, HiddenMarkov
from macro.compute.regime.phase import Parameters
from system.exceptions import NoData

LEARNED = "macro_regimes"
"""Name of the trained versions."""
TREES = "trees_"
"""Begin of the names of their arrays in a file."""
GENERATION = "1"
"""Changes whenever one of ``INPUTS`` means something else."""
FIRST_GENERATION = "1"
"""Of files that do not say."""
INPUTS = [*NAMES, *(f"hmm_return_{span}" for span in SPANS)]
"""What the parts of a version were trained on: one that saw other figures is not used."""


def learned_in_force(market: Market, as_of: datetime) -> tuple[AIModel, Parameters] | None:
    """The trained version that may serve at a moment: one that was active then, before the first activation the
    walk-forward fold of that time; never one that has seen what came later. None: the rules serve, because there is
    none, or its file is missing or was changed, or it was made for other features, which is logged once. The demo
    market is made by other laws than those that were learned, so the rules serve it.
    """
    if market != Market.REAL:
        return None
    model = version_in_force(LEARNED, as_of)
    if model is None:
        return None
    try:
        return model, stored_parameters(model.model_file_path or "")
    except NoData as error:
        tell_once(model, error)
        return None


def keep_parameters(parameters: Parameters, meta: Mapping[str, Any]) -> str:
    """Store a trained version; the same parameters are the same file.

    Returns:
        Path relative to the model store.
    Raises:
        ValueError: a part is not trained.
    """
    trees, hidden = parameters.trees, parameters.hidden
    if trees is None or hidden is None:
        raise ValueError("only a version with all parts trained is kept")
    arrays: dict[str, NDArray[Any]] = {f"{TREES}{name}": values for name, values in as_arrays(trees).items()}
    arrays |= {f"hmm_{one.name}": np.asarray(getattr(hidden, one.name)) for one in fields(hidden)}
    facts = {
        "features": INPUTS,
        "generation": GENERATION,
        "weights": dict(parameters.weights),
        "market": parameters.market,
        "libraries": libraries(),
    }
    return keep_artefact(arrays, dict(meta) | facts)


def stored_parameters(name: str, *, fresh: bool = False) -> Parameters:
    """The parameters of a file.

    Args:
        fresh: from the bucket itself (``load_artefact``).
    Raises:
        NoData: it is missing or was changed, or was made for other features than ours.
        UnavailableError: it is not here, and the bucket of the files does not answer.
    """
    arrays, meta = load_artefact(name, fresh=fresh)
    if (meta.get("features"), meta.get("generation", FIRST_GENERATION)) != (INPUTS, GENERATION):
        raise NoData(f"The trained model {name} was made for other features; train it again.")
    trees = {key.removeprefix(TREES): values for key, values in arrays.items() if key.startswith(TREES)}
    hidden = {one.name: arrays[f"hmm_{one.name}"] for one in fields(HiddenMarkov)}
    return Parameters(from_arrays(trees), HiddenMarkov(**hidden), meta["weights"], meta["market"])
