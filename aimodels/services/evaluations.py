"""Evaluations of versions as rows: what was measured on folds, and once on the untouched block."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimodels.choices import EvaluationStatus, EvaluationType
from aimodels.compute.baseline import LEVELS
from aimodels.compute.gates import Failed, Gate
from aimodels.compute.grades import grade
from aimodels.compute.material import Material
from aimodels.compute.metrics import errors, hits
from aimodels.compute.overfitting import Overfitting
from aimodels.compute.report import FEE, SLIPPAGE, Line, overall_score, traded
from aimodels.compute.sharpe import deflated_sharpe
from aimodels.models import AIModel, ModelPerformance
from aimodels.services.trials import sharpe_variance, trial_count
from assets.models import Asset
from system.services import complete, land, plain

Floats = NDArray[np.float64]
BITCOIN = "BTC"
NO_POSITION = "a forecast of this model is not a position"
NO_VALUE = "the model gives a probability alone"
REASONS = {
    "source_job": "asked for by hand",
    "market_regime": "the stretch holds several regimes",
    "market_volatility": NO_POSITION,
    "btc_correlation": "Bitcoin is not among the assets, or forecasts are no positions",
    "profit_factor": "no trade lost, or forecasts are no positions",
    "performance_grade": "the skill has no interval: too little was tested",
    "overall_score": "the skill has no interval: too little was tested",
    "meets_threshold": "the skill has no interval: too little was tested",
    "precision_score": "no rise was called",
    "recall": "nothing rose",
    "f1_score": "no rise was called, and nothing rose",
    "evaluation_notes": "nothing to add",
} | dict.fromkeys(("win_rate", "sharpe_ratio", "max_drawdown", "total_return"), NO_POSITION)
REASONS |= dict.fromkeys(("mse", "mae", "r2_score"), NO_VALUE)
ADVICE = {
    Gate.LOOK_AHEAD: "Compute the feature from closed candles alone.",
    Gate.WARM_UP: "Declare a longer warm-up, or shorten the feature's window.",
    Gate.LEAKAGE: "Take the feature away, or compute it from what was known at the moment.",
    Gate.FINAL_TEST: "Wait until new data make an untouched block that is long enough.",
    Gate.SKILL_BASELINE: "Let the rules serve; try features that tell more, as a new generation.",
    Gate.SKILL_CHAMPION: "Let what serves go on serving.",
    Gate.CALIBRATION: "Calibrate on more forecasts out of fold.",
    Gate.COVERAGE: "Widen or narrow the intervals by more recent gaps.",
    Gate.LIVE_SKILL: "Train a new version.",
}


@dataclass(frozen=True)
class Measured:
    """Forecasts of a stretch of time and their figures.

    Attributes:
        kind: of the evaluation.
        material: the rows that were forecast.
        chances, quantiles: of the version; quantiles are None if it gives none.
        line: their figures.
        others: of the naive forecast, the rules, other kinds.
        failed: gates that were not passed; empty for figures that no gate asks.
        start, end: the stretch.
        choice: how far the choice of the variant was one of luck; None where it cannot be said.
    """

    kind: EvaluationType
    material: Material
    chances: Floats
    quantiles: Floats | None
    line: Line
    others: tuple[Line, ...]
    failed: list[Failed]
    start: datetime
    end: datetime
    choice: Overfitting | None = None


def keep_evaluation(model: AIModel, measured: Measured, *, as_of: datetime, job_id: int | None) -> ModelPerformance:
    """The row of an evaluation; the same again is the same row."""
    figures, values = measured.line.figures, measured.line.values
    coverage = None if values is None else values.coverage
    given = grade(figures.brier_skill, figures.calibration, coverage)
    sure = np.maximum(measured.chances, 1 - measured.chances)
    row = {
        "model": model,
        "source_job": job_id,
        "evaluation_date": as_of,
        "evaluation_type": measured.kind,
        "evaluation_status": EvaluationStatus.COMPLETED,
        "sample_count": figures.n,
        "confidence_avg": float(sure.mean()),
        "confidence_std": float(sure.std()),
        "meets_threshold": None if given is None else given.is_passing and not measured.failed,
        "performance_grade": None if given is None else given.letter,
        "overall_score": overall_score(figures.brier_skill, figures.calibration, coverage),
        "detailed_metrics": plain(_detailed(model.name, measured)),
        "recommendations": recommendations(measured.failed),
        **_hits(measured),
        **_errors(measured),
        **_trading(measured),
    }
    columns, absent = complete(ModelPerformance, row, REASONS, by_people=["evaluation_metadata"])
    columns["evaluation_metadata"] = _metadata(measured, job_id) | {"missing": absent}
    key = ("model", "evaluation_type", "evaluation_date")
    return land(ModelPerformance, [columns], key=key, written_once=True).rows[0]


def recommendations(failed: list[Failed]) -> str:
    """What to do about the gates that were not passed; one line each."""
    if not failed:
        return "It may be put into force."
    return "\n".join(dict.fromkeys(f"{one.reason} {ADVICE[one.gate]}" for one in failed))


def line_words(line: Line) -> dict[str, Any]:
    """Figures of one forecaster as JSON holds them."""
    words: dict[str, Any] = plain(asdict(line))
    return words


def _hits(measured: Measured) -> dict[str, Any]:
    found = asdict(hits(measured.chances, measured.material.samples.outcomes))
    return found | {"precision_score": found.pop("precision"), "f1_score": found.pop("f1")}


def _errors(measured: Measured) -> dict[str, Any]:
    """Errors of the median, in log returns."""
    values = measured.material.values
    if measured.quantiles is None or values is None:
        return {}
    found = asdict(errors(measured.quantiles[:, LEVELS.index(0.5)], values.change))
    return found | {"r2_score": found.pop("r2")}


def _trading(measured: Measured) -> dict[str, Any]:
    held, figures = traded(measured.material, measured.chances), measured.line.trading
    if held is None or figures is None:
        return {}
    bitcoin, trades = _bitcoin_column(measured.material), measured.material.trades
    together = float("nan")
    if bitcoin is not None and trades is not None:
        known = np.isfinite(held.returns[:, bitcoin])
        both = held.net[known], held.returns[known, bitcoin]
        if known.sum() > 2 and all(np.ptp(line) > 0 for line in both):
            together = float(np.corrcoef(*both)[0, 1])
    seen = np.isfinite(held.returns).sum(axis=0) > 1
    spread = float(np.nanstd(held.returns[:, seen], axis=0).mean()) if seen.any() else float("nan")
    return {
        "win_rate": figures.win_rate,
        "profit_factor": figures.profit_factor,
        "sharpe_ratio": figures.sharpe,
        "max_drawdown": figures.max_drawdown,
        "total_return": 100 * figures.total_return,
        "market_volatility": spread if spread <= 1 else None,
        "btc_correlation": together,
    }


def _bitcoin_column(material: Material) -> int | None:
    if material.trades is None:
        return None
    ids = np.unique(material.asset_ids).tolist()
    found = Asset.objects.filter(symbol=BITCOIN, pk__in=ids).values_list("pk", flat=True).first()
    return None if found is None else int(material.trades.columns[material.asset_ids == found][0])


def _detailed(name: str, measured: Measured) -> dict[str, Any]:
    figures, trials = measured.line.figures, trial_count(name)
    held = traded(measured.material, measured.chances)
    deflated = None
    if held is not None:
        deflated = deflated_sharpe(held.net, trials=max(1, trials), variance=sharpe_variance(name))
    return {
        "auc_score": None if figures.auc is None else figures.auc.value,
        "valid_predictions": figures.n,
        "trials": trials,
        "deflated_sharpe": deflated,
        "overfitting": None if measured.choice is None else asdict(measured.choice),
        "version": line_words(measured.line),
        "others": {line.who: line_words(line) for line in measured.others},
    }


def _metadata(measured: Measured, job_id: int | None) -> dict[str, Any]:
    moments = np.unique(measured.material.samples.times)
    return {
        "trigger": "manual" if job_id is None else "job_completion",
        "from": measured.start.isoformat(),
        "to": measured.end.isoformat(),
        "moments": len(moments),
        "assets": len(np.unique(measured.material.asset_ids)),
        "baseline": "naive",
        "fee": FEE,
        "slippage": SLIPPAGE,
        "failed_gates": [one.gate.value for one in measured.failed],
    }
