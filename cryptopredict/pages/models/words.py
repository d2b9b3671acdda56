"""Words of models."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from aimodels.choices import EvaluationType
from aimodels.compute.gates import Gate

GATES: dict[Gate, Any] = {
    Gate.LOOK_AHEAD: _("No feature knows the future"),
    Gate.WARM_UP: _("Features have the history they need"),
    Gate.LEAKAGE: _("No feature leaks the outcome"),
    Gate.FINAL_TEST: _("The untouched block was looked at once"),
    Gate.SKILL_BASELINE: _("Better than the baseline, proven"),
    Gate.SKILL_CHAMPION: _("Better than what serves, proven"),
    Gate.CALIBRATION: _("Probabilities mean what they say"),
    Gate.COVERAGE: _("Intervals hold their share"),
    Gate.LIVE_SKILL: _("Not worse than the baseline in use"),
}
"""What each gate asks."""
STRETCHES: dict[str, Any] = {
    EvaluationType.CROSS_VALIDATION.value: _("On walk-forward folds, inside the training part"),
    EvaluationType.BACKTESTING.value: _("On the untouched block, once"),
    EvaluationType.FORWARD_TESTING.value: _("On days after its training"),
    EvaluationType.LIVE_PERFORMANCE.value: _("In use"),
}
"""Where an evaluation was made."""
FORECASTERS: dict[str, Any] = {
    "naive": _("naive forecast"),
    "rules": _("rules"),
    "base_rate": _("base rate"),
    "logistic": _("logistic regression"),
    "lightgbm": _("boosted trees (LightGBM)"),
    "histogram": _("boosted trees (scikit-learn)"),
    "rule_based": _("rules"),
}
"""Kinds of forecasters, as evaluations name them."""
TARGETS: dict[str, Any] = {
    "return": _("return"),
    "direction": _("direction of the price"),
}
"""What is forecast, as far as it has a word of its own."""
