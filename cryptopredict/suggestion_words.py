"""The record of suggestions and of rankings in lines of text, for commands."""

from collections.abc import Iterator

from selection.compute.intervals import Mean
from selection.selectors.ranking_record import RankingRecord
from selection.selectors.suggestion_report import SuggestionReport


def report_lines(report: SuggestionReport) -> Iterator[str]:
    """A line for each fate, then what the reviewers added."""
    for name, group in report.groups.items():
        yield (
            f"suggestions {name}: {group.made} made, {group.scored} scored ({group.ended} of ended coins), "
            f"{group.unmeasured} unmeasured, precision {figure(group.precision, 3)}, "
            f"mean excess {figure(group.excess, 2)} points"
        )
    yield f"added by the reviewers (accepted minus rejected): {figure(report.added_value, 2)} points"
    if report.agreement_with_ai is not None:
        yield f"agreement with the product: {report.agreement_with_ai:.3f}"
    if report.agreement_of_reviewers is not None:
        yield f"agreement of reviewers: {report.agreement_of_reviewers:.3f} of {report.pairs} pairs"
    if report.hours_to_decision is not None:
        yield (
            f"hours to the decision: median {report.hours_to_decision:.1f}, nine of ten within "
            f"{report.hours_to_decision_90:.1f}"
        )


def ranking_lines(records: list[RankingRecord]) -> Iterator[str]:
    """A line for each timeframe and horizon."""
    for record in records:
        yield (
            f"ranking {record.timeframe}, next {record.horizon_hours // 24} days: n {record.ours.n}, rank correlation "
            f"{figure(record.ours, 4)}, plain momentum {figure(record.momentum, 4)}, difference "
            f"{figure(record.difference, 4)}; {record.unresolved} without prices; "
            f"of the coins of the measured {record.ended} had ended, {record.left_out} were left out"
        )


def figure(mean: Mean, places: int) -> str:
    """A mean with its interval; what is not known is said so."""
    if mean.value is None:
        return "unknown"
    interval = (
        f"[{mean.low:+.{places}f} … {mean.high:+.{places}f}]"
        if mean.low is not None and mean.high is not None
        else f"[too few periods: {mean.periods}]"
    )
    return f"{mean.value:+.{places}f} {interval}"
