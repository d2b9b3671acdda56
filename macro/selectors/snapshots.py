"""Snapshots as people are shown them: the newest, their history, two of them side by side, and cards of one subject."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, IntegerField, OuterRef, Q, QuerySet, Subquery

from assets.choices import DEMO_SOURCE, Market
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.selectors.regimes import ORIGIN
from macro.selectors.series import MAX_AGE
from macro.selectors.shown import of_same_market
from system.choices import LIVE

DAY, WEEK = timedelta(days=1), timedelta(days=7)
SLACK = timedelta(hours=1)
"""A snapshot this much older than a moment still stands for it."""
NUMBERS = tuple(
    column.name
    for column in MetricsSnapshot._meta.concrete_fields
    if isinstance(column, (DecimalField, IntegerField)) and column.name != "collection_duration_ms"
    and not column.primary_key
)  # fmt: skip
"""Columns that are a figure of the market."""
UNTOLD = "not known"
A_DAY = timedelta(days=1)
"""A value is counted from the end of the day that it describes."""
LARGE = ("extended_metrics", "data_quality_flags", "liquidation_zones")
DOMINANCES = ("btc_dominance", "eth_dominance", "usdt_dominance", "stablecoin_dominance", "altcoin_dominance")


def snapshots(market: Market | None, timeframe: str) -> QuerySet[MetricsSnapshot]:
    """Snapshots of one market and timeframe, newest first."""
    found = MetricsSnapshot.objects.filter(timeframe=timeframe).order_by("-snapshot_time")
    return found.filter(data_source=DEMO_SOURCE) if market == Market.DEMO else found.exclude(data_source=DEMO_SOURCE)


def newest_snapshot(market: Market | None, timeframe: str) -> MetricsSnapshot | None:
    """What a market looked like when it was last looked at."""
    return snapshots(market, timeframe).first()


def present_snapshot(market: Market | None) -> MetricsSnapshot | None:
    """The newest look at a market, in whichever timeframe it was taken."""
    found = MetricsSnapshot.objects.order_by("-snapshot_time", "-pk")
    is_demo = {"data_source": DEMO_SOURCE}
    return (found.filter(**is_demo) if market == Market.DEMO else found.exclude(**is_demo)).first()


def figures_over_time(
    market: Market | None, timeframe: str, names: Sequence[str], since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Some columns of all snapshots of ``(since, until]``, oldest first, in one statement without the large columns.

    Raises:
        ValueError: a name that is no figure of a snapshot.
    """
    return list(_between(market, timeframe, names, since, until).values("snapshot_time", *names))


def completeness_over_time(
    market: Market | None, timeframe: str, since: datetime, until: datetime
) -> list[tuple[datetime, float | None]]:
    """Which share of its figures each snapshot of ``(since, until]`` knew, 0-1, oldest first; None where it does not
    say."""
    rows = _between(market, timeframe, (), since, until).values_list(
        "snapshot_time", "data_quality_flags__completeness_score"
    )
    return [(time, None if share is None else float(share)) for time, share in rows]


