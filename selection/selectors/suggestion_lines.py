"""Suggestions one by one, with what they were about and what came of them, wherever they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from selection.choices import NotMeasured, SuggestionStatus, SuggestionType, Tier
from selection.models import AISuggestion, SuggestionOutcome
from selection.selectors.suggestion_archive import archived_suggestions
from selection.selectors.suggestion_report import Told


@dataclass(frozen=True)
class SuggestionLine:
    """A suggestion for everybody to see: who decided is not among what it tells.

    Attributes:
        symbol, watchlist: names; None where the asset or the list is no more.
        tier: that it aimed at; empty = none.
        asset_return, median_return: percent, over its horizon; None before it is scored.
        unresolved: why it is due and not scored, a word of ``NotMeasured``; empty = it is scored or not due.
        due: end of its horizon, as far as it is known.
    """

    told: Told
    symbol: str | None
    watchlist: str | None
    tier: str
    confidence: Decimal
    asset_return: Decimal | None
    median_return: Decimal | None
    unresolved: str
    due: datetime | None

    @property
    def kind(self) -> str:
        """What was suggested, in words."""
        return str(SuggestionType(self.told.kind).label)

    @property
    def status(self) -> str:
        """What was decided, in words."""
        return str(SuggestionStatus(self.told.status).label)

    @property
    def tier_label(self) -> str:
        return str(Tier(self.tier).label) if self.tier else ""

    @property
    def unresolved_label(self) -> str:
        return str(NotMeasured(self.unresolved).label) if self.unresolved else ""


def suggestion_lines(told: Sequence[Told]) -> list[SuggestionLine]:
    """Suggestions of a report in the same order, by three statements however many there are."""
    keys = [one.key for one in told]
    present = AISuggestion.objects.select_related("asset", "watchlist").in_bulk(keys)
    archived = {one.pk: one for one in archived_suggestions().filter(pk__in=keys)}
    outcomes = {one.suggestion_id: one for one in SuggestionOutcome.objects.filter(suggestion_id__in=keys)}
    lines = []
    for one in told:
        outcome = outcomes.get(one.key)
        if one.key in present:
            row: AISuggestion = present[one.key]
            symbol, watchlist = row.asset.symbol, row.watchlist.name
            tier, confidence, hours = row.target_tier, row.confidence_score, row.horizon_hours
        elif one.key in archived:
            kept: Any = archived[one.key]
            symbol, watchlist = kept.asset_symbol, kept.list_name
            tier, confidence, hours = kept.target_tier, kept.confidence_score, kept.horizon_hours
        else:  # its list was deleted since the report was read
            continue
        lines.append(
            SuggestionLine(
                told=one,
                symbol=symbol,
                watchlist=watchlist,
                tier=tier or "",
                confidence=confidence,
                asset_return=outcome.asset_return if outcome else None,
                median_return=outcome.median_return if outcome else None,
                unresolved=(outcome.unresolved_reason or "") if outcome else "",
                due=outcome.ended_at if outcome else one.made_at + timedelta(hours=hours) if hours else None,
            )
        )
    return lines
