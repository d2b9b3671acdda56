"""Where every asset of the market stands: by its factors alone, and with the weights and forecasts of a run."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.bootstrap import Interval, ratio_interval
from assets.compute.periods import MONDAY
from assets.compute.series import percentile_rank
from assets.selectors import MarketView
from sectors.selectors.members import primary_sectors
from selection.choices import Factor
from selection.compute import ranking, weights
from selection.selectors.history import history_of
from selection.selectors.outlooks import AssetOutlook, outlooks
from system.choices import RiskLevel
from system.models import PipelineRun

Floats = NDArray[np.float64]
WEEK, MONTH, QUARTER = timedelta(days=7), timedelta(days=30), timedelta(days=90)
PURGE = 1
"""Past moments lie a week apart, and so long is the horizon: the outcome of one is known at the next."""
BLOCK = 2
RISK_SHARES = ((0.5, RiskLevel.LOW), (0.8, RiskLevel.MEDIUM), (0.95, RiskLevel.HIGH), (1.0, RiskLevel.EXTREME))
"""Up to which percentile of the possible loss an asset counts as how risky beside the others."""


@dataclass(frozen=True)
class Standing:
    """Scores of the universe's free assets on a snapshot, by asset id."""

    asset_ids: list[int]
    scores: ranking.Scores
    raw: ranking.Factors
    breakouts: Floats

    def place(self, asset_id: int) -> float:
        """Percentile of the total score, 0-1; NaN if the asset has none."""
        return self.at(self.scores.place, asset_id)

    def at(self, values: Floats, asset_id: int) -> float:
        """The value of an asset, of values in the order of ``asset_ids``; NaN if it is not among them."""
        column = self._columns.get(asset_id)
        return float("nan") if column is None else float(values[column])

    @cached_property
    def _columns(self) -> dict[int, int]:
        return {asset_id: column for column, asset_id in enumerate(self.asset_ids)}

    def reasons(self, asset_id: int) -> dict[str, float]:
        """The asset's percentile in each factor that is known."""
        values = {name: self.at(line, asset_id) for name, line in self.scores.by_factor.items()}
        return {name: value for name, value in values.items() if np.isfinite(value)}


def standing(view: MarketView) -> Standing:
    """Score every asset of the universe that follows no other price, with equal weights."""
    return view.figure("standing", lambda: _standing(view))


def _standing(view: MarketView) -> Standing:
    panel = view.panel.take(view.universe.free)
    candles = ranking.Candles(panel.high, panel.low, panel.close, panel.volume)
    asset_ids = panel.asset_ids.tolist()
    raw = ranking.factors(candles, _sectors(asset_ids, view.as_of), _span(view))
    return Standing(asset_ids, ranking.scores(raw), raw, ranking.breakouts(candles))


def _span(view: MarketView) -> ranking.Span:
    return ranking.Span(view.bars(WEEK), view.bars(MONTH), view.bars(QUARTER))


def _sectors(asset_ids: list[int], as_of: datetime) -> NDArray[np.int64]:
    found = primary_sectors(asset_ids, as_of)
    return np.array([found[one].pk if one in found else -1 for one in asset_ids], dtype=np.int64)


@dataclass(frozen=True)
class Record:
    """What the factors were worth up to a moment.

    Attributes:
        past: factors of past weeks and what followed.
        correlations: rank correlation of each factor with it.
        found: the weighted score, each time with the weights of that time.
        steady: after how many weeks half of the order has gone; None where that is not known.
    """

    past: weights.Past
    correlations: Floats
    found: weights.WalkForward
    steady: int | None

    @property
    def interval(self) -> Interval | None:
        """Mean rank correlation of the score with the week that followed; None with too few weeks."""
        known = self.found.correlations[np.isfinite(self.found.correlations)]
        return ratio_interval(known, np.ones(len(known)), block=BLOCK) if len(known) else None

    @property
    def share_positive(self) -> float:
        """How often the score ordered the assets the right way round; NaN with fewer than half a year of weeks."""
        known = self.found.correlations[np.isfinite(self.found.correlations)]
        return float((known > 0).mean()) if len(known) >= weights.LEAST_MOMENTS else float("nan")


