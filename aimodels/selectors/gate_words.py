"""Failed gates as sentences in the reader's language."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aimodels.compute.gates import COVERAGE, MOST_CALIBRATION_ERROR, Failed, Gate
from system.formats import day

GATES: dict[Gate, Any] = {
    Gate.LOOK_AHEAD: gettext_lazy("No feature knows the future"),
    Gate.WARM_UP: gettext_lazy("Features have the history they need"),
    Gate.LEAKAGE: gettext_lazy("No feature leaks the outcome"),
    Gate.FINAL_TEST: gettext_lazy("The untouched block was looked at once"),
    Gate.SKILL_BASELINE: gettext_lazy("Better than the baseline, proven"),
    Gate.SKILL_CHAMPION: gettext_lazy("Better than what serves, proven"),
    Gate.CALIBRATION: gettext_lazy("Probabilities mean what they say"),
    Gate.COVERAGE: gettext_lazy("Intervals hold their share"),
    Gate.LIVE_SKILL: gettext_lazy("Not worse than the baseline in use"),
}
"""What each gate asks."""


@dataclass(frozen=True)
class GateLine:
    """A gate, and what stood against the version there; ``passed`` is None where it was not asked."""

    label: str
    passed: bool | None
    reasons: list[str]


def gate_lines(failed: Iterable[Failed], *, was_tested: bool) -> list[GateLine]:
    """Every gate in the order in which they are asked.

    Args:
        failed: what stands against a version.
        was_tested: whether it was held against the gates at all.
    """
    against: dict[Gate, list[str]] = {}
    for one in failed:
        against.setdefault(one.gate, []).append(gate_sentence(one))
    return [
        GateLine(str(label), False if gate in against else True if was_tested else None, against.get(gate, []))
        for gate, label in GATES.items()
    ]


def gate_sentences(failed: Iterable[Failed]) -> list[str]:
    """What stands against a version, one sentence for each gate."""
    return [gate_sentence(one) for one in failed]


def gate_sentence(failed: Failed) -> str:
    """Why one gate was not passed."""
    return SENTENCES[failed.gate](failed) % _words(failed)


def _words(failed: Failed) -> dict[str, str]:
    """What the sentences are filled with."""
    figures = {name: number_format(value, 4) for name, value in failed.figures.items()}
    counts = {name: number_format(int(failed.figures[name])) for name in COUNTS if name in failed.figures}
    low, high = (number_format(100 * bound, 0) for bound in COVERAGE)
    share = number_format(100 * failed.figures.get("coverage", 0.0), 1)
    bounds = {"most": number_format(MOST_CALIBRATION_ERROR, 2), "from": low, "to": high, "share": share}
    until = {}
    if "until" in failed.figures:
        until["until"] = day(datetime.fromtimestamp(failed.figures["until"], UTC))
    return figures | counts | bounds | until | {"feature": failed.subject}


def _final_test(failed: Failed) -> str:
    if "until" in failed.figures:
        return _(
            "The final block was looked at or learned from before: %(untouched)s separate stretches of time are "
            "untouched so far, fewer than %(least)s. Wait until %(until)s, and train again."
        )
    if "uses" in failed.figures:
        return _("The final block was used %(uses)s times by this generation: once is what counts.")
    if "blocks" in failed.figures:
        return _("The final block holds %(blocks)s separate stretches of time, fewer than %(least)s.")
    return _("Nothing is known of its skill: it was never tested.")


def _baseline(failed: Failed) -> str:
    if "low" in failed.figures:
        return _("The skill over the baseline is %(skill)s, its lower bound %(low)s: not proven above 0.")
    return _("The skill over the baseline has no interval: too little was tested.")


def _champion(failed: Failed) -> str:
    if "lacks" in failed.figures:
        return _("What serves now needs %(lacks)s features that these rows do not have: it could not be asked.")
    if "blocks" in failed.figures:
        return _("What serves now had not seen %(blocks)s separate stretches of the block, fewer than %(least)s.")
    if "low" in failed.figures:
        return _("The skill over what serves now is %(skill)s, its lower bound %(low)s: not proven above 0.")
    return _("The skill over what serves now has no interval: too little was tested.")


def _calibration(failed: Failed) -> str:
    if "error" in failed.figures:
        return _("The calibration error is %(error)s, above %(most)s.")
    return _("The calibration error has no interval: too little was tested.")


COUNTS = ("uses", "blocks", "least", "untouched", "lacks")
SENTENCES: dict[Gate, Callable[[Failed], str]] = {
    Gate.LOOK_AHEAD: lambda _failed: _(
        "The feature %(feature)s changes when what came after it is taken away: it knows the future."
    ),
    Gate.WARM_UP: lambda _failed: _("The feature %(feature)s needs more history than is declared."),
    Gate.LEAKAGE: lambda _failed: _(
        "The feature %(feature)s follows the future with a rank correlation of %(rank_correlation)s: a leak."
    ),
    Gate.FINAL_TEST: _final_test,
    Gate.SKILL_BASELINE: _baseline,
    Gate.SKILL_CHAMPION: _champion,
    Gate.CALIBRATION: _calibration,
    Gate.COVERAGE: lambda _failed: _(
        "The 90 %% interval held %(share)s %% of outcomes: not between %(from)s and %(to)s %%."
    ),
    Gate.LIVE_SKILL: lambda _failed: _(
        "In use it was worse than the baseline: the upper bound of its skill was %(high)s."
    ),
}
