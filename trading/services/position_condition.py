"""What has changed around an open position since its entry."""

from macro.choices import MarketRegime
from selection.selectors.valued import Valued
from system.choices import Outlook
from trading.choices import RegimeChange
from trading.compute.position_state import (
    breaks_away,
    broken_level,
    deterioration,
    has_turned,
    mood_turned,
    volume_declines,
)
from trading.services.position_facts import Columns, Facts, Reasons
from trading.services.position_surroundings import Surroundings

CHANGES = {
    (MarketRegime.BULL, MarketRegime.BEAR): RegimeChange.BULL_TO_BEAR,
    (MarketRegime.BULL, MarketRegime.SIDEWAYS): RegimeChange.BULL_TO_SIDEWAYS,
    (MarketRegime.BEAR, MarketRegime.BULL): RegimeChange.BEAR_TO_BULL,
}


def condition(one: Valued, found: Facts, around: Surroundings) -> tuple[Columns, Reasons]:
    """What has turned against it since its entry, and where the asset seems to go."""
    held = abs(float(one.holding.quantity))
    entry = abs(float(one.holding.cost)) / held if held else found.price
    level = broken_level(found.levels, entry, found.price, found.side)
    opened = around.entries.get(one.position.pk)
    against = Outlook.BEARISH if found.side > 0 else Outlook.BULLISH
    outlook = around.outlooks.get(one.position.asset_id)
    signs = {
        "momentum_shift": has_turned(found.close, found.side),
        "volume_declining": volume_declines(found.volume),
        "support_broken": level is not None,
        "sentiment_change": mood_turned(opened.mood if opened else None, around.mood, found.side),
        "sector_rotation": None if outlook is None else outlook == against,
        "correlation_breakdown": breaks_away(found.close, found.bitcoin) if len(found.bitcoin) else None,
    }
    details: dict[str, Columns] = {
        "support_broken": {"price_level": level},
        "correlation_breakdown": {"affected_correlation": "BTC"},
    }
    known = {
        "current_signals": signs
        | {"atr": found.atr, "unknown": [name for name, sign in signs.items() if sign is None]},
        "risk_factors": [
            {"factor": name, "severity": "high" if name == "support_broken" else "medium"} | details.get(name, {})
            for name, sign in signs.items()
            if sign
        ],
        "condition_deterioration_score": deterioration(signs),
    }
    words = {1: Outlook.BULLISH, -1: Outlook.BEARISH, 0: Outlook.NEUTRAL, None: None}
    return known | {"ai_position_outlook": words[found.way]}, {"ai_position_outlook": "a hole in its newest candles"}


def surrounded(one: Valued, around: Surroundings) -> tuple[Columns, Reasons]:
    """What is known of it whether or not it has a price: its risk beside others, the regime since, live signals."""
    asset, side = one.position.asset_id, -1 if one.holding.is_short else 1
    known: Columns = {}
    reasons: Reasons = {
        "risk_level_score": "the asset is not in the ranking",
        "signal_agreement_score": "no signal of the asset lives",
        "market_regime_change": "no regime is known then or now",
    }
    ranking = around.layers.standing
    if asset in ranking.asset_ids:
        calm = float(ranking.scores.by_factor["calm"][ranking.asset_ids.index(asset)])
        known["risk_level_score"] = 1 - calm
    if ways := around.directions.get(asset):
        known["signal_agreement_score"] = sum(way == side for way in ways) / len(ways)
    opened = around.entries.get(one.position.pk)
    if opened is not None and opened.regime and around.regime:
        pair = (MarketRegime(opened.regime), MarketRegime(around.regime))
        known["market_regime_change"] = RegimeChange.NO_CHANGE if pair[0] == pair[1] else CHANGES.get(pair)
        reasons["market_regime_change"] = f"the column has no word for {pair[0]} to {pair[1]}"
    return known, reasons
