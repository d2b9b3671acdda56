"""Market caps, dominance, volume and liquidity of a snapshot."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np

from assets.compute import periods
from macro.compute.snapshot_caps import Coin, dominance, share_change, total_change
from macro.selectors.histories import History
from macro.services.snapshot_inputs import DAY, NO_SOURCE, WEEK, Inputs, Part

CAPS_LEAST = 20
"""With market caps of fewer assets than this a total would be no total."""
COLUMNS = ("total_market_cap", "btc_dominance", "eth_dominance", "usdt_dominance", "stablecoin_dominance",
           "altcoin_dominance", "liquidity_score")  # fmt: skip
CHANGES = {
    "btc_dominance_change_24h": DAY,
    "btc_dominance_change_7d": WEEK,
    "eth_dominance_change_24h": DAY,
    "eth_dominance_change_7d": WEEK,
    "total_market_cap_change_24h_pct": DAY,
    "total_market_cap_change_7d_pct": WEEK,
}


def fresh_caps(inputs: Inputs) -> dict[int, float]:
    """Market caps that may stand for the present, USD, by asset; 0 is unknown, and a wrapped coin would count twice."""
    found: dict[int, float] = inputs.view.figure("fresh_market_caps", lambda: _fresh(inputs, "market_cap"))
    return found


def _sizes(inputs: Inputs, kind: str) -> list[History]:
    return [
        series
        for series in inputs.series.values()
        if series.kind == kind and series.asset_id is not None and not series.is_wrapped
        and not series.is_stale(inputs.as_of)
    ]  # fmt: skip


def _fresh(inputs: Inputs, kind: str) -> dict[int, float]:
    newest = {series.asset_id: float(series.values[-1]) for series in _sizes(inputs, kind)}
    return {asset_id: value for asset_id, value in sorted(newest.items()) if asset_id is not None and value > 0}


def market_caps(inputs: Inputs) -> Part:
    """Totals and shares, where market caps are known, and the volume of 24 hours."""
    volumes = _fresh(inputs, "volume")
    part = _volume(inputs, volumes)
    caps = fresh_caps(inputs)
    if inputs.view.universe.bitcoin not in caps or len(caps) < CAPS_LEAST:
        reason = f"market caps of {len(caps)} assets are known"
        part.reasons |= dict.fromkeys(COLUMNS, reason)
        part.group("trend_metrics", dict.fromkeys(CHANGES), reason)
        return part
    described = {series.asset_id: series for series in _sizes(inputs, "market_cap")}
    coins = {str(described[i].symbol): Coin(cap, described[i].is_stable) for i, cap in caps.items()}
    codes = inputs.codes
    shares = dominance(coins, bitcoin=codes.bitcoin, ether=codes.ether, tether=codes.tether)
    both = caps.keys() & volumes.keys()
    known = sum(caps[asset_id] for asset_id in sorted(both))
    turnover = sum(volumes[asset_id] for asset_id in sorted(both)) / known if known else None
    part.values |= dict(
        zip(
            COLUMNS,
            (shares.total, shares.bitcoin, shares.ether, shares.tether, shares.stablecoins, shares.altcoins, turnover),
            strict=True,
        )
    )
    unknown = "its market cap is not known"
    part.reasons |= {"eth_dominance": unknown, "usdt_dominance": unknown, "liquidity_score": "no source"}
    part.reasons["stablecoin_dominance"] = "no stablecoin's market cap is known"
    part.basis["total_market_cap"] = f"{len(caps)} assets whose market cap is known"
    part.group("trend_metrics", _changes(inputs, caps), "no market caps of the day before or the week before")
    return part


def _volume(inputs: Inputs, volumes: dict[int, float]) -> Part:
    """Volume of 24 hours: that of all exchanges where it is known, else that of the candles, and which of the two."""
    part = Part(reasons={"total_volume_24h": NO_SOURCE})
    panel = inputs.spans
    recent = panel.volume[-periods.bars(DAY, panel.timeframe) :]
    traded = float(np.where(np.isfinite(recent), recent, 0).sum()) if np.isfinite(recent).any() else None
    if volumes:
        part.values["total_volume_24h"] = sum(volumes.values())
        part.basis["total_volume_24h"] = f"all exchanges, {len(volumes)} assets"
    elif traded:
        part.values["total_volume_24h"] = traded
        part.basis["total_volume_24h"] = f"candles of {panel.close.shape[1]} assets at their own exchange"
    part.group("composite_metrics", {"traded_volume_24h": traded}, "no candles of 24 hours")
    part.group("composite_metrics", {"assets_with_market_cap": len(fresh_caps(inputs))}, NO_SOURCE)
    return part


def _changes(inputs: Inputs, caps: dict[int, float]) -> dict[str, float]:
    """What became of the shares, among the assets that are known at both moments."""
    sizes = _sizes(inputs, "market_cap")
    universe = inputs.view.universe
    before = {span: _earlier(sizes, inputs, span) for span in (DAY, WEEK)}
    measures: dict[str, Callable[[dict[int, float]], float]] = {
        "btc_dominance": lambda then: share_change(caps, then, universe.bitcoin or 0),
        "eth_dominance": lambda then: share_change(caps, then, universe.ether or 0),
        "total_market_cap": lambda then: total_change(caps, then),
    }
    return {name: measures[name.partition("_change")[0]](before[span]) for name, span in CHANGES.items()}


def _earlier(sizes: list[History], inputs: Inputs, span: timedelta) -> dict[int, float]:
    """Market caps a span before the newest one of Bitcoin."""
    newest = max(int(s.observed[-1]) for s in sizes if s.asset_id == inputs.view.universe.bitcoin)
    moment = newest - int(span.total_seconds())
    found = {}
    for series in sizes:
        place = int(np.searchsorted(series.observed, moment))
        if series.asset_id is not None and place < len(series.observed) and series.observed[place] == moment:
            found[series.asset_id] = float(series.values[place])
    return {asset_id: cap for asset_id, cap in found.items() if cap > 0}