def factor_record(view: MarketView) -> Record:
    """How the factors ordered the assets at every past week that the view reaches back to, dead assets among them.

    A function of the candles that were known at the view's moment and of nothing else: no run has to have come before.
    """
    return view.figure("factor_record", lambda: _record(view))


def _record(view: MarketView) -> Record:
    history, span = history_of(view), _span(view)
    seen, ends = history.market, history.ends
    candles = ranking.Candles(seen.high, seen.low, seen.close, seen.volume)
    weekly = (ends - int(MONDAY.timestamp())) % int(WEEK.total_seconds()) == 0
    rows = np.flatnonzero(weekly)
    rows = rows[(rows >= span.month) & (rows + span.week < len(ends))]
    past = weights.past_moments(candles, seen.sector, span, rows, span.week)
    correlations, breadth = weights.factor_correlations(past), weights.breadths(past)
    found = weights.walk_forward(past, correlations, breadth, PURGE)
    return Record(past, correlations, found, weights.steady_moments(found.places))


@dataclass(frozen=True)
class Ranked:
    """The market in the order of a run: weighted factors, and the forecasts where a trained version made them.

    Attributes:
        total, places: weighted score and its percentile, 0-1, shape (n,).
        by_factor: percentiles, the forecast's among them if it counts.
        risk: percentile of the possible loss, or of the volatility where there is no forecast, shape (n,).
        outlooks: return distributions by asset.
    """

    standing: Standing
    weights: weights.Weights
    record: Record
    total: Floats
    places: Floats
    by_factor: dict[str, Floats]
    risk: Floats
    outlooks: dict[int, AssetOutlook] = field(default_factory=dict)

    @property
    def asset_ids(self) -> list[int]:
        return self.standing.asset_ids

    def at(self, values: Floats, asset_id: int) -> float:
        """The value of an asset; NaN if it is not ranked."""
        return self.standing.at(values, asset_id)

    def place(self, asset_id: int) -> float:
        """Percentile of the score, 0-1; NaN if the asset has none."""
        return self.at(self.places, asset_id)

    def percentiles(self, asset_id: int) -> dict[str, float]:
        """The asset's percentile in each factor that is known."""
        found = {name: self.at(line, asset_id) for name, line in self.by_factor.items()}
        return {name: value for name, value in found.items() if np.isfinite(value)}

    def risk_level(self, asset_id: int) -> RiskLevel | None:
        """How risky the asset is beside the others; None where nothing is known."""
        share = self.at(self.risk, asset_id)
        return next((level for limit, level in RISK_SHARES if share <= limit), None)


def ranked(view: MarketView, run: PipelineRun | None) -> Ranked:
    """The market in the order of a run; without a run there are no forecasts."""
    return view.figure(f"ranked {run.pk if run else None}", lambda: _ranked(view, run))


def _ranked(view: MarketView, run: PipelineRun | None) -> Ranked:
    base, record, said = standing(view), factor_record(view), outlooks(run)
    chances, losses = (
        np.array([getattr(said[one], name) if one in said else np.nan for one in base.asset_ids])
        for name in ("expected_return", "possible_loss")
    )
    is_learned = any(one.is_learned for one in said.values())
    names, table = ranking.joined(base.scores.by_factor, {Factor.FORECAST.value: chances} if is_learned else {})
    correlations = record.correlations
    if is_learned:
        correlations = np.column_stack([correlations, np.full(len(correlations), np.nan)])
    found = weights.estimated(correlations, weights.breadths(record.past), names)
    total = ranking.combined(table, found.values)
    return Ranked(
        standing=base,
        weights=found,
        record=record,
        total=total,
        places=percentile_rank(total),
        by_factor=dict(zip(names, table, strict=True)),
        risk=percentile_rank(np.where(np.isfinite(losses), losses, np.nan))
        if np.isfinite(losses).any()
        else 1 - base.scores.by_factor["calm"],
        outlooks=said,
    )
