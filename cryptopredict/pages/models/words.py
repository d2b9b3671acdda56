"""Words of models."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from aimodels.choices import EvaluationType

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
    "market_regime": _("state of the market"),
    "bull_phase": _("bull market"),
    "return_quantiles": _("range of returns"),
    "rank": _("rank among the assets"),
    "sector_outlook": _("outlook of the sectors"),
    "target_before_stop": _("target before stop"),
}
"""What is forecast, as far as it has a word of its own."""
