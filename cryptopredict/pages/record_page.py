"""The public record of the forecasts: how good they were, next to naive ones, and every single one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext

from aimodels.models import Prediction
from aimodels.models.ledger import Outcome
from aimodels.selectors import Chosen, ForecastRecord, Part, records_by
from aimodels.selectors.listed import Cursor, kinds, listed
from aimodels.selectors.reliability import ReliabilityBin, expected_calibration_error, reliability
from assets.choices import Market
from assets.selectors.shown import assets_of, shown_market
from cryptopredict.pages.forms import RecordForm
from cryptopredict.pages.graphs import Graph, Line
from cryptopredict.pages.parts import part
from macro.choices import MarketRegime
from selection.rules import ASSET_PRICES
from system import formats

PER_PAGE = 50
MOST_IN_FILE = 10_000
"""Forecasts of a file, the newest ones; the API pages through all of them."""
FORECAST_COLUMNS = (
    "id", "asset", "issued", "as_of", "horizon_hours", "type", "probability_up", "q05", "q50", "q95", "price_then",
    "due", "actual_price", "brier", "brier_naive", "in_interval_90", "model", "version",
)  # fmt: skip


@dataclass(frozen=True)
class Point:
    """A bin of the reliability diagram, in percent of its square; the larger, the more forecasts."""

    x: str
    y: str
    size: str
    found: ReliabilityBin


@dataclass(frozen=True)
class RecordPage:
    """The record as it was asked for.

    Attributes:
        whole: of all chosen forecasts.
        parts: the same by horizon, by state of the market, by model: title, then names with records.
        skill, coverage: by month.
        points: of ``bins``: how often probabilities came true.
        listed: the chosen ones, the newest first, as many as a page shows and one more.
        kept: what was asked for, without the place in the list.
    """

    market: Market
    form: RecordForm
    whole: ForecastRecord
    parts: list[tuple[str, list[tuple[str, ForecastRecord]]]]
    skill: Graph
    coverage: Graph
    points: list[Point]
    bins: list[ReliabilityBin]
    listed: list[Prediction]
    kept: dict[str, str]

    @property
    def forecasts(self) -> list[Prediction]:
        """Those of this page."""
        return self.listed[:PER_PAGE]

    @property
    def more(self) -> str | None:
        """Query of the next page; None at the end."""
        last = self.listed[PER_PAGE - 1 : PER_PAGE]
        return urlencode(self.kept | {"after": Cursor.of(last[0]).written}) if len(self.listed) > PER_PAGE else None

    @property
    def query(self) -> str:
        """Of what was asked for."""
        return urlencode(self.kept)

    @property
    def error(self) -> float | None:
        """How far probabilities were off; None with too few forecasts to say."""
        return expected_calibration_error(self.bins)


def record_page(query: Mapping[str, str], now: datetime) -> RecordPage | None:
    """The page, or None while there is no market.

    Args:
        query: of the address: horizon, model, regime, asset, period, and where the list goes on.
        now: the present.
    """
    market = shown_market()
    if market is None:
        return None
    form = record_form(query)
    chosen = choice(form, market, now)
    rows = part(lambda: listed(shown(chosen, market), Cursor.read(query.get("after", "")), PER_PAGE + 1))
    kept = {name: value for name, value in query.items() if name in form.fields and value}
    bins = part(lambda: reliability(chosen))
    found = part(lambda: records_by((Part.WHOLE, Part.HORIZON, Part.REGIME, Part.MODEL, Part.MONTH), chosen))
    return RecordPage(
        market=market,
        form=form,
        whole=part(lambda: found[Part.WHOLE].get("", ForecastRecord(0, 0))),
        parts=[
            (gettext("By horizon"), part(lambda: by_horizon(found[Part.HORIZON]))),
            (gettext("By state of the market"), part(lambda: by_regime(found[Part.REGIME]))),
            (gettext("By model"), part(lambda: list(found[Part.MODEL].items()))),
        ],
        skill=part(lambda: skill_graph(found[Part.MONTH])),
        coverage=part(lambda: coverage_graph(found[Part.MONTH])),
        points=part(lambda: points(bins)),
        bins=bins,
        listed=rows,
        kept=kept,
    )


def record_form(query: Mapping[str, str]) -> RecordForm:
    """The choice, offering what there is."""
    known = kinds(ASSET_PRICES.layer)
    return RecordForm(query, horizons=known.horizons, models=known.models, regimes=known.regimes)


def choice(form: RecordForm, market: Market, now: datetime) -> Chosen:
    """What the form names; a field that makes no sense chooses nothing, and says so beside itself. Without an asset it
    is the whole market, also what is shown no longer."""
    form.is_valid()
    wanted: dict[str, Any] = form.cleaned_data
    days, _label = form.PERIODS[wanted.get("period") or form.USUAL]
    symbol = wanted.get("asset")
    own = assets_of(market).filter(symbol=symbol.upper()).values_list("pk", flat=True) if symbol else None
    return Chosen(
        layer=ASSET_PRICES.layer,
        horizon_hours=int(wanted["horizon"]) if wanted.get("horizon") else None,
        model=wanted.get("model") or None,
        regime=wanted.get("regime") or None,
        market=market,
        asset_ids=None if own is None else list(own),
        since=None if days is None else now - timedelta(days=days),
    )


def shown(chosen: Chosen, market: Market) -> Chosen:
    """The same, of assets that have a page: what a list of single forecasts leads to."""
    if chosen.asset_ids is not None:
        return chosen
    return replace(chosen, asset_ids=list(assets_of(market).values_list("pk", flat=True)))


def by_horizon(found: Mapping[str, ForecastRecord]) -> list[tuple[str, ForecastRecord]]:
    """The shortest first."""
    return [(formats.span(int(hours)), found[hours]) for hours in sorted(found, key=int)]


def by_regime(found: Mapping[str, ForecastRecord]) -> list[tuple[str, ForecastRecord]]:
    """By the state of the market that the forecasts were made in."""
    return [(regime_name(name), one) for name, one in found.items()]


def regime_name(name: str) -> str:
    """A state of the market, as forecasts note it; some have been made without one."""
    return str(MarketRegime(name).label).capitalize() if name in MarketRegime.values else gettext("not known")


def skill_graph(months: Mapping[str, ForecastRecord]) -> Graph:
    """Skill by month with both ends of its interval."""
    rows = [(month(name), record) for name, record in months.items() if record.n]
    lines = [
        Line(gettext("Skill"), [_percent(record.skill) for _at, record in rows]),
        Line(gettext("Lower end"), [_percent(record.skill_low) for _at, record in rows], "edge"),
        Line(gettext("Upper end"), [_percent(record.skill_high) for _at, record in rows], "edge"),
    ]
    return Graph(
        "skill",
        skill_finding([record for _at, record in rows]),
        [at for at, _record in rows],
        lines,
        "%",
        1,
        level=(0, gettext("naive")),
        note=gettext(
            "1 − Brier / naive Brier of the forecasts of each month, with its interval of 95 percent. 0 is no better."
        ),
    )


def skill_finding(records: Sequence[ForecastRecord]) -> str:
    """In how many months the forecasts were better than naive ones."""
    known = [record.skill for record in records if record.skill is not None]
    if not known:
        return gettext("Skill by month")
    return gettext("Better than naive in %(n)s of %(m)s months") % {"n": sum(one > 0 for one in known), "m": len(known)}


def coverage_graph(months: Mapping[str, ForecastRecord]) -> Graph:
    """Share of prices that came to lie inside the intervals, by month."""
    rows = [(month(name), record) for name, record in months.items() if record.n_intervals]
    lines = [
        Line(gettext("Inside 90 %"), [_percent(record.coverage_90) for _at, record in rows]),
        Line(gettext("Inside 50 %"), [_percent(record.coverage_50) for _at, record in rows], "regime-distribution"),
    ]
    title = gettext("Prices inside the intervals, by month")
    return Graph(
        "coverage", title, [at for at, _record in rows], lines, "%", 1, level=(90, "90"), low=0, high=100,
        note=gettext("An honest interval holds its share of the prices, neither more nor less."),
    )  # fmt: skip


def points(bins: Sequence[ReliabilityBin]) -> list[Point]:
    """The bins on a square with its origin above to the left, as SVG has it."""
    most = max((one.n for one in bins), default=1)
    return [
        Point(
            f"{100 * one.forecast:.2f}", f"{100 - 100 * one.observed:.2f}", f"{1 + 3 * (one.n / most) ** 0.5:.2f}", one
        )
        for one in bins
    ]


def month(name: str) -> datetime:
    """The first moment of a month, ``2026-11``."""
    return datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def forecast_rows(query: Mapping[str, str], now: datetime) -> Iterator[tuple[Any, ...]]:
    """The chosen forecasts for a file, the newest first."""
    market = shown_market()
    if market is None:
        return
    chosen = choice(record_form(query), market, now)
    for one in listed(shown(chosen, market), None, MOST_IN_FILE):
        said, came = one.predicted_value or {}, outcome(one)
        levels = said.get("quantiles") or {}
        yield (
            one.pk,
            one.asset.symbol,
            one.created_at.isoformat(),
            one.as_of.isoformat(),
            one.prediction_horizon,
            one.prediction_type,
            said.get("probability_up"),
            *(levels.get(level) for level in ("0.05", "0.5", "0.95")),
            one.input_price,
            one.target_datetime.isoformat(),
            *((came.actual_price, came.brier, came.brier_naive, came.in_interval_90) if came else (None,) * 4),
            one.model_name,
            one.model_version,
        )


def outcome(forecast: Prediction) -> Outcome | None:
    """What came of a forecast: the last correction, else what was seen first; None while it is open."""
    corrected = max(forecast.revisions.all(), key=lambda one: one.number, default=None)
    return corrected or getattr(forecast, "score", None)
