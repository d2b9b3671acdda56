"""What asset models are trained on: what was known at each moment, dead coins among it, and what came after."""

from datetime import datetime

import numpy as np
import pytest

from aimodels.compute.material import Material, check_material
from aimodels.services.training_runs import Subject
from assets.choices import DEMO_SOURCE
from assets.models import Asset, PriceData
from selection.rules import FORECAST_RULES
from selection.services import training
from system.exceptions import InvalidInput, NoData
from tests.selection.asset_market import DAY, DAYS, END, FIRST, MadeMarket, lifted, made_market

__all__ = ["made_market"]
pytestmark = pytest.mark.django_db
WEEK = "asset_direction_1d_168h"
BEGIN = int(FIRST.timestamp()) // 86400


def rows_of(material: Material, until: int) -> dict[tuple[int, int], int]:
    """Place of each asset and moment up to a candle."""
    pairs = zip(material.asset_ids.tolist(), material.samples.times.tolist(), strict=True)
    return {pair: place for place, pair in enumerate(pairs) if pair[1] <= until}


def week(as_of: datetime) -> Subject:
    return training.material(WEEK, as_of, lifted=lifted(as_of))


def test_the_models_of_each_timeframe() -> None:
    names = {timeframe: [one.hours for one in training.subjects(timeframe)] for timeframe in ("1h", "4h", "1d", "1w")}
    assert names == {"1h": [4, 24, 72, 168], "4h": [4, 24, 72, 168], "1d": [24, 72, 168], "1w": [168]}
    assert training.subjects("1d")[-1].name == WEEK


def test_every_coin_that_traded_and_none_that_follows_a_price(made_market: MadeMarket) -> None:
    found = training.material(WEEK, END)
    material = found.material
    check_material(material)
    assert (found.since, found.until, found.proofs) == (FIRST, END, [])
    assert found.rules == FORECAST_RULES["1d"]
    assert set(material.asset_ids.tolist()) == {coin.pk for coin in (*made_market.coins, made_market.ended)}
    last = {pk: material.samples.times[material.asset_ids == pk].max() for pk in material.asset_ids.tolist()}
    assert last[made_market.ended.pk] == BEGIN + 300 - 7
    assert last[made_market.bitcoin.pk] == BEGIN + DAYS - 7
    assert "vix" not in material.samples.names
    assert "fear_greed" in material.samples.names
    assert {name for part in material.groups.values() for name in part} == set(material.samples.names)


def test_outcomes_are_what_came_after(made_market: MadeMarket) -> None:
    material = week(END).material
    candles = PriceData.objects.filter(asset=made_market.bitcoin).order_by("candle_time")
    closes = [float(row.close_price) for row in candles]
    for place in np.flatnonzero(material.asset_ids == made_market.bitcoin.pk)[:50].tolist():
        number = int(material.samples.times[place]) - BEGIN  # so many candles had closed
        change = np.log(closes[number + 6] / closes[number - 1])
        assert material.values is not None
        assert material.values.change[place] == pytest.approx(change)
        assert material.samples.outcomes[place] == (change > 0)
        assert material.futures[place] == pytest.approx(
            [np.log(closes[number - 1 + days] / closes[number - 1]) for days in (1, 3, 7)]
        )
        assert material.trades is not None
        met = material.trades.returns[material.trades.rows[place], material.trades.columns[place]]
        assert met == pytest.approx(closes[number] / closes[number - 1] - 1)


def test_what_was_known_at_a_moment_stays_as_it_was(made_market: MadeMarket) -> None:
    whole, then = week(END).material, week(END - 10 * DAY).material
    assert then.samples.names == whole.samples.names
    old, new = rows_of(then, 10**9), rows_of(whole, BEGIN + DAYS - 17)
    assert old.keys() == new.keys()
    for pair, place in old.items():
        other = new[pair]
        assert np.array_equal(then.samples.features[place], whole.samples.features[other], equal_nan=True)
        assert (then.naive[place], then.rules[place]) == (whole.naive[other], whole.rules[other])
        assert then.values is not None
        assert whole.values is not None
        assert then.values.scale[place] == whole.values.scale[other]
        assert np.array_equal(then.values.rules[place], whole.values.rules[other])


def test_what_is_switched_off_today_stays_in_the_past(made_market: MadeMarket) -> None:
    before = week(END).material
    Asset.objects.filter(pk__in=[made_market.ended.pk, made_market.coins[-1].pk]).update(is_active=False)
    after = week(END).material
    assert np.array_equal(before.asset_ids, after.asset_ids)
    assert np.array_equal(before.samples.features, after.samples.features, equal_nan=True)


def test_refused_with_the_reason(made_market: MadeMarket) -> None:
    with pytest.raises(InvalidInput, match="no asset model"):
        training.material("asset_direction_1d_4h", END)
    with pytest.raises(NoData, match="import more"):
        training.material(WEEK, FIRST + 300 * DAY)
    Asset.objects.update(data_source=DEMO_SOURCE)
    with pytest.raises(NoData, match="real candles"):
        training.material(WEEK, END)
