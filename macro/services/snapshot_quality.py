"""How complete, fresh and plausible a snapshot is."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from assets.compute.series import holes, log_returns
from macro.compute.funding import per_eight_hours
from macro.compute.quality import LIMIT, changes, looks_like_split, out_of_range, robust_z
from macro.compute.snapshot_trend import Floats
from macro.selectors.histories import LONG, History
from macro.services.snapshot_inputs import DAY, MONTH, NO_SOURCE, Inputs, Part

WINDOW = 400
"""Candles against which the newest one is measured."""
LEVELS, POINTS = ("FUNDING:",), ("FNG", "US10Y", "FUNDING:")
"""Series that count by their level; and those that may be 0 or less, so that their changes are differences."""
CROSS_CHECK = "BTC_CLOSE"
AGREEMENT = 0.03
"""Two sources of Bitcoin's daily close that differ by more than this share do not describe the same thing."""
ASSETS = "asset_returns"
"""Flag of single assets' outliers."""


def quality(inputs: Inputs, part: Part, absent: Mapping[str, str], owed: int) -> dict[str, Any]:
    """The flags of a snapshot.

    Args:
        inputs: what it was made of.
        part: all parts of it together.
        absent: columns without a value, with their reasons.
        owed: how many columns may have one.
    """
    market, assets = _market_outliers(inputs), _asset_outliers(inputs)
    beyond = {name: score for name, score in market.items() if abs(score) > LIMIT}
    return {
        "completeness_score": round(1 - len(absent) / owed, 4),
        "columns_known": owed - len(absent),
        "columns_owed": owed,
        "data_freshness_minutes": _minutes(inputs, inputs.view.closed_at.timestamp()),
        "freshness_by_source_minutes": _freshness(inputs),
        "missing_sources": sorted(name for name, reason in absent.items() if reason == NO_SOURCE),
        "missing": dict(sorted(absent.items())),
        "missing_extended": dict(sorted(_missing_extended(part))),
        "basis": dict(sorted(part.basis.items())),
        "gaps": _gaps(inputs),
        "outlier_flags": beyond | ({ASSETS: assets} if assets else {}),
        "outliers_checked": {
            "limit": LIMIT, "candles": WINDOW, "days": LONG.days, "inputs": sorted(market),
        },
        "suspected_splits": _splits(inputs),
        "validation_errors": _errors(inputs, part),
    }  # fmt: skip


def is_anomalous(flags: Mapping[str, Any]) -> bool:
    """Whether an input of the whole market is an outlier, or a price looks split. That some asset of many moves far on
    some day is no anomaly."""
    return bool(flags["suspected_splits"] or flags["outlier_flags"].keys() - {ASSETS})


def _missing_extended(part: Part) -> Iterator[tuple[str, str]]:
    """Figures without a value, as ``group.key``, with their reasons."""
    for group, figures in part.extended.items():
        for key, value in figures.items():
            if value is None or (isinstance(value, float) and not np.isfinite(value)):
                name = f"{group}.{key}"
                yield name, part.reasons[name]


def _minutes(inputs: Inputs, then: float) -> float:
    return (inputs.as_of.timestamp() - then) / 60


def _freshness(inputs: Inputs) -> dict[str, float]:
    """Minutes since each source could be known: of the candles, of each series that stands alone, and of the newest
    and oldest one of each kind that has many."""
    ages = {"candles": _minutes(inputs, inputs.view.closed_at.timestamp())}
    by_kind: dict[str, list[float]] = {}
    for code, series in inputs.series.items():
        if series.is_stale(inputs.as_of):
            continue
        age = _minutes(inputs, int(series.known[-1]))
        if series.kind in ("macro", "sentiment", "onchain"):
            ages[code] = age
        else:
            by_kind.setdefault(series.kind, []).append(age)
    for kind, many in by_kind.items():
        ages |= {f"{kind} (newest)": min(many), f"{kind} (oldest)": max(many)}
    if inputs.news is not None:
        ages["news"] = _minutes(inputs, inputs.news.newest.timestamp())
    return dict(sorted(ages.items()))


def _gaps(inputs: Inputs) -> dict[str, Any]:
    """Candles that the assets lack in the last 30 days, after their first one of these days."""
    view = inputs.view
    missing = holes(view.panel.close[-view.bars(MONTH) :])
    symbols = {member.asset_id: member.symbol for member in view.universe.members}
    by_asset = {symbols[i]: int(n) for i, n in zip(view.panel.asset_ids.tolist(), missing, strict=True) if n}
    return {"candles": int(missing.sum()), "by_asset": dict(sorted(by_asset.items()))}


