"""The report of suggestions as tables: figures in words, each with its interval and how many it rests on."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from selection.choices import SuggestionType
from selection.selectors.outlooks import HORIZON_HOURS
from selection.selectors.suggestion_report import SuggestionReport
from system import formats
from system.admin_rows import Table

NOTHING = "–"
GROUPS = {
    "all": _("all"),
    "accepted": _("accepted"),
    "rejected": _("rejected"),
    "expired": _("expired"),
    "open": _("open"),
}
PARTS = {"kind": _("by kind"), "reviewer": _("by reviewer"), "month": _("by month")}


def groups_table(report: SuggestionReport) -> Table:
    """What came of suggestions by what was decided about them."""
    rows = [
        (
            GROUPS[name], count(group.made), count(group.scored), count(group.unmeasured), count(group.ended),
            share(group.precision), interval(group.precision, share_of), points(group.excess.value),
            interval(group.excess, points),
        )
        for name, group in report.groups.items()
    ]  # fmt: skip
    columns = (
        _("Suggestions"), _("Made"), _("Scored"), _("Not measured"), _("Of ended coins"), _("Precision"), _("95 %"),
        _("Mean excess, points"), _("95 %"),
    )  # fmt: skip
    return Table(_("By decision"), columns, rows if report.groups["all"].made else [], _("There are no suggestions."))


def figures_table(report: SuggestionReport) -> Table:
    """What the reviewers did."""
    added = report.added_value
    rows = [
        (_("Added by the reviewers: mean excess of the accepted minus that of the rejected, points"),
         points(added.value), interval(added, points), count(added.n)),
        (_("Agreement with the product: accepted of the decided"), share_of(report.agreement_with_ai), NOTHING,
         count(report.groups["accepted"].made + report.groups["rejected"].made)),
        (_("Agreement of reviewers: pairs of decisions about the same change that are alike"),
         share_of(report.agreement_of_reviewers), NOTHING, count(report.pairs)),
        (_("Hours to the decision, median"), number(report.hours_to_decision, 1), NOTHING, NOTHING),
        (_("Hours to the decision, nine of ten within"), number(report.hours_to_decision_90, 1), NOTHING, NOTHING),
    ]  # fmt: skip
    return Table(_("Reviewers"), (_("Figure"), _("Value"), _("95 %"), _("Rests on")), rows, "")


def parts_table(by: str, parts: Mapping[str, SuggestionReport]) -> Table:
    """The same in parts."""
    rows = [
        (
            part_name(by, name), count(part.groups["all"].made), count(part.groups["all"].scored),
            share(part.groups["all"].precision), interval(part.groups["all"].precision, share_of),
            share(part.groups["accepted"].precision), share(part.groups["rejected"].precision),
            points(part.added_value.value), interval(part.added_value, points),
        )
        for name, part in parts.items()
    ]  # fmt: skip
    columns = (
        _("Part"), _("Made"), _("Scored"), _("Precision"), _("95 %"), _("Precision of accepted"),
        _("Precision of rejected"), _("Added by the reviewers, points"), _("95 %"),
    )  # fmt: skip
    return Table(PARTS[by], columns, rows, _("There are no suggestions."))


def missing(report: SuggestionReport) -> list[Any]:
    """What the report lacks, and what brings it."""
    made, scored = report.groups["all"].made, report.groups["all"].scored
    if not made:
        return [
            _("No suggestion has been made yet. Runs make them for the lists of the tiers, once coins are ranked and a "
              "place is clear enough (setting ai_thresholds).")
        ]  # fmt: skip
    found: list[Any] = []
    if not scored:
        hours = {"hours": formats.number(HORIZON_HOURS)}
        found.append(_("None has been scored yet: that takes a close %(hours)s hours after its candle.") % hours)
    if report.agreement_with_ai is None:
        found.append(_("Nobody has decided yet: suggestions wait in the queue."))
    elif scored and report.added_value.value is None:
        found.append(_("What the reviewers add needs accepted and rejected suggestions that are scored."))
    elif scored and report.added_value.low is None:
        found.append(_("An interval of what the reviewers add needs scored suggestions of more weeks."))
    return found


def part_name(by: str, name: str) -> str:
    """A part in words."""
    if by == "kind":
        return str(SuggestionType(name).label)
    return name or gettext("nobody")


def share(mean: Any) -> str:
    """A mean share, percent."""
    return share_of(mean.value)


def share_of(value: float | None) -> str:
    """A share, percent."""
    return NOTHING if value is None else formats.share(value, 1)


def points(value: float | None) -> str:
    """Percentage points with their sign."""
    return NOTHING if value is None else formats.number(value, 2, signed=True)


def interval(mean: Any, words: Any) -> str:
    """From … to."""
    return NOTHING if mean.low is None or mean.high is None else f"{words(mean.low)} … {words(mean.high)}"


def number(value: float | None, places: int) -> str:
    """A number; the unknown is a dash."""
    return NOTHING if value is None else formats.number(value, places)


def count(value: int) -> str:
    """How many."""
    return formats.number(value)