def regime_and_figures(
    market: Market | None, timeframe: str, names: Sequence[str], since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """The same with the live state of the market at each moment, as far as it was judged: ``regime``, ``confidence``.

    Raises:
        ValueError: a name that is no figure of a snapshot.
    """
    judged = AIRegimeAnalysis.objects.filter(
        metrics_snapshot=OuterRef("pk"), series=LIVE, data_source=ORIGIN[market]
    ).order_by("-pk")
    return list(
        _between(market, timeframe, names, since, until)
        .annotate(
            regime=Subquery(judged.values("current_regime")[:1]),
            confidence=Subquery(judged.values("regime_confidence")[:1]),
        )
        .values("snapshot_time", "regime", "confidence", *names)
    )


def _between(
    market: Market | None, timeframe: str, names: Sequence[str], since: datetime, until: datetime
) -> QuerySet[MetricsSnapshot]:
    unknown = sorted(set(names) - set(NUMBERS))
    if unknown:
        raise ValueError(f"no such figure: {', '.join(unknown)}")
    found = snapshots(market, timeframe).filter(snapshot_time__gt=since, snapshot_time__lte=until)
    return found.order_by("snapshot_time")


@dataclass(frozen=True)
class Difference:
    """A figure at two moments. None where it is not known at one of them, or where 0 has no percentage."""

    name: str
    before: Decimal | int | None
    after: Decimal | int | None
    change: Decimal | int | None
    change_pct: Decimal | None


def compare(before: MetricsSnapshot, after: MetricsSnapshot, names: Sequence[str] = NUMBERS) -> list[Difference]:
    """Every figure of two snapshots side by side; no statement of its own.

    Args:
        before, after: of the same market, with the named columns loaded.
        names: which figures.
    """
    return [_difference(name, getattr(before, name), getattr(after, name)) for name in names]


def _difference(name: str, before: Any, after: Any) -> Difference:
    if before is None or after is None:
        return Difference(name, before, after, None, None)
    percent = Decimal(100) * (after - before) / abs(before) if before else None
    return Difference(name, before, after, after - before, percent)


def at_spans_before(snapshot: MetricsSnapshot, spans: Sequence[timedelta]) -> dict[timedelta, MetricsSnapshot]:
    """The same market's snapshots some spans earlier, or up to an hour before that; as far as there are any."""
    near = Q()
    for span in spans:
        near |= Q(snapshot_time__range=(snapshot.snapshot_time - span - SLACK, snapshot.snapshot_time - span))
    rows = of_same_market(snapshot).filter(near).defer(*LARGE).order_by("snapshot_time") if spans else []
    found = {}
    for row in rows:
        for span in spans:
            if timedelta(0) <= snapshot.snapshot_time - span - row.snapshot_time <= SLACK:
                found[span] = row  # the latest one stays
    return found


@dataclass(frozen=True)
class DominanceCard:
    """Shares of the market cap, percent, and by how many points they have moved."""

    snapshot: MetricsSnapshot
    changes: dict[str, Decimal | None]


def dominance_card(snapshot: MetricsSnapshot) -> DominanceCard:
    """Dominance with its changes against the snapshots 24 hours and 7 days ago, ``btc_24h`` and so on."""
    earlier = at_spans_before(snapshot, (DAY, WEEK))
    changes = {}
    for name in DOMINANCES:
        for span, label in ((DAY, "24h"), (WEEK, "7d")):
            then = getattr(earlier[span], name) if span in earlier else None
            now = getattr(snapshot, name)
            key = f"{name.partition('_')[0]}_{label}"
            changes[key] = None if now is None or then is None else now - then
    return DominanceCard(snapshot, changes)


@dataclass(frozen=True)
class SentimentCard:
    """The mood of the market and what it is made of; ``missing`` says why a figure is not known."""

    snapshot: MetricsSnapshot
    funding_rates: dict[str, float]
    news: dict[str, Any] | None
    sources: list[str]
    ether_funding: float | None
    social: dict[str, Any] | None
    missing: dict[str, str]


def sentiment_card(snapshot: MetricsSnapshot) -> SentimentCard:
    """Sentiment of a snapshot; no statement of its own."""
    groups = snapshot.extended_metrics or {}
    moods, derivatives = groups.get("sentiment_metrics", {}), groups.get("derivatives_metrics", {})
    ether, social, news = (
        derivatives.get("funding_rate_eth"),
        moods.get("social_sentiment"),
        moods.get("news_sentiment"),
    )
    figures = {
        "fear_greed_index": ("fear_greed_index", snapshot.fear_greed_index),
        "composite_sentiment": ("composite_sentiment", snapshot.composite_sentiment),
        "funding_rates.btc": ("funding_rate_btc", snapshot.funding_rate_btc),
        "funding_rates.eth": ("derivatives_metrics.funding_rate_eth", ether),
        "social_sentiment": ("sentiment_metrics.social_sentiment", social),
        "news_sentiment": ("sentiment_metrics.news_sentiment", news),
        "google_trends_score": ("google_trends_score", snapshot.google_trends_score),
    }
    why = reasons(snapshot)
    return SentimentCard(
        snapshot,
        funding_rates=derivatives.get("funding_rates") or {},
        news=news,
        sources=moods.get("sources") or [],
        ether_funding=ether,
        social=social,
        missing={name: why.get(key, UNTOLD) for name, (key, value) in figures.items() if value is None},
    )


def reasons(snapshot: MetricsSnapshot) -> dict[str, str]:
    """Why figures of a snapshot are not known, by column, and by ``group.key`` of the extended ones."""
    flags = snapshot.data_quality_flags or {}
    told: dict[str, str] = {**flags.get("missing", {}), **flags.get("missing_extended", {})}
    return told


def macro_indicators(snapshot: MetricsSnapshot, now: datetime, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Value, change and moment of the macro series that a snapshot looked at; all of them by default.

    A value that is not known has the reason, and one that was fresh when the snapshot was taken, and is by ``now`` too
    old to stand for the present, says so (``stale``).
    """
    groups, why = (snapshot.extended_metrics or {}).get("macro_metrics", {}), reasons(snapshot)
    rows = []
    for name in names or sorted(groups):
        if name not in groups:
            continue
        row = groups[name] or {"value": None, "missing": why.get(f"macro_metrics.{name}", UNTOLD)}
        observed = row.get("observed_at")
        if observed and now - datetime.fromisoformat(observed) > MAX_AGE["macro"] + A_DAY:
            row = row | {"stale": f"last value of {observed[:10]}"}
        rows.append({"indicator_name": name, **row})
    return rows
