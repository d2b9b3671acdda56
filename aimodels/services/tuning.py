"""Choices that people make about a training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from django.utils.translation import gettext as _

from aimodels.compute.learners import Kind
from system.exceptions import InvalidInput

LEAST_SHARE, MOST_SHARE = 0.1, 0.5
"""Of the time that may be the untouched block of a training."""
MOST = {"optimise": 1000, "seed": 2**31 - 1, "days": 10_000}


@dataclass(frozen=True)
class Tuning:
    """Choices of a training.

    Attributes:
        optimise: trials of settings of boosted trees.
        kinds: learners that are compared; None = all.
        seed: of the models, the search and the draws.
        days: the newest that are learned from and tested on; None = all.
        share: of the time that is the untouched block; None = the usual one.
    """

    optimise: int = 0
    kinds: tuple[Kind, ...] | None = None
    seed: int = 0
    days: int | None = None
    share: float | None = None


def tuning(config: Mapping[str, Any], *, searched: int = 0) -> Tuning:
    """The choices that a configuration makes, by the names of ``Tuning``.

    Args:
        searched: trials of settings where it says nothing of them.
    Raises:
        InvalidInput: a choice that makes no sense, under ``job_config.<name>``.
    """
    optimise = _whole(config, "optimise")
    return Tuning(
        optimise=searched if optimise is None else optimise,
        kinds=_kinds(config.get("kinds")),
        seed=_whole(config, "seed") or 0,
        days=_whole(config, "days"),
        share=_share(config.get("share")),
    )


def _whole(config: Mapping[str, Any], name: str) -> int | None:
    found, most = config.get(name), MOST[name]
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= most:
        words = {"name": name, "most": most}
        raise InvalidInput(_("%(name)s must be a whole number from 0 to %(most)s.") % words, field=f"job_config.{name}")
    return found


def _kinds(found: Any) -> tuple[Kind, ...] | None:
    known = get_args(Kind)
    if found is None:
        return None
    if not isinstance(found, list) or not found or not all(one in known for one in found):
        raise InvalidInput(
            _("kinds must be some of: %(known)s.") % {"known": ", ".join(known)}, field="job_config.kinds"
        )
    return tuple(found)


def _share(found: Any) -> float | None:
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not LEAST_SHARE <= found <= MOST_SHARE:
        words = {"least": LEAST_SHARE, "most": MOST_SHARE}
        raise InvalidInput(_("share must lie between %(least)s and %(most)s.") % words, field="job_config.share")
    return float(found)
