"""What a backtest assumes, as data with every result, and in words."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from system import formats
from trading.services.backtests.lifting import SHORTER
from trading.services.backtests.running import Done

Assumption = dict[str, Any]
CHOSEN = {"rules": "traded_at_start", "plans": "assets_as_listed", "series": "assets_of_signals"}
"""What the assets are where none were named, by source of the orders."""


def assumptions_of(done: Done) -> list[Assumption]:
    """Each as a code and its numbers."""
    result, request = done.result, done.request
    slip, account = request.costs.slippage, request.account
    figures = result.figures
    found: list[Assumption] = [
        {"code": "signal_on_close"},
        {"code": "market_only" if np.isnan(result.orders.zone).all() else "limit_in_zone"},
        {"code": "stop_at_level"},
        {"code": "finer", "timeframe": SHORTER[request.timeframe], "assumed": figures.assumed}
        if result.has_finer
        else {"code": "stop_first", "assumed": figures.assumed},
        {
            "code": "fees",
            "tiers": [
                {"volume": tier.volume, "maker_percent": 100 * tier.maker, "taker_percent": 100 * tier.taker}
                for tier in request.costs.tiers
            ],
        },
        {"code": "slippage", "percent": 100 * slip.fixed, "of_volume": slip.of_volume, "most_percent": 100 * slip.most},
        {"code": "funding" if result.has_funding else "no_funding"},
        {"code": "pauses" if result.pauses else "passes_holes", "missing": int(result.bars.missing.sum())},
        {"code": "sized_by_results"},
        {
            "code": "limits",
            "max_open": account.max_open,
            "leverage": account.leverage,
            "max_share_percent": 100 * account.max_share,
            "max_sector_percent": 100 * account.max_sector,
        },
        {"code": "one_position"},
        {"code": "candles_known_at", "moment": done.candles.known_at.isoformat()},
        _assets(done),
        {"code": "trials", "trials": done.trials, "folds": len(done.folds)} if done.folds else {"code": "no_choice"},
    ]
    if done.is_demo:
        found.append({"code": "demo"})
    return found


def _assets(done: Done) -> Assumption:
    request = done.request
    if done.traded_at is not None and done.traded_at > request.start:
        return {"code": "traded_at_first", "moment": done.traded_at.isoformat()}
    return {"code": "assets_as_named" if request.assets else CHOSEN[request.source]}


def words_of(one: Assumption) -> str:
    """An assumption as a sentence.

    Raises:
        KeyError: a code that there is none of.
    """
    texts = {
        "signal_on_close": _("A signal is known at the close of its candle; nothing is filled before the next open."),
        "market_only": _("Entries are market orders at the next open."),
        "limit_in_zone": _(
            "A limit is filled where the price reaches its zone, in full, whatever the volume; one that the next open "
            "has reached already is a market order that pays no more than its limit."
        ),
        "stop_at_level": _("A stop or target is filled at its level, after a gap at the open beyond it."),
        "finer": _(
            "Where one candle holds what came in an unknown order, {timeframe} candles decide if all are stored; else "
            "the stop counts (trades in which it did: {assumed})."
        ),
        "stop_first": _(
            "Where one candle holds what came in an unknown order, the stop counts (trades in which it did: {assumed})."
        ),
        "fees": _("Fees by the volume traded in the last 30 days: {fees}."),
        "slippage": _(
            "Market orders give way by {percent} % and {of_volume} × their share of the candle's volume, at most "
            "{most_percent} %; targets and limits by nothing."
        ),
        "funding": _("Perpetuals pay the funding that is stored for them, at the open of the candle it falls into."),
        "no_funding": _("No funding is stored for these assets, and none is counted."),
        "pauses": _("At a missing candle a plan waits and is judged no further: {missing} candles are missing."),
        "passes_holes": _("A missing candle is passed over: {missing} candles are missing."),
        "sized_by_results": _("Sizes count from the start and all results until then; what is open does not count."),
        "limits": _(
            "At most {max_open} positions, together worth {leverage} × the capital, "
            "{max_share_percent} percent of it in one, {max_sector_percent} percent in one sector."
        ),
        "one_position": _("One position for each asset at a time; an order that comes meanwhile is not taken."),
        "candles_known_at": _("Candles read as they were known at {moment}."),
        "survivors": _("The assets are those that traded at the end: what died before is missing, which flatters."),
        "traded_at_start": _(
            "The assets are those that traded at the start; what died later counts, what came later is missing."
        ),
        "traded_at_first": _(
            "At the start there was no market yet: the assets are those that traded at {moment}, when it began; what "
            "died later counts, what came later is missing."
        ),
        "assets_as_named": _("The assets are those that were named."),
        "assets_as_listed": _("The assets are those that stood on the lists at each moment."),
        "assets_of_signals": _("The assets are those of the stored signals."),
        "trials": _(
            "{trials} variants were tried, chosen over {folds} folds by the past alone, without a look into shorter "
            "candles."
        ),
        "no_choice": _("One strategy was followed; none was chosen among others."),
        "demo": _("The demo market is made up: its results say nothing of a real one."),
    }
    fees = _(", ").join(tier_words(tier) for tier in one.get("tiers", []))
    return texts[one["code"]].format(**{name: shown(name, value) for name, value in one.items()}, fees=fees)


def tier_words(tier: Mapping[str, float]) -> str:
    """Fees from a traded volume on: of makers and of takers, percent."""
    told = _("from {volume} USD {maker_percent} / {taker_percent} percent")
    return told.format(**{name: shown(name, value) for name, value in tier.items()})


def shown(name: str, value: Any) -> Any:
    """A value as it stands in a sentence: numbers and moments as people read them, words as they are."""
    if name == "moment":
        return formats.clock(datetime.fromisoformat(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        # As many digits as can be told: a percentage was multiplied, 0.07 may be 0.069999….
        return formats.coins(Decimal(f"{value:.6g}"))
    return value
