"""What came of earlier suggestions of the same kind for the same list."""

import json
from dataclasses import dataclass

from django.db import connection

from selection.choices import SuggestionStatus
from selection.models import AISuggestion

FATES = {
    "accepted": (SuggestionStatus.APPROVED, SuggestionStatus.IMPLEMENTED),
    "rejected": (SuggestionStatus.REJECTED,),
    "expired": (SuggestionStatus.EXPIRED,),
}
ALIKE = """
SELECT fate.name, count(alike.id), count(o.excess_return), count(*) FILTER (WHERE o.excess_return > 0),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY o.excess_return::float8)
FROM jsonb_each(%(fates)s::jsonb) AS fate (name, statuses)
LEFT JOIN (
    SELECT id, status FROM ai_suggestions
    WHERE series = %(series)s AND watchlist_id = %(watchlist)s AND suggestion_type = %(kind)s AND id <> %(itself)s
    UNION ALL
    SELECT id, status FROM ai_suggestions_archive
    WHERE series = %(series)s AND watchlist_id = %(watchlist)s AND suggestion_type = %(kind)s
) AS alike ON fate.statuses ? alike.status
LEFT JOIN suggestion_outcomes o ON o.suggestion_id = alike.id
GROUP BY fate.name
"""


@dataclass(frozen=True)
class Fate:
    """Earlier suggestions that met the same fate.

    Attributes:
        name: accepted, rejected or expired.
        made: how many.
        scored: of them, those whose outcome is known.
        right: of these, those whose asset did what was suggested, against the median of the list.
        excess: median of by how much, percentage points; None without any that is scored.
    """

    name: str
    made: int
    scored: int
    right: int
    excess: float | None


def similar_suggestions(suggestion: AISuggestion) -> list[Fate]:
    """The same kind for the same list, also in the archive; each fate, also one that none has met."""
    given: dict[str, str | int] = {
        "fates": json.dumps({name: list(statuses) for name, statuses in FATES.items()}),
        "series": suggestion.series,
        "watchlist": suggestion.watchlist_id,
        "kind": suggestion.suggestion_type,
        "itself": suggestion.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(ALIKE, given)
        found = {name: Fate(name, *row) for name, *row in cursor.fetchall()}
    return [found[name] for name in FATES]
