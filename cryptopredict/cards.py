"""Model cards: what a version is, what it was trained on and what it has shown, from the registry alone.

Source: Mitchell et al. (2019), Model cards for model reporting, for what a card says.
"""

from collections.abc import Iterator
from typing import Any

from aimodels.choices import EvaluationType
from aimodels.models import AIModel, ModelPerformance
from aimodels.selectors import Chosen, ForecastRecord, forecast_record
from aimodels.selectors.gate_words import gate_sentences
from aimodels.services.evidence import kept_failures
from aimodels.services.registry import RULES

UNKNOWN = "–"
STRONGEST = 10
"""Features that a card names."""
STRETCHES = {
    EvaluationType.CROSS_VALIDATION.value: "Out of fold, inside the training part",
    EvaluationType.BACKTESTING.value: "On the untouched block, once",
}


def model_card(model: AIModel) -> str:
    """The card of a version in Markdown."""
    parts = [_head(model), _use(model), _data(model), _features(model)]
    evaluations = ModelPerformance.objects.filter(model=model).order_by("evaluation_date", "pk")
    return "\n".join([*(line for part in parts for line in part), *_tested(list(evaluations)), *_live(model)])


def _head(model: AIModel) -> Iterator[str]:
    configuration = model.configuration or {}
    yield f"# {model.name} {model.version}\n"
    yield f"- **Forecasts**: {model.target_variable}{_over(configuration)}, layer {model.get_model_type_display()}"
    yield f"- **Method**: {configuration.get('algorithm', model.architecture)}"
    if calibration := configuration.get("calibration"):
        yield f"- **Calibration of its probabilities**: {calibration}; **intervals**: {configuration.get('quantiles')}"
    if settings := configuration.get("hyperparameters"):
        yield f"- **Settings**: {', '.join(f'{name} {value}' for name, value in settings.items())}"
    if libraries := configuration.get("libraries"):
        yield f"- **Made with**: {', '.join(f'{name} {value}' for name, value in libraries.items())}"
    if model.model_file_path:
        yield f"- **File**, named by the SHA-256 of what it holds: `{model.model_file_path}`, {model.model_size_mb} MB"


def _over(configuration: dict[str, Any]) -> str:
    hours, timeframe = configuration.get("horizon_hours"), configuration.get("timeframe")
    return f" over {hours} h from candles of {timeframe}" if hours and timeframe else ""


def _use(model: AIModel) -> Iterator[str]:
    yield "\n## May it serve?\n"
    if model.architecture == RULES:
        yield "Rules need no training; they serve where no trained version has proven skill."
        return
    failed = kept_failures(model)
    if failed:
        yield from ("No.\n", *(f"- {sentence}" for sentence in gate_sentences(failed)))
    else:
        yield "It passed every gate."
    spans = list(model.activations.order_by("valid_from"))
    if spans:
        yield "\nIt was in force:\n"
    for span in spans:
        ended = (span.evidence or {}).get("ended", {}).get("reason", "")
        yield f"- {_time(span.valid_from)} to {_time(span.valid_to)}{': ' + ended if ended else ''}"


def _data(model: AIModel) -> Iterator[str]:
    span = model.training_data_range or {}
    if not span:
        return
    yield "\n## Data\n"
    yield f"- **Seen**: {span.get('start_date', UNKNOWN)} to {span.get('end_date', UNKNOWN)}"
    names = ("total", "train", "validation", "test")
    rows = [f"{name} {span[key]:,}" for name in names if (key := f"{name}_samples") in span]
    yield f"- **Rows**: {', '.join(rows) or UNKNOWN}"
    if (quality := span.get("data_quality_score")) is not None:
        yield f"- **Features that were known**: {quality:.1%}"


