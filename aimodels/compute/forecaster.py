"""What serves forecasts: a model of the direction with the map of its probabilities, quantiles that hold as often as
they say, and how the features looked when it learned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimodels.compute import learners
from aimodels.compute.calibration import KINDS, Calibration, calibrated
from aimodels.compute.conformal import moved
from aimodels.compute.explanations import Contributions
from aimodels.compute.learners import Learned

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
REFERENCE_ROWS = 1000
"""Rows of the training that are kept: chance alone then shows a PSI of a hundredth."""


@dataclass(frozen=True)
class Forecaster:
    """A trained version as it answers.

    Attributes:
        direction: log odds of a rise.
        calibration: map of its probabilities.
        levels: of the quantiles, rising; empty for a version that gives none.
        quantiles: of the change in units of its scale; None where constant ones were better out of fold: ``offsets``
            alone are the quantiles then.
        offsets: what is added to each quantile, in units of the scale, shape (q,); None without ``levels``.
        reference: features of rows of the training, shape (r, k).
    """

    direction: Learned
    calibration: Calibration
    levels: tuple[float, ...]
    quantiles: Learned | None
    offsets: Floats | None
    reference: Floats


@dataclass(frozen=True)
class Said:
    """Forecasts of all rows.

    Attributes:
        chances: of a rise, calibrated, 0-1, shape (n,).
        quantiles: of the log return at the version's levels, each row in order, shape (n, q); None if it gives none.
    """

    chances: Floats
    quantiles: Floats | None


@dataclass(frozen=True)
class Answer(Said):
    """Forecasts of all rows, with reasons.

    Attributes:
        contributions: what each feature adds to the log odds, before calibration.
    """

    contributions: Contributions


def answer(forecaster: Forecaster, features: Floats, scale: Floats) -> Answer:
    """Forecast all rows at once, and say why.

    Args:
        features: shape (n, k), columns as in ``forecaster.direction.names``; NaN is unknown.
        scale: unit of the change of each row, as the version learned it, log return, above 0, shape (n,); not looked
            at by a version without quantiles.
    Raises:
        ValueError: columns that do not fit.
    """
    from scipy.special import expit

    parts = learners.contributions(forecaster.direction, features)
    chances = calibrated(forecaster.calibration, np.asarray(expit(parts.total)))
    return Answer(chances, _quantiles(forecaster, features, scale), parts)


def say(forecaster: Forecaster, features: Floats, scale: Floats) -> Said:
    """The same without reasons, which take most of the time.

    Args:
        features, scale: as for ``answer``.
    Raises:
        ValueError: columns that do not fit.
    """
    chances = calibrated(forecaster.calibration, learners.probabilities(forecaster.direction, features))
    return Said(chances, _quantiles(forecaster, features, scale))


def scaled_quantiles(quantiles: Learned | None, offsets: Floats, features: Floats) -> Floats:
    """Quantiles in units of the scale, each row in order, shape (n, q)."""
    if quantiles is None:
        return np.tile(offsets, (len(features), 1))
    return moved(learners.quantiles(quantiles, features), offsets)


def reference_rows(features: Floats) -> Floats:
    """Rows that say how the features looked: ``REFERENCE_ROWS`` of them, evenly spaced; all if there are fewer."""
    places = np.linspace(0, len(features) - 1, min(len(features), REFERENCE_ROWS)).astype(np.int64)
    return features[places]


def to_artefact(forecaster: Forecaster) -> tuple[Arrays, dict[str, Any]]:
    """Numbers, and what they mean in words that JSON holds."""
    arrays, direction = learners.to_artefact(forecaster.direction)
    held = {f"direction.{name}": values for name, values in arrays.items()}
    held |= {
        "calibration.points": forecaster.calibration.points,
        "calibration.values": forecaster.calibration.values,
        "reference": forecaster.reference,
    }
    meta: dict[str, Any] = {
        "direction": direction,
        "calibration": forecaster.calibration.kind,
        "levels": list(forecaster.levels),
        "quantiles": None,
    }
    if forecaster.offsets is not None:
        held["offsets"] = forecaster.offsets
    if forecaster.quantiles is not None:
        arrays, meta["quantiles"] = learners.to_artefact(forecaster.quantiles)
        held |= {f"quantiles.{name}": values for name, values in arrays.items()}
    return held, meta


def from_artefact(arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Forecaster:
    """A version as ``to_artefact`` gave it, tried once so that one that cannot answer is refused here.

    Raises:
        ValueError: the numbers or their meaning are not those of a version.
    """
    try:
        levels = tuple(float(level) for level in meta["levels"])
        forecaster = Forecaster(
            direction=learners.from_artefact(_part(arrays, "direction."), meta["direction"]),
            calibration=Calibration(meta["calibration"], arrays["calibration.points"], arrays["calibration.values"]),
            levels=levels,
            quantiles=learners.from_artefact(_part(arrays, "quantiles."), meta["quantiles"])
            if meta["quantiles"]
            else None,
            offsets=arrays["offsets"] if levels else None,
            reference=arrays["reference"],
        )
        if forecaster.calibration.kind not in KINDS:
            raise ValueError(f"there is no calibration {forecaster.calibration.kind!r}")
        row = np.zeros((1, len(forecaster.direction.names)))
        tried = answer(forecaster, row, np.ones(1))
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"this is not a trained version: {error!r}") from None
    given = [tried.chances] if tried.quantiles is None else [tried.chances, tried.quantiles.ravel()]
    if not np.isfinite(np.concatenate(given)).all() or (levels and tried.quantiles is None):
        raise ValueError("the version does not answer with numbers")
    if forecaster.reference.ndim != 2 or forecaster.reference.shape[1] != row.shape[1]:
        raise ValueError("the rows kept for comparison do not fit the features")
    return forecaster


def _quantiles(forecaster: Forecaster, features: Floats, scale: Floats) -> Floats | None:
    if forecaster.offsets is None:
        return None
    if scale.shape != (len(features),):
        raise ValueError(f"a scale of shape {scale.shape} does not fit {len(features)} rows")
    return np.asarray(scaled_quantiles(forecaster.quantiles, forecaster.offsets, features) * scale[:, None])


def _part(arrays: Mapping[str, NDArray[Any]], prefix: str) -> Arrays:
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}
