"""Columns about what surrounds the price: mood, liquidity, who trades, and other markets."""

from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.choices import Market
from assets.compute.periods import LENGTHS
from assets.selectors import candle_panel
from macro.choices import LiquidityRegime, MacroAlignment, RiskAppetite, SentimentRegime
from macro.compute.regime.appetite import CHANGE_OVER, CLEAR, ENVIRONMENT, RISK, Tide, appetite, stability, tide
from macro.compute.regime.participation import inflow, liquidity, liquidity_word, retail_participation, whales_moved
from macro.selectors.series import MAX_AGE, daily_history
from macro.selectors.trades import trade_counts
from macro.services.regime_case import Case, Part

Floats = NDArray[np.float64]
DAY = timedelta(days=1)
HISTORY_DAYS = 600
"""Calendar days of other markets: a year of trading days before the change that is looked at."""
CORRELATED = ("SP500", "GOLD", "DXY")
CORRELATED_DAYS = 300
MOODS = ((SentimentRegime.EXTREME_FEAR, 25), (SentimentRegime.FEAR, 45), (SentimentRegime.NEUTRAL, 56),
         (SentimentRegime.GREED, 76))  # fmt: skip
"""Words of the Fear & Greed Index for values below a limit, as alternative.me uses them."""
MOVED, LEANS = 10, 0.2
"""Points from 50, and direction of the evidence, from which on mood and price say something."""
NO_SOURCE = "no source"
OPEN_INTEREST = {Market.REAL: "OPEN_INTEREST:BTCUSDT-PERP", Market.DEMO: "OPEN_INTEREST:BTC-DEMO-PERP"}


def mood_part(case: Case) -> Part:
    """Fear and greed, and whether the price agrees; without the index, the composite of the other moods."""
    snapshot = case.snapshot
    index, composite = snapshot.fear_greed_index, snapshot.composite_sentiment
    breakdown = {
        **((snapshot.extended_metrics or {}).get("sentiment_metrics") or {}),
        "fear_greed_index": None if index is None else float(index),
        "composite": None if composite is None else float(composite),
        "funding_rate_btc": None if snapshot.funding_rate_btc is None else float(snapshot.funding_rate_btc),
    }
    if index is None and composite is None:
        columns = ("sentiment_regime", "fear_greed_impact", "sentiment_regime_conflict")
        return Part({}, dict.fromkeys(columns, NO_SOURCE), {"sentiment_breakdown": breakdown})
    points = float(index) if index is not None else 50 + 50 * float(composite or 0)
    word = next((word for word, limit in MOODS if points < limit), SentimentRegime.EXTREME_GREED)
    mean = case.judgement.direction
    values: dict[str, Any] = {
        "sentiment_regime": word,
        "sentiment_regime_conflict": abs(points - 50) > MOVED and abs(mean) > LEANS and (points - 50) * mean < 0,
    }
    if index is not None:
        values["fear_greed_impact"] = abs(points - 50) / 50
    read_from = "fear_greed_index" if index is not None else "composite_sentiment"
    return Part(values, {"fear_greed_impact": NO_SOURCE}, {"sentiment_breakdown": breakdown | {"read_from": read_from}})


def liquidity_part(case: Case) -> Part:
    """How easily Bitcoin trades against its own year, and whose trades they are."""
    lines = case.lines
    score = liquidity(lines.close, lines.volume)
    counts = trade_counts(case.bitcoin, case.view.timeframe, case.view.as_of, lines.times)
    told = int(np.isfinite(counts).sum())
    _days, held = daily_history(OPEN_INTEREST[case.view.market], case.view.market, case.view.as_of, 400)
    trades = f"trades are known of {told} candles" if told else NO_SOURCE
    return Part(
        {
            "liquidity_regime": LiquidityRegime(liquidity_word(score)) if np.isfinite(score) else None,
            "institutional_flow_score": inflow(held),
            "retail_participation_score": retail_participation(lines.volume, counts),
            "whale_activity_influence": whales_moved(lines.close, lines.volume, counts),
        },
        {
            "liquidity_regime": "too little history of volume",
            "institutional_flow_score": f"open interest is known of {len(held)} days" if len(held) else NO_SOURCE,
            "retail_participation_score": trades,
            "whale_activity_influence": trades,
        },
        {"liquidity": {"score": score}},
    )


def outside_part(case: Case) -> Part:
    """Other markets as they were known: whether they favour risk, and how steadily Bitcoin goes with them."""
    known = {name: _history(case, name) for name in sorted({*RISK, *ENVIRONMENT})}
    fresh = {name: values for name, (days, values) in known.items() if _is_fresh(case, days)}
    risk, before, around = tide(fresh, RISK), tide(fresh, RISK, back=CHANGE_OVER), tide(fresh, ENVIRONMENT)
    steady = _steadiness(case, known)
    few = f"{len(fresh)} of {len(known)} markets are known well enough"
    return Part(
        {
            "macro_regime_alignment": None if around is None else _alignment(around),
            "risk_on_off_regime": None if risk is None else risk.is_clear,
            "global_risk_appetite": None if risk is None else RiskAppetite(appetite(risk, before)),
            "correlation_stability": sum(steady.values()) / len(steady) if steady else None,
        },
        dict.fromkeys(("macro_regime_alignment", "risk_on_off_regime", "global_risk_appetite"), few)
        | {"correlation_stability": "fewer than 90 common days with any other market"},
        {
            "outside_markets": {
                "risk": None if risk is None else {"score": risk.score, "parts": risk.parts},
                "environment": None if around is None else {"score": around.score, "parts": around.parts},
                "correlation_stability": steady,
            }
        },
    )


def _alignment(around: Tide) -> MacroAlignment:
    if abs(around.score) < CLEAR:
        return MacroAlignment.NEUTRAL
    return MacroAlignment.SUPPORTIVE if around.score > 0 else MacroAlignment.HEADWIND


def _history(case: Case, code: str) -> tuple[NDArray[np.int64], Floats]:
    return daily_history(code, case.view.market, case.view.as_of, HISTORY_DAYS)


def _is_fresh(case: Case, days: NDArray[np.int64]) -> bool:
    """A series that ended says nothing of the present; weekends and holidays are bridged."""
    if not len(days):
        return False
    newest = int(case.view.as_of.timestamp()) // 86_400
    return newest - int(days[-1]) <= (MAX_AGE["macro"] + DAY) / DAY


def _steadiness(case: Case, known: dict[str, tuple[NDArray[np.int64], Floats]]) -> dict[str, float]:
    """Stability of Bitcoin's correlation with each market, on the days that both traded."""
    panel = candle_panel([case.bitcoin], "1d", case.view.as_of, CORRELATED_DAYS)
    dates = panel.times // int(LENGTHS["1d"].total_seconds())
    coin = panel.close[:, 0]
    found = {}
    for name in CORRELATED:
        days, values = known[name]
        if not _is_fresh(case, days):
            continue
        _common, mine, theirs = np.intersect1d(dates[np.isfinite(coin)], days, return_indices=True)
        score = stability(coin[np.isfinite(coin)][mine], values[theirs])
        if np.isfinite(score):
            found[name] = score
    return found
