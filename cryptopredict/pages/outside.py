"""Series of the world outside crypto, as the page of the market shows them."""

from dataclasses import dataclass
from datetime import datetime

from cryptopredict.pages import words
from macro.models import MetricsSnapshot
from macro.selectors.snapshots import macro_indicators


@dataclass(frozen=True)
class Series:
    """A series at the time of a snapshot.

    Attributes:
        label: its name.
        value: None while it is not known.
        changes: against the value before, a week and a month ago, in the form that ``form`` names; None = not known.
        form: of the changes, a name of ``figures.FORMS``: percent, or points for what is a percentage itself.
        observed: the day of the value.
        is_stale: whether that day is too long ago to stand for the present.
        missing: why the value is not known.
    """

    label: str
    value: float | None
    changes: tuple[float | None, float | None, float | None]
    form: str
    observed: datetime | None
    is_stale: bool
    missing: str


def outside(snapshot: MetricsSnapshot, now: datetime) -> list[Series]:
    """What the snapshot looked at, known series first."""
    rows = []
    for row in macro_indicators(snapshot, now):
        unit, form = ("points", "points") if "change_points" in row else ("pct", "change")
        observed = row.get("observed_at")
        rows.append(
            Series(
                label=words.named(words.OUTSIDE, row["indicator_name"]),
                value=row["value"],
                changes=(row.get(f"change_{unit}"), row.get(f"change_7d_{unit}"), row.get(f"change_30d_{unit}")),
                form=form,
                observed=datetime.fromisoformat(observed) if observed else None,
                is_stale="stale" in row,
                missing=row.get("missing", ""),
            )
        )
    return sorted(rows, key=lambda one: (one.value is None, one.label))
