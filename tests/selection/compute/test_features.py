"""Features of assets: by hand, blind to the future, and the same from a short history as from a long one."""

from dataclasses import replace

import numpy as np
import pytest

from aimodels.compute import gates
from aimodels.services.price_models import MEMORIES, horizons
from assets.compute.series import percentile_rank
from assets.selectors.market import BARS
from macro.compute.known_values import OUTSIDE
from selection.compute.features import Features, Market, Spans, features
from selection.rules import SPANS
from selection.services.training import proofs
from system.exceptions import NoData

SPAN = SPANS["1d"]
ROWS, ASSETS = 520, 6


class Hasty(Spans):
    """Windows that declare less than they need."""

    @property
    def look_back(self) -> int:
        return super().look_back - 30


def market(seed: int = 0, rows: int = ROWS) -> Market:
    """A made market with all that real ones have: a coin that comes late, one that ends, holes, sectors."""
    generator = np.random.default_rng(seed)
    close = 10 * np.exp(np.cumsum(0.03 * generator.standard_normal((rows, ASSETS)), axis=0))
    wide = 1 + 0.02 * generator.random((2, rows, ASSETS))
    volume = 1e6 * np.exp(generator.standard_normal((rows, ASSETS)))
    sector = np.tile([1, 1, 1, 2, 2, -1], (rows, 1))
    outside = 50 + generator.standard_normal((rows, 5))
    return Market(close * wide[0], close / wide[1], close, volume, sector, 0, outside)


def with_holes(seed: int = 0) -> Market:
    held = market(seed)
    for values in (held.high, held.low, held.close, held.volume):
        values[:150, 1] = values[400:, 2] = values[250:258, 3] = np.nan
    return held


def of(found: Features, name: str) -> np.ndarray:
    return found.values[:, :, found.names.index(name)]


def equal(left: np.ndarray, right: np.ndarray) -> bool:
    return np.array_equal(left, right, equal_nan=True)


class TestByHand:
    def test_moves_in_units_of_their_volatility(self) -> None:
        held = market()
        found = features(held, SPAN)
        price, spread = np.log(held.close[:, 2]), np.exp(of(found, "volatility")[-1, 2])
        assert of(found, "momentum_168h")[-1, 2] == pytest.approx((price[-1] - price[-8]) / (spread * np.sqrt(7)))
        mean = price[-180:].mean()
        assert of(found, "trend_180d")[-1, 2] == pytest.approx((price[-1] - mean) / (spread * np.sqrt(180)))
        peak = price[-180:].max()
        assert of(found, "drawdown")[-1, 2] == pytest.approx((price[-1] - peak) / (spread * np.sqrt(180)))
        returns = np.diff(price)[-14:]
        assert of(found, "rsi")[-1, 2] == pytest.approx(returns[returns > 0].sum() / np.abs(returns).sum())
        volume = held.volume[:, 2]
        assert of(found, "volume_surge")[-1, 2] == pytest.approx(np.log(volume[-3:].mean() / volume[-30:].mean()))

    def test_beside_the_others(self) -> None:
        found = features(with_holes(), SPAN)
        week = of(found, "momentum_168h")
        for row in (200, 300, 450):
            assert equal(of(found, "rank_momentum_168h")[row], percentile_rank(week[row]))
            assert of(found, "above_market")[row] == pytest.approx(week[row] - np.nanmedian(week[row]), nan_ok=True)
        assert of(found, "sector_momentum")[-1, 3] == pytest.approx(week[-1, 3:5].mean())
        assert np.isnan(of(found, "sector_momentum")[-1, 5])
        above = of(found, "trend_180d")[-1]
        assert of(found, "breadth")[-1, 0] == (above[np.isfinite(above)] > 0).mean()

    def test_a_membership_counts_at_its_time_only(self) -> None:
        held = market()
        held.sector[300:, 0] = 2
        found = features(held, SPAN)
        week, mean = of(found, "momentum_168h"), of(found, "sector_momentum")
        assert mean[299, 0] == pytest.approx(week[299, :3].mean())
        assert mean[300, 0] == pytest.approx(week[300, [0, 3, 4]].mean())

    def test_what_is_shared(self) -> None:
        held = market()
        found = features(held, SPAN)
        for name, column in zip(OUTSIDE, held.outside.T, strict=True):
            assert np.array_equal(of(found, name)[:, 4], column)
        assert np.array_equal(of(found, "bitcoin_volatility")[:, 3], of(found, "volatility")[:, 0], equal_nan=True)
        assert np.isnan(of(features(replace(held, bitcoin=None), SPAN), "bitcoin_volatility")).all()

    def test_the_order_of_the_columns_from_outside(self) -> None:
        assert OUTSIDE == ("fear_greed", "fear_greed_change", "vix", "vix_change", "dxy_change")

    def test_every_feature_is_in_one_group_and_bounded_where_it_should_be(self) -> None:
        found = features(with_holes(), SPAN)
        assert sorted(name for part in found.groups.values() for name in part) == sorted(found.names)
        for name in (name for name in found.names if name.startswith("rank_") or name in ("rsi", "breadth")):
            values = of(found, name)
            assert np.nanmin(values) >= 0
            assert np.nanmax(values) <= 1
        assert not np.isinf(found.values).any()

    def test_a_market_without_volume_has_no_figures_of_volume(self) -> None:
        held = market()
        held.volume[:] = 0
        found = features(held, SPAN)
        assert np.isnan(of(found, "volume_now")).all()
        assert np.isnan(of(found, "rank_turnover")).all()

    def test_columns_by_name(self) -> None:
        found = features(market(), SPAN, last=1)
        row = np.array([of(found, "rsi")[0, 2], of(found, "vix")[0, 2]])
        assert equal(found.taken(("rsi", "vix"))[0, 2], row)
        with pytest.raises(ValueError, match="not in"):
            found.taken(("a feature that is not there",))


