"""Rows of ``ai_sector_analysis`` from the figures of all sectors."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np

from assets.compute.series import correlation, log_returns, simple_return
from assets.selectors import moment
from sectors.compute.record import DOWN, FLAT, UNKNOWN, UP, Record, Words, outlook_record, remaining_life
from sectors.compute.strength import quadrant, rotation_positions
from sectors.models import AISectorAnalysis
from sectors.selectors.news import Attention
from sectors.services.figures import DAY, WEEK, YEAR, Figures, Floats
from system.choices import Outlook
from system.services import complete

TAIL = 10
"""Points of a sector's tail in the rotation graph, a day or a candle apart, whichever is longer."""
BEST = 3
TOO_LONG = "a candle is longer than the span"
NO_SOURCE = dict.fromkeys(("institutional_inflow", "tvl_total", "active_users", "active_protocols"), "no source")
NO_NEWS = "no headline of the last seven days names a sector"
NO_TOTAL = "market caps of less than half of the assets are known"
NO_VOLUME = "no volume is known"
NO_FLOW = "needs market caps of a week ago or volumes of two weeks"
OUTLOOKS = {UP: Outlook.BULLISH, DOWN: Outlook.BEARISH, FLAT: Outlook.NEUTRAL}


def outlook(word: int) -> Outlook | None:
    return OUTLOOKS.get(word)


def too_few(record: Record) -> str:
    """Why a hit rate is not given."""
    return f"no measured record yet: {record.n} cases in {record.periods} separate weeks"


def few_caps(figures: Figures, k: int) -> str:
    """Why a sector has no market cap."""
    return f"market caps of {int(figures.capped[k])} of {int(figures.present[k].sum())} members are known"


def records(figures: Figures, words: Words, level: Floats, spread: Floats) -> dict[int, Record]:
    """How often each outlook came true over the week that followed."""
    week = figures.bars(WEEK)
    return {word: outlook_record(words, level, spread, week, word) for word in OUTLOOKS}


def agreement(signals: Mapping[str, float], word: int) -> float:
    """Share of the signals that speak for the outlook; for a neutral one, how evenly they are divided. NaN without any.

    Args:
        signals: above 0 speaks for a rise, below for a fall; NaN says nothing.
        word: the outlook.
    """
    signs = [float(np.sign(value)) for value in signals.values() if np.isfinite(value)]
    if not signs or word == UNKNOWN:
        return float("nan")
    if word == FLAT:
        return 1 - abs(sum(signs)) / len(signs)
    return sum(sign == word for sign in signs) / len(signs)


