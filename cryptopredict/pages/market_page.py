"""The page of the market: in which state it is, since when, by which evidence, what followed before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby, takewhile
from statistics import median
from typing import Any

from django.utils.translation import gettext, ngettext

from assets.choices import Market
from assets.models import Asset
from assets.selectors.candles import candles
from assets.selectors.shown import shown_market
from assets.selectors.universe import BENCHMARKS
from cryptopredict.pages import words
from cryptopredict.pages.figure_names import figure_name
from cryptopredict.pages.graphs import Band, Graph, Line
from cryptopredict.pages.home.page import TIMEFRAME
from cryptopredict.pages.kpis import Kpi, kpis
from cryptopredict.pages.market import RegimeCard, regime_card
from cryptopredict.pages.outside import Series, outside
from cryptopredict.pages.parts import part
from macro.choices import MarketRegime
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.selectors.regimes import Judgement, RegimeForecast, judgements, regime_forecast
from macro.selectors.shown import shown_regime, snapshot_before
from macro.selectors.snapshots import figures_over_time, reasons
from system import formats

State = tuple[datetime, str]
"""A state of the market, and from when on it was known."""
DAY = timedelta(days=1)
RANGES: dict[str, tuple[int, Callable[[], str]]] = {
    "30d": (30, lambda: formats.span(24 * 30)),
    "90d": (90, lambda: formats.span(24 * 90)),
    "180d": (180, lambda: formats.span(24 * 180)),
    "1y": (365, lambda: gettext("1 year")),
    "3y": (1095, lambda: gettext("3 years")),
}
"""How far back, in days, and what that is called."""
USUAL = "180d"
LEAST_FOR_MEDIAN = 3
"""Values of a line before something is said of its median."""
AHEAD = (1, 7, 30)
"""Days for which the next state is told."""


@dataclass(frozen=True)
class History:
    """A figure of the snapshots over time: its column, what it is called, and how it is drawn. ``factor``: from what is
    stored to the unit."""

    column: str
    label: Callable[[], str]
    unit: str = ""
    level: float | None = None
    low: float | None = None
    high: float | None = None
    decimals: int = 1
    factor: float = 1


HISTORIES = (
    History("crypto_market_breadth", lambda: gettext("Market breadth"), "%", 50, 0, 100),
    History("btc_dominance", lambda: gettext("Bitcoin dominance"), "%"),
    History("fear_greed_index", lambda: gettext("Fear & Greed"), "", 50, 0, 100, 0),
    History("liquidity_score", lambda: gettext("Traded in 24 h, share of the market cap"), "%", factor=100),
    History("funding_rate_btc", lambda: gettext("Funding rate of Bitcoin, 8 hours"), "%", 0, decimals=4, factor=100),
    History("total_market_cap", lambda: gettext("Total market cap"), "USD", decimals=0),
)


@dataclass(frozen=True)
class Analogue:
    """A moment of the past that looked like this one, and what followed, percent by days."""

    time: datetime
    similarity: float
    followed: list[float | None]


@dataclass(frozen=True)
class Quality:
    """How much of the snapshot is known. ``missing``: reasons with the figures that are unknown for them."""

    completeness: float | None
    missing: list[tuple[str, list[str]]]


@dataclass(frozen=True)
class MarketPage:
    """Everything about one market. ``analogue_days``: after how many days analogues were followed."""

    market: Market
    snapshot: MetricsSnapshot
    range: str
    ranges: list[tuple[str, str]]
    regime: RegimeCard
    kpis: list[Kpi]
    price: Graph
    probabilities: Graph
    histories: list[Graph]
    ahead: list[tuple[int, RegimeForecast]]
    analogues: list[Analogue]
    analogue_days: list[int]
    outside: list[Series]
    quality: Quality


def market_page(wanted: str, now: datetime) -> MarketPage | None:
    """The page, or None while nothing has been analysed.

    Args:
        wanted: a key of ``RANGES``; anything else is the usual one.
        now: the present.
    """
    market = shown_market()
    analysis = shown_regime(market, TIMEFRAME) if market else None
    if market is None or analysis is None:
        return None
    chosen = wanted if wanted in RANGES else USUAL
    days, _label = RANGES[chosen]
    past = part(lambda: judgements(TIMEFRAME, days))
    snapshot = analysis.metrics_snapshot
    since = analysis.analysis_time - timedelta(days=days)
    followed = (analysis.analysis_data or {}).get("analogues") or []
    after = part(lambda: sorted({int(one) for analogue in followed for one in analogue["followed_pct"]}))
    return MarketPage(
        market=market,
        snapshot=snapshot,
        range=chosen,
        ranges=[(name, told()) for name, (_days, told) in RANGES.items()],
        regime=part(lambda: regime_card(analysis, now)),
        kpis=part(lambda: kpis(analysis, snapshot_before(snapshot, DAY))),
        price=part(lambda: price_graph(market, analysis, past, since)),
        probabilities=part(lambda: probability_graph(past)),
        histories=part(lambda: [*histories(market, since, analysis.analysis_time), volatility_graph(past)]),
        ahead=part(lambda: [(number, regime_forecast(analysis, number)) for number in AHEAD]),
        analogues=part(lambda: [analogue(one, after) for one in followed]),
        analogue_days=after,
        outside=part(lambda: outside(snapshot, now)),
        quality=part(lambda: quality(snapshot)),
    )


def analogue(told: Mapping[str, Any], after: Sequence[int]) -> Analogue:
    """A moment of the past as the analysis keeps it, with what followed after so many days."""
    followed = [told["followed_pct"].get(str(number)) for number in after]
    return Analogue(datetime.fromisoformat(told["time"]), told["similarity"], followed)


def price_graph(market: Market, newest: AIRegimeAnalysis, past: Sequence[Judgement], since: datetime) -> Graph:
    """Daily closes of Bitcoin, with the states behind them."""
    symbol = BENCHMARKS[market][0]
    bitcoin = Asset.objects.filter(symbol=symbol).values_list("pk", flat=True).first()
    title = gettext("Bitcoin, USD, with the state of the market")
    if bitcoin is None:
        return Graph("price", title, [], [])
    until = newest.analysis_time
    found = candles(bitcoin, TIMEFRAME, since, until, until)
    ends = [datetime.fromtimestamp(int(time), tz=UTC) + DAY for time in found.times]
    judged = [(one.time, one.regime) for one in past]
    before = reckoned(newest, judged[0][0])
    spoken = bands([*before, *judged], since)
    if changes := len(spoken) - 1:
        told = ngettext(
            "Bitcoin, USD: the market changed its state once",
            "Bitcoin, USD: the market changed its state %(n)s times",
            changes,
        )
        title = told % {"n": formats.number(changes)}
    note = gettext("Closes of days; behind them the state as it was judged on that day, never as judged later.")
    if before:
        note = gettext(
            "Closes of days. The state behind them was judged on the day itself from %(day)s on; before that it is as "
            "the rules of today would have judged, from what was known on that day."
        ) % {"day": formats.day(judged[0][0])}
    return Graph("price", title, ends, [Line(symbol, found.close.tolist())], "USD", bands=spoken, note=note)


def reckoned(analysis: AIRegimeAnalysis, until: datetime) -> list[State]:
    """The states before a moment as an analysis keeps them: each by candles up to its day only."""
    told = (analysis.analysis_data or {}).get("states") or []
    states = [(datetime.fromisoformat(one["from"]), one["regime"]) for one in told]
    return [one for one in states if one[0] < until]


def bands(states: Sequence[State], since: datetime) -> list[Band]:
    """Stretches of the same state, oldest first; a state holds until the next one is judged.

    Args:
        states: oldest first.
        since: nothing before it is told.
    """
    changes = [next(alike) for _regime, alike in groupby(states, key=lambda one: one[1])]
    ends = [start for start, _regime in changes[1:]] + [states[-1][0]] if states else []
    return [
        Band(max(start, since), end, str(MarketRegime(name).label).capitalize(), f"regime-{name.lower()}")
        for (start, name), end in zip(changes, ends, strict=True)
        if end > since
    ]


def probability_graph(past: Sequence[Judgement]) -> Graph:
    """Probabilities of all states, on top of each other."""
    judged = [(one.time, one.probabilities) for one in past if one.probabilities]
    lines = [
        Line(
            str(regime.label).capitalize(),
            [round(100 * found.get(regime.value, 0.0), 2) for _time, found in judged],
            f"regime-{regime.value.lower()}",
            "stack",
        )
        for regime in MarketRegime
    ]
    title = gettext("Probabilities of the six states")
    return Graph("probabilities", title, [time for time, _ in judged], lines, "%", decimals=1, low=0, high=100)


def histories(market: Market, since: datetime, until: datetime) -> list[Graph]:
    """Figures of the snapshots over time; those that were never known are left to the list of what is missing."""
    rows = figures_over_time(market, TIMEFRAME, [one.column for one in HISTORIES], since, until)
    times = [row["snapshot_time"] for row in rows]
    return [history_graph(one, times, [row[one.column] for row in rows]) for one in HISTORIES]


def history_graph(wanted: History, times: Sequence[datetime], values: Sequence[Decimal | int | None]) -> Graph:
    """One of them; its title tells how long it has been on its side of its own median."""
    floats = [None if value is None else wanted.factor * float(value) for value in values]
    level = None if wanted.level is None else (wanted.level, formats.number(wanted.level))
    return Graph(
        wanted.column,
        finding(wanted.label(), floats),
        times,
        [Line(wanted.label(), floats)],
        wanted.unit,
        wanted.decimals,
        level=level,
        low=wanted.low,
        high=wanted.high,
    )


def volatility_graph(past: Sequence[Judgement]) -> Graph:
    """How much Bitcoin moved, as each judgement of the market saw it."""
    percent = [None if one.volatility is None else 100 * one.volatility for one in past]
    label = gettext("Volatility of the market, a year")
    times = [one.time for one in past]
    return Graph("volatility", finding(label, percent), times, [Line(label, percent)], "%", decimals=1)


def finding(label: str, values: Sequence[float | None]) -> str:
    """What a line shows: for how many values it has been above or below its median; its name while that is unknown."""
    known = [value for value in values if value is not None]
    if len(known) < LEAST_FOR_MEDIAN or values[-1] is None:
        return label
    middle = median(known)
    if known[-1] == middle:
        return label
    is_above = known[-1] > middle
    on_one_side = takewhile(lambda value: value != middle and (value > middle) == is_above, reversed(known))
    length = sum(1 for _value in on_one_side)
    if is_above:
        told = ngettext(
            "%(label)s: above its median of this time for %(n)s day",
            "%(label)s: above its median of this time for %(n)s days",
            length,
        )
    else:
        told = ngettext(
            "%(label)s: below its median of this time for %(n)s day",
            "%(label)s: below its median of this time for %(n)s days",
            length,
        )
    return told % {"label": label, "n": formats.number(length)}


def quality(snapshot: MetricsSnapshot) -> Quality:
    """What of the snapshot is known, and why the rest is not; the reason of most figures first."""
    names: dict[str, list[str]] = {}
    for name, why in sorted(reasons(snapshot).items()):
        names.setdefault(words.reason(why), []).append(figure_name(MetricsSnapshot, name))
    missing = sorted(names.items(), key=lambda one: (-len(one[1]), one[0]))
    return Quality((snapshot.data_quality_flags or {}).get("completeness_score"), missing)