class TestTime:
    def test_nothing_after_a_moment_changes_it(self) -> None:
        held, generator = with_holes(), np.random.default_rng(1)
        whole = features(held, SPAN)
        for cut in generator.integers(1, ROWS, gates.CUTS).tolist():
            assert equal(features(held.rows(0, cut), SPAN, last=1).values[-1], whole.values[cut - 1])
        for cut in generator.integers(1, ROWS, 20).tolist():
            other = with_holes()
            for values in (other.high, other.low, other.close, other.volume, other.outside):
                values[cut:] *= np.exp(generator.standard_normal(values[cut:].shape))
            assert equal(features(other, SPAN).values[:cut], whole.values[:cut])

    @pytest.mark.parametrize("timeframe", sorted(SPANS))
    def test_the_declared_look_back_suffices_to_the_last_bit(self, timeframe: str) -> None:
        span = SPANS[timeframe]
        held = market(rows=span.look_back + 60)
        whole = features(held, span)
        for end in range(span.look_back, len(held.close), 7):
            short = features(held.rows(end - span.look_back, end), span, last=1)
            assert equal(short.values[-1], whole.values[end - 1])
        shorter = features(held.rows(len(held.close) + 1 - span.look_back, len(held.close)), span, last=1)
        assert not equal(shorter.values[-1], whole.values[-1])

    def test_the_proofs_pass_and_a_look_back_that_is_too_short_is_found(self) -> None:
        held = market()
        assert proofs(held, SPAN) == []
        found = proofs(held, Hasty(SPAN.rows, SPAN.names, SPAN.memory))
        assert {one.gate for one in found} == {gates.Gate.WARM_UP}
        assert {"trend_180d", "drawdown"} <= {one.subject for one in found}

    def test_a_market_without_an_unbroken_asset_proves_nothing(self) -> None:
        held = market()
        held.close[-1] = np.nan
        with pytest.raises(NoData, match="without holes"):
            proofs(held, SPAN)

    @pytest.mark.parametrize("timeframe", sorted(SPANS))
    def test_a_view_of_a_run_is_long_enough(self, timeframe: str) -> None:
        needed = [MEMORIES[timeframe].rows(number) for number in horizons(timeframe).values()]
        assert max(SPANS[timeframe].look_back, *needed) <= BARS[timeframe]