def _features(model: AIModel) -> Iterator[str]:
    importance = (model.training_features or {}).get("feature_importance") or {}
    if not importance:
        return
    strongest = sorted(importance.items(), key=lambda pair: -pair[1])[:STRONGEST]
    yield f"\n## Features\n\n{len(importance)} features; the strongest by their mean contribution:\n"
    yield "| feature | contribution |\n|---|---:|"
    yield from (f"| {name} | {value:.4f} |" for name, value in strongest)


def _tested(evaluations: list[ModelPerformance]) -> Iterator[str]:
    for row in evaluations:
        found = row.detailed_metrics or {}
        about = row.evaluation_metadata or {}
        yield f"\n## {STRETCHES.get(row.evaluation_type, row.evaluation_type)}\n"
        if "version" not in found:
            yield f"{row.sample_count or UNKNOWN} forecasts; grade {row.performance_grade or UNKNOWN}."
            continue
        yield f"{_day(about.get('from'))} to {_day(about.get('to'))}, {about.get('assets', UNKNOWN)} assets; grade "
        yield f"{row.performance_grade or UNKNOWN}; {found.get('trials', UNKNOWN)} variants tried when it was tested.\n"
        yield "| forecast | n | log skill | Brier skill | AUC | calibration error | 90 % interval holds |"
        yield "|---|---:|---|---|---|---|---|"
        yield from (_figures(line) for line in (*found.get("others", {}).values(), found["version"]))
        if (choice := found.get("overfitting")) is not None:
            yield f"\nProbability of backtest overfitting {choice['probability']:.0%}: the best of "
            yield f"{choice['variants']} variants in one half of the time was among the worse half in the other, "
            yield f"over {choice['halves']} halves; "
            yield f"its log skill there {100 * choice['median']:+.2f} % "
            yield f"(5 to 95 % of the halves: {100 * choice['low']:+.2f} … {100 * choice['high']:+.2f})."


def _figures(line: dict[str, Any]) -> str:
    figures, values = line["figures"], line.get("values") or {}
    error = figures["calibration"]
    cells = [
        line["who"],
        f"{figures['n']:,}",
        _interval(figures["log_skill"], "skill", as_percent=True),
        _interval(figures["brier_skill"], "skill", as_percent=True),
        _interval(figures["auc"], "value"),
        _interval(error, "corrected"),
        _interval(values.get("coverage"), "value"),
    ]
    return f"| {' | '.join(cells)} |"


def _interval(found: dict[str, Any] | None, name: str, *, as_percent: bool = False) -> str:
    """A figure with its 95 % interval; what could not be said is a dash."""
    if found is None or found[name] is None:
        return UNKNOWN
    factor, form = (100, "+.2f") if as_percent else (1, ".3f")
    low, value, high = (found[key] for key in ("low", name, "high"))
    shown = f"{factor * value:{form}}{' %' if as_percent else ''}"
    return shown if low is None or high is None else f"{shown} [{factor * low:{form}} … {factor * high:{form}}]"


def _live(model: AIModel) -> Iterator[str]:
    record: ForecastRecord = forecast_record(Chosen(model=model.name))
    yield "\n## In use\n"
    if not record.issued:
        yield "No version of this name has forecast in use."
        return
    yield f"All versions of this name together: {record.issued:,} forecasts issued, {record.scored:,} scored."
    if record.late:
        yield f"{record.late:,} more were written when their target had passed: they are kept and not counted."
    if record.skill is not None:
        yield f"Brier skill over the naive forecast {100 * record.skill:+.2f} %" + (
            "; too few moments for an interval."
            if record.skill_low is None or record.skill_high is None
            else f" [{100 * record.skill_low:+.2f} … {100 * record.skill_high:+.2f}]."
        )
    if record.coverage_90 is not None:
        yield f"The 90 % interval held {record.coverage_90:.1%} of {record.n_intervals:,} prices."


def _time(moment: Any) -> str:
    return UNKNOWN if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def _day(text: str | None) -> str:
    return text[:10] if text else UNKNOWN
