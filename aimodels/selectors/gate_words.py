"""Failed gates as sentences in the reader's language."""

from collections.abc import Callable, Iterable

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from aimodels.compute.gates import COVERAGE, MOST_CALIBRATION_ERROR, Failed, Gate


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
    return figures | counts | bounds | {"feature": failed.subject}


def _final_test(failed: Failed) -> str:
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
    if "low" in failed.figures:
        return _("The skill over what serves now is %(skill)s, its lower bound %(low)s: not proven above 0.")
    return _("The skill over what serves now has no interval: too little was tested.")


def _calibration(failed: Failed) -> str:
    if "error" in failed.figures:
        return _("The calibration error is %(error)s, above %(most)s.")
    return _("The calibration error has no interval: too little was tested.")


COUNTS = ("uses", "blocks", "least")
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