def _market_outliers(inputs: Inputs) -> dict[str, float]:
    """Robust z of every input that has a past of its own, where it can be said."""
    own, universe = inputs.bitcoin, inputs.view.universe
    columns = {
        "btc_return": log_returns(own.close[-WINDOW - 1 :])[-WINDOW:],
        "btc_volume": changes(own.volume[-WINDOW - 1 :], relative=True)[1:],
    }
    if universe.ether is not None:
        ether = inputs.view.panel.close[:, inputs.view.panel.column(universe.ether)]
        columns["eth_return"] = log_returns(ether)[-WINDOW:]
    columns |= {
        code: _judged(series)
        for code, series in inputs.series.items()
        if code in inputs.codes.named and code != CROSS_CHECK and not series.is_stale(inputs.as_of)
    }
    scores = {name: float(robust_z(values[:, None])[0]) for name, values in columns.items() if len(values)}
    return {name: score for name, score in sorted(scores.items()) if np.isfinite(score)}


def _judged(series: History) -> Floats:
    """What of a series is compared with its past: rates of funding by their level, all else by its change."""
    if series.code.startswith(LEVELS):
        return per_eight_hours(series.values, series.observed)
    return changes(series.values, relative=not series.code.startswith(POINTS))


def _asset_outliers(inputs: Inputs) -> dict[str, float]:
    """Robust z of the newest return of each asset, where it lies beyond the limit."""
    view = inputs.view
    scores = robust_z(log_returns(view.panel.close[-WINDOW - 1 :])[-WINDOW:])
    symbols = {member.asset_id: member.symbol for member in view.universe.members}
    beyond = np.flatnonzero(np.abs(np.where(np.isfinite(scores), scores, 0)) > LIMIT)
    found = {symbols[int(view.panel.asset_ids[place])]: float(scores[place]) for place in beyond}
    return dict(sorted(found.items()))


def _splits(inputs: Inputs) -> list[str]:
    view = inputs.view
    symbols = {member.asset_id: member.symbol for member in view.universe.members}
    places = np.flatnonzero(looks_like_split(log_returns(view.panel.close[-2:])))
    return sorted(symbols[int(view.panel.asset_ids[place])] for place in places)


def _errors(inputs: Inputs, part: Part) -> list[str]:
    """What makes the snapshot unsound."""
    view = inputs.view
    column = view.panel.column(view.universe.bitcoin or 0)
    month = view.panel.close[-view.bars(MONTH) :, column]
    lacking = int(holes(month[:, None])[0])
    errors = [f"Bitcoin lacks {lacking} candles of the last 30 days"] if lacking else []
    if not np.isfinite(view.panel.close[-1, column]):
        errors.append("Bitcoin's newest candle is missing")
    elif view.panel.volume[-1, column] == 0:
        errors.append("Bitcoin was not traded in its newest candle")
    if len(month) > 1 and np.isfinite(month).sum() > 1 and np.nanmin(month) == np.nanmax(month):
        errors.append("Bitcoin's price has not moved for 30 days")
    broken = out_of_range(view.panel.high[-1], view.panel.low[-1], view.panel.close[-1])
    if broken.any():
        errors.append(f"{int(broken.sum())} assets have a close outside their high and low")
    shares = [part.values.get(name) for name in ("btc_dominance", "eth_dominance", "stablecoin_dominance",
                                                 "altcoin_dominance")]  # fmt: skip
    known = [share for share in shares if share is not None]
    if len(known) == len(shares) and abs(sum(known) - 100) > 1e-6:
        errors.append(f"shares of the market add up to {sum(known):.4f} percent")
    return errors + _disagreement(inputs)


def _disagreement(inputs: Inputs) -> list[str]:
    """Whether a second source gave another close for the newest day that both know."""
    second, days = inputs.fresh(CROSS_CHECK), inputs.days
    if second is None:
        return []
    _day, left, right = np.intersect1d(days.times // 86400, second.days, assume_unique=True, return_indices=True)
    oldest = int((inputs.as_of - 8 * DAY).timestamp()) // 86400
    if not len(_day) or _day[-1] < oldest:
        return []
    ratio = float(days.close[left[-1]] / second.values[right[-1]])
    if abs(ratio - 1) <= AGREEMENT:
        return []
    return [f"Bitcoin's close differs by {100 * (ratio - 1):.1f} percent from a second source"]
