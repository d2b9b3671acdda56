"""The review of suggestions, one by one: the queue, and everything that a decision rests on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext

from assets.selectors.candles import candles
from cryptopredict.pages.graphs import Band, Graph, Line
from selection.choices import Decision, Factor, SuggestionType
from selection.models import AISuggestion, SuggestionReview
from selection.selectors.similar_suggestions import Fate, similar_suggestions
from selection.selectors.suggestion_chain import SuggestionChain, why
from selection.selectors.visible import review_queue
from selection.services.suggestion_preview import Preview, preview
from system import formats
from system.choices import LIVE

DAYS = 90
"""Of candles that are shown."""
WINDOW = timedelta(days=30)
"""Of these, the stretch that the factors look at: their longest return is that of thirty days."""
SHOWN = 500
"""Suggestions that the queue lists."""
EARLIER = 10
"""Earlier suggestions about the same asset that are told."""
DAILY = "1d"
SORTS = {"urgency": ("urgency", "-confidence_score", "-pk"), "clearness": ("-confidence_score", "-pk"),
         "expiry": ("expires_at", "-pk"), "newest": ("-created_at", "-pk")}  # fmt: skip


FATES: dict[str, Callable[[], str]] = {
    "accepted": lambda: gettext("accepted"),
    "rejected": lambda: gettext("rejected"),
    "expired": lambda: gettext("lapsed"),
}


@dataclass(frozen=True)
class Why:
    """A factor behind the change: percentile of the asset among all, its own value, its share of the score."""

    name: str
    value: float | None
    percentile: float
    weight: float | None


@dataclass(frozen=True)
class Chosen:
    """The suggestion that is looked at.

    Attributes:
        is_open: whether it still waits for a decision; else ``decided`` says who was quicker.
        earlier: other suggestions about the same asset, newest first.
        comments: what reviewers have said of this one.
    """

    suggestion: AISuggestion
    is_open: bool
    decided: SuggestionReview | None
    preview: Preview
    reasons: list[Why]
    chain: SuggestionChain
    price: Graph
    similar: list[tuple[str, Fate]]
    earlier: list[AISuggestion]
    comments: list[SuggestionReview]
    rank: int | None
    among: int | None


@dataclass(frozen=True)
class ReviewPage:
    """The queue and what is chosen. ``after``: the next one in the queue."""

    queue: list[AISuggestion]
    total: int
    kind: str
    sort: str
    kinds: list[tuple[str, str]]
    chosen: Chosen | None
    after: int | None


def waiting(kind: str, sort: str) -> QuerySet[AISuggestion]:
    """What waits for an admin, of one kind or of all, in an order of ``SORTS``."""
    found = review_queue().select_related("asset", "watchlist", "ai_model").order_by(*SORTS.get(sort, SORTS["urgency"]))
    return found.filter(suggestion_type=kind) if kind in SuggestionType.values else found


def review_page(kind: str, sort: str, wanted: int | None, now: datetime) -> ReviewPage:
    """The page.

    Args:
        kind, sort: of the queue.
        wanted: the suggestion that is looked at; the first of the queue when left out or unknown.
        now: the present.
    """
    found = waiting(kind, sort)
    queue = list(found[:SHOWN])
    ids = [one.pk for one in queue]
    chosen = next((one for one in queue if one.pk == wanted), None)
    if chosen is None and wanted is not None:  # decided meanwhile, or beyond what is listed
        chosen = live_suggestion(wanted)
    chosen = chosen or (queue[0] if queue else None)
    place = ids.index(chosen.pk) if chosen and chosen.pk in ids else None
    return ReviewPage(
        queue,
        found.count() if len(queue) == SHOWN else len(queue),
        kind if kind in SuggestionType.values else "",
        sort if sort in SORTS else "urgency",
        [(str(value), str(label)) for value, label in SuggestionType.choices],
        look_at(chosen, now) if chosen else None,
        next_of(ids, place),
    )


def live_suggestion(wanted: int) -> AISuggestion | None:
    """A suggestion for a default list, whether it waits or not."""
    found = AISuggestion.objects.filter(series=LIVE, watchlist__watchlist_type="default", pk=wanted)
    return found.select_related("asset", "watchlist", "ai_model").first()


def next_of(ids: list[int], place: int | None) -> int | None:
    """The one after a place; from the last on the one before it, as the queue closes up."""
    if place is None:
        return ids[0] if ids else None
    if place + 1 < len(ids):
        return ids[place + 1]
    return ids[place - 1] if place else None


def look_at(suggestion: AISuggestion, now: datetime) -> Chosen:
    """Everything about one suggestion."""
    chain = why(suggestion)
    reviews = list(suggestion.reviews.select_related("reviewer").order_by("reviewed_at"))
    deciding = [one for one in reviews if one.decision != Decision.DEFER]
    is_open = review_queue().filter(pk=suggestion.pk).exists()
    place, among = suggestion.reasoning.get("place"), suggestion.reasoning.get("among")
    others = AISuggestion.objects.filter(series=LIVE, asset=suggestion.asset_id).exclude(pk=suggestion.pk)
    return Chosen(
        suggestion,
        is_open,
        deciding[-1] if deciding and not is_open else None,
        preview(suggestion, now) if is_open else Preview([]),
        [Why(str(Factor(one.factor).label), one.value, one.percentile, one.weight) for one in chain.reasons],
        chain,
        price_graph(suggestion, now),
        [(FATES[one.name](), one) for one in similar_suggestions(suggestion)],
        list(others.select_related("watchlist").order_by("-created_at")[:EARLIER]),
        reviews,
        None if place is None or among is None else 1 + round((1 - place) * (among - 1)),
        among,
    )


def price_graph(suggestion: AISuggestion, now: datetime) -> Graph:
    """Daily closes of the asset, with the stretch behind them that the factors looked at."""
    made = suggestion.run.as_of if suggestion.run_id and suggestion.run else suggestion.created_at
    found = candles(suggestion.asset_id, DAILY, now - timedelta(days=DAYS), now, now)
    ends = [datetime.fromtimestamp(int(time), tz=UTC) + timedelta(days=1) for time in found.times]
    closes = found.close.tolist()
    title = gettext("%(asset)s, USD, 90 days") % {"asset": suggestion.asset.symbol}
    bands = [Band(made - WINDOW, made, gettext("What the factors looked at"), "accent-soft")]
    known = [close for close in closes if close is not None]
    decimals = formats.price_decimals(known[-1]) if known else 2
    return Graph("price", title, ends, [Line(suggestion.asset.symbol, closes)], "USD", decimals, bands=bands)