class SectorRows:
    """The rows of all sectors of one moment."""

    def __init__(self, figures: Figures, attention: Mapping[int, Attention] | None) -> None:
        self.figures, self.market, self.view = figures, figures.market, figures.market.view
        self.attention = attention
        self.hours = (self.view.closed_at - self.view.candle_time) / timedelta(hours=1)
        self.records = records(figures, figures.words, figures.level, figures.spread)
        self.lives = remaining_life(figures.words)
        returns = log_returns(figures.level)[-figures.month :]
        benchmarks = (self.view.universe.bitcoin, self.view.universe.ether)
        self.with_coins = [
            [correlation(returns[:, k], log_returns(figures.coin(one))[-figures.month :]) for one in benchmarks]
            for k in range(returns.shape[1])
        ]
        self.weekly = 100 * simple_return(self.market.close, figures.bars(WEEK))
        self.graph = self._graph()

    def analyses(self) -> list[dict[str, Any]]:
        """Rows of ``ai_sector_analysis`` without what all sectors share."""
        return [self._analysis(k) for k in range(len(self.market.members))]

    def _analysis(self, k: int) -> dict[str, Any]:
        figures, word = self.figures, int(self.figures.words[-1, k])
        signals = self._signals(k)
        left, arrived = self._flow(k)
        dominant = float(figures.dominance[0][k]) if np.isfinite(figures.cap[k]) else float("nan")
        values, absent = complete(
            AISectorAnalysis,
            {
                "sector": self.market.members[k].sector,
                "sector_market_cap": float(figures.cap[k]),
                "sector_volume_24h": float(figures.volume[k]),
                "sector_dominance_pct": dominant,
                "performance_24h_pct": float(figures.returns["24h"][k]),
                "performance_7d_pct": float(figures.returns["7d"][k]),
                "performance_30d_pct": float(figures.returns["30d"][k]),
                "momentum_score": float(figures.momentum[-1, k]),
                "rotation_inflow_score": arrived,
                "rotation_outflow_score": left,
                "relative_strength_score": float(figures.strength[-1, k]),
                "liquidity_score": float(figures.liquidity[k]),
                "volatility_score": float(figures.volatility[k]),
                "correlation_with_btc": self.with_coins[k][0],
                "correlation_with_eth": self.with_coins[k][1],
                "narrative_tag": self._narratives(k),
                "top_performers": self._best(k),
                "key_signals": [{"type": name, "value": value} for name, value in signals.items()],
                "ai_sector_outlook": outlook(word),
                "ai_confidence_score": self.records[word].rate if word in self.records else float("nan"),
                "signal_agreement_score": agreement(signals, word),
                "outlook_duration_estimate": float(self.lives[k]) * self.hours,
            },
            self._reasons(k, word),
            by_people=("analysis_data", "candle_time", "timeframe"),
        )
        return values | {"analysis_data": self._data(k, word, signals) | {"missing": absent}}

    def _signals(self, k: int) -> dict[str, float]:
        """What speaks for a rise (above 0) or a fall of the sector."""
        figures, (left, arrived) = self.figures, self._flow(k)
        return {
            "momentum": float(figures.momentum[-1, k]),
            "strength_btc": 2 * float(figures.against_bitcoin[-1, k]) - 1,
            "strength_total": 2 * float(figures.against_total[-1, k]) - 1,
            "breadth": 2 * float(figures.above[k]) - 1,
            "advancing": 2 * float(figures.advancing[k]) - 1,
            "net_inflow": arrived - left,
        }

    def _flow(self, k: int) -> tuple[float, float]:
        """Share of all that moved between sectors which left this one, and which arrived in it."""
        rotation = self.figures.rotation
        if rotation is None:
            return float("nan"), float("nan")
        moved = rotation.flows.moved
        if moved <= 0:
            return 0.0, 0.0
        return float(rotation.flows.left[k] / moved), float(rotation.flows.arrived[k] / moved)

    def _reasons(self, k: int, word: int) -> dict[str, str]:
        figures = self.figures
        priced = np.isfinite(figures.level[:, k])
        known = int(priced.sum())
        still = known > figures.month and not (np.diff(figures.level[priced, k][-figures.month :]) != 0).any()
        short = "prices did not move" if still else f"too little history ({known} candles)"
        caps = few_caps(figures, k)
        reasons = NO_SOURCE | dict.fromkeys(
            ("performance_24h_pct", "performance_7d_pct", "performance_30d_pct", "momentum_score",
             "relative_strength_score", "volatility_score", "correlation_with_btc", "correlation_with_eth",
             "ai_sector_outlook", "signal_agreement_score", "ai_confidence_score", "outlook_duration_estimate"),
            short,
        )  # fmt: skip
        reasons |= {
            "sector_market_cap": caps,
            "sector_dominance_pct": caps
            if figures.has_caps
            else "market caps of less than half of the assets are known",
            "sector_volume_24h": NO_VOLUME,
            "liquidity_score": NO_VOLUME,
            "narrative_tag": NO_NEWS,
        } | dict.fromkeys(("rotation_inflow_score", "rotation_outflow_score"), NO_FLOW)
        if word in self.records:
            reasons["ai_confidence_score"] = too_few(self.records[word])
            reasons["outlook_duration_estimate"] = "fewer than five such outlooks that lasted as long have ended before"
        if self.view.universe.ether is None:
            reasons["correlation_with_eth"] = "Ether has no fresh candles"
        if not self.view.resolves(DAY):
            reasons |= dict.fromkeys(("performance_24h_pct", "sector_volume_24h"), TOO_LONG)
        return reasons

    def _data(self, k: int, word: int, signals: Mapping[str, float]) -> dict[str, Any]:
        figures, record = self.figures, self.records.get(word)
        by_cap = bool(self.market.indexes[k].by_cap[-1])
        attention = (self.attention or {}).get(self.market.members[k].sector.pk)
        per_year = YEAR / timedelta(hours=self.hours)
        return {
            "performance_metrics": {
                "members": int(figures.present[k].sum()),
                "members_with_market_cap": int(figures.capped[k]),
                "breadth": float(figures.above[k]),
                "advancing": float(figures.advancing[k]),
                "relative_strength_btc": float(figures.against_bitcoin[-1, k]),
                "relative_strength_total": float(figures.against_total[-1, k]),
                "volatility_annual_pct": 100 * float(figures.spread[-1, k]) * per_year**0.5,
                "weighted_by": "market_cap" if by_cap else "equal",
                "outlook_record": {"n": record.n, "hits": record.hits, "weeks": record.periods} if record else None,
            },
            "flags": [] if by_cap else ["equal_weighted"],
            "rotation_graph": self.graph[k],
            "news": {"headlines_7d": attention.headlines, "share": attention.share} if attention else None,
            "rationale": [
                {"evidence": name, "value": value, "speaks_for": "rise" if value > 0 else "fall"}
                for name, value in sorted(signals.items(), key=lambda one: -abs(one[1]))
                if np.isfinite(value) and value != 0
            ],
        }

    def _graph(self) -> list[list[dict[str, Any]]]:
        """The last points of each sector in the rotation graph, oldest first."""
        figures = self.figures
        step = figures.bars(DAY)
        strength, momentum = rotation_positions(
            figures.level, self.market.total.level, figures.month, figures.bars(WEEK)
        )
        rows = [row for row in range(len(strength) - 1 - (TAIL - 1) * step, len(strength), step) if row >= 0]
        times = [f"{moment(self.view.panel.times[row]):%Y-%m-%dT%H:%M:%SZ}" for row in rows]
        return [
            [
                {"time": time, "strength": float(s), "momentum": float(m), "quadrant": quadrant(s, m)}
                for time, s, m in zip(times, strength[rows, k], momentum[rows, k], strict=True)
                if np.isfinite(s) and np.isfinite(m)
            ]
            for k in range(strength.shape[1])
        ]

    def _best(self, k: int) -> list[dict[str, Any]]:
        members = np.flatnonzero(self.figures.present[k] & np.isfinite(self.weekly))
        best = members[np.argsort(-self.weekly[members], kind="stable")][:BEST]
        return [
            {
                "asset_id": int(self.market.asset_ids[i]),
                "symbol": self.market.symbols[i],
                "return_pct": float(self.weekly[i]),
            }
            for i in best
        ]

    def _narratives(self, k: int) -> list[str] | None:
        """The sector's own name while the news speak of it more than before."""
        if self.attention is None:
            return None
        sector = self.market.members[k].sector
        found = self.attention.get(sector.pk)
        return [sector.name[:50]] if found is not None and found.is_narrative else []
