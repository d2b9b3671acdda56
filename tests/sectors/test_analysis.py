"""How the sectors stand: every column filled or its reason named, exact sums, nothing broken by bad input."""

import json
import math
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.models import PriceData
from assets.selectors import market_view
from macro.models import ExternalValue, NewsEvent
from sectors.models import AICrossSectorAnalysis, AISectorAnalysis, Sector, SectorHistory, SectorMapping
from sectors.selectors import sector_market, sector_returns
from sectors.services import SectorAnalyses
from system.exceptions import NoData
from tests.factories import AssetFactory, SectorFactory, SectorMappingFactory
from tests.sectors.sector_market import (
    DAY,
    DAYS,
    END,
    FIRST,
    analysed,
    row_of,
    snapshot,
    spoken,
    store_candles,
    store_market,
)

pytestmark = pytest.mark.django_db


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from numbers(one)
    elif isinstance(value, (float, int, Decimal)):
        yield float(value)


def is_whole(found: SectorAnalyses) -> None:
    """Every number is finite, and every column that is null has its reason."""
    for row, kept in [*((row, row.analysis_data) for row in found.sectors), (found.across, found.across.analysis_data)]:
        missing = (kept or {})["missing"]
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            assert all(math.isfinite(number) for number in numbers(value)), (field.name, value)
            if field.null and field.name != "run":
                assert (value is None) == (field.name in missing), (field.name, value)
        assert "not computed yet" not in missing.values(), missing
        json.dumps(kept, allow_nan=False)
    for point in SectorHistory.objects.all():
        kept = point.technical_indicators or {}
        assert {"market_cap", "volume_24h"} & {
            name for name in ("market_cap", "volume_24h") if getattr(point, name) is None
        } == set(kept["missing"])


class TestColumns:
    @pytest.fixture
    def found(self) -> SectorAnalyses:
        store_market()
        return analysed(END)

    def test_whole(self, found: SectorAnalyses) -> None:
        assert [row.sector.name for row in found.sectors] == ["Apps", "Base", "Left", "Right", "Single", "Stablecoins"]
        is_whole(found)

    def test_caps_and_dominance_count_each_coin_once(self, found: SectorAnalyses) -> None:
        """ETH belongs half to each of its two sectors; WBTC repeats BTC; caps of the twins are unknown."""
        newest = dict(ExternalValue.objects.filter(observed_at=END - DAY).values_list("series__asset__symbol", "value"))
        apps = newest["ETH"] / 2 + newest["COMING"] + newest["MOVING"] + newest["APP"]
        assert float(row_of(found, "Apps").sector_market_cap or 0) == pytest.approx(float(apps), rel=1e-9)
        total = sum(value for symbol, value in newest.items() if symbol != "WBTC")
        share = float(row_of(found, "Apps").sector_dominance_pct or 0)
        assert share == pytest.approx(float(100 * apps / total), abs=0.01)
        shares = found.across.dominance_distribution or {}
        assert sum(shares.values()) == pytest.approx(100, abs=1e-9)
        assert shares.keys() == {"Apps", "Base", "Left", "Right", "Single", "Stablecoins", "unassigned"}

    def test_unknown_caps_are_flagged(self, found: SectorAnalyses) -> None:
        left, base = row_of(found, "Left"), row_of(found, "Base")
        assert left.sector_market_cap is None
        assert (left.analysis_data or {})["missing"]["sector_market_cap"] == "market caps of 0 of 2 members are known"
        assert (left.analysis_data or {})["flags"] == ["equal_weighted"]
        assert (base.analysis_data or {})["flags"] == []
        assert (base.analysis_data or {})["performance_metrics"]["members_with_market_cap"] == 2

    def test_twin_sectors_are_the_same(self, found: SectorAnalyses) -> None:
        left, right = row_of(found, "Left"), row_of(found, "Right")
        assert left.performance_7d_pct == right.performance_7d_pct is not None
        assert left.sector_volume_24h == right.sector_volume_24h
        assert (found.across.correlation_matrix or {})["Left"]["Right"] == pytest.approx(1)

    def test_flows_are_exact(self, found: SectorAnalyses) -> None:
        flows = found.across.sector_rotation_flows or {}
        moved = (found.across.analysis_data or {})["rotation_signals"]
        assert moved["basis"] == "market_cap"
        assert sum(flows.values()) == pytest.approx(1, abs=1e-9)
        for place, sums in ((0, moved["left_points"]), (1, moved["arrived_points"])):
            for name, points in sums.items():
                part = sum(value for pair, value in flows.items() if pair.split("→")[place] == name)
                assert part * moved["moved_points"] == pytest.approx(points, abs=1e-9)
        assert {f"{flow.from_sector}→{flow.to_sector}": float(flow.score) for flow in found.across.flows.all()} == {
            pair: pytest.approx(value, abs=0.005) for pair, value in flows.items() if value >= 0.005
        }
        inflow = sum(row.rotation_inflow_score or 0 for row in found.sectors)
        assert float(inflow) == pytest.approx(1, abs=0.02)

    def test_without_caps_the_volumes_show_where_trade_went(self) -> None:
        assets = store_market()
        ExternalValue.objects.all().delete()
        recent = PriceData.objects.filter(asset=assets["TWIN1"], candle_time__gte=END - 7 * DAY)
        for candle in recent:
            candle.volume = (candle.volume or 0) * 50
        PriceData.objects.bulk_update(recent, ["volume"])
        found = analysed(END)
        is_whole(found)
        assert (found.across.analysis_data or {})["rotation_signals"]["basis"] == "turnover"
        for name in ("Left", "Right"):
            assert row_of(found, name).rotation_inflow_score == Decimal("0.50")
        assert found.across.dominance_distribution is None

    def test_the_ranking_is_by_the_week(self, found: SectorAnalyses) -> None:
        ranking = found.across.sector_performance_ranking or []
        returns = [place["return_7d"] for place in ranking]
        assert returns == sorted(returns, reverse=True)
        assert [place["rank"] for place in ranking] == [1, 2, 3, 4, 5, 6]

    def test_a_live_run_keeps_the_sector_itself_and_a_replay_does_not(self, found: SectorAnalyses) -> None:
        apps = Sector.objects.get(name="Apps")
        assert apps.market_cap == row_of(found, "Apps").sector_market_cap
        assert apps.volume_24h == row_of(found, "Apps").sector_volume_24h
        assert len(apps.top_3_coins_id or []) == 3
        days = (apps.metrics_details or {})["days"]
        assert (len(days), days[0]["level"], days[-1]["until"]) == (7, 100.0, f"{END:%Y-%m-%dT%H:%M:%SZ}")
        analysed(END - 10 * DAY)
        analysed(END - 9 * DAY, series="replay-x")
        assert Sector.objects.get(name="Apps").market_cap == apps.market_cap
        day_before = analysed(END - DAY, series="replay-y")
        before = row_of(day_before, "Apps").sector_market_cap
        change = float((apps.market_cap or 0) - (before or 0))
        assert float(apps.market_cap_change_24h or 0) == pytest.approx(change, abs=0.02)

    def test_the_same_again_changes_nothing(self, found: SectorAnalyses) -> None:
        stamps = list(AISectorAnalysis.objects.order_by("pk").values_list("pk", "updated_at"))
        flows = list(found.across.flows.order_by("pk").values_list("pk", "updated_at"))
        sectors = list(Sector.objects.order_by("pk").values_list("pk", "updated_at"))
        again = analysed(END)
        assert list(AISectorAnalysis.objects.order_by("pk").values_list("pk", "updated_at")) == stamps
        assert list(again.across.flows.order_by("pk").values_list("pk", "updated_at")) == flows
        assert list(Sector.objects.order_by("pk").values_list("pk", "updated_at")) == sectors

    def test_the_record_of_an_outlook_is_counted(self, found: SectorAnalyses) -> None:
        for row in found.sectors:
            record = (row.analysis_data or {})["performance_metrics"]["outlook_record"]
            if row.ai_confidence_score is not None:
                assert record["n"] >= 30
                assert float(row.ai_confidence_score) == pytest.approx(record["hits"] / record["n"], abs=0.005)

    def test_indexes_are_those_that_the_regime_is_given(self, found: SectorAnalyses) -> None:
        returns = sector_returns(found.across.metrics_snapshot)
        assert returns is not None
        assert returns.names == tuple(row.sector.name for row in found.sectors)
        assert returns.returns.shape == (len(returns.times), 6)
        week = 100 * (np.exp(returns.returns[-7:].sum(axis=0)) - 1)
        assert week == pytest.approx([float(row.performance_7d_pct or 0) for row in found.sectors], abs=0.006)

    def test_news_name_narratives(self) -> None:
        store_market()
        apps, base = (Sector.objects.get(name=name).pk for name in ("Apps", "Base"))
        told = [(apps, 1)] * 6 + [(base, 2)] * 2 + [(apps, 10)] * 2 + [(base, 10)] * 6 + [(base, -1)] * 9
        NewsEvent.objects.bulk_create(
            NewsEvent(
                source="test", title=f"Item {place}", url=f"https://news.example/{place}", sector_ids=[sector],
                published_at=END - age * DAY, raw_data={"known_at": f"{END - age * DAY:%Y-%m-%dT%H:%M:%SZ}"},
            )
            for place, (sector, age) in enumerate(told)
        )  # fmt: skip
        found = analysed(END)
        is_whole(found)
        assert found.across.narrative_trends == [{"sector": "Apps", "narrative": "Apps", "strength": 0.75}]
        assert row_of(found, "Apps").narrative_tag == ["Apps"]
        assert row_of(found, "Base").narrative_tag == []

    def test_statements_do_not_grow_with_assets_or_sectors(self) -> None:
        store_market()
        with CaptureQueriesContext(connection) as few:
            analysed(END - DAY)
        rng = np.random.default_rng(1)
        for place in range(12):
            coin = AssetFactory(symbol=f"MORE{place}")
            store_candles(coin, 50 * np.exp(np.cumsum(0.02 * rng.standard_normal(DAYS))))
            SectorMappingFactory(asset=coin, sector=SectorFactory(name=f"More {place}"))
        with CaptureQueriesContext(connection) as many:
            found = analysed(END)
        assert len(found.sectors) == 18
        assert len(many) <= len(few)


class TestBadInput:
    def market(self, close: np.ndarray, *, volume: float | None = None) -> None:
        store_market()
        PriceData.objects.all().delete()
        ExternalValue.objects.all().delete()
        for mapping in SectorMapping.objects.select_related("asset").distinct("asset"):
            store_candles(mapping.asset, close, volume=volume)

    def test_prices_that_never_move(self) -> None:
        self.market(np.full(DAYS, 7.0))
        found = analysed(END)
        is_whole(found)
        row = row_of(found, "Apps")
        assert (row.momentum_score, row.ai_sector_outlook, row.performance_7d_pct) == (None, None, Decimal(0))
        assert (row.analysis_data or {})["missing"]["momentum_score"] == "prices did not move"
        assert found.across.ai_market_outlook is None

    def test_nothing_traded(self) -> None:
        self.market(50 + np.arange(DAYS) % 7, volume=0.0)
        found = analysed(END)
        is_whole(found)
        assert row_of(found, "Apps").sector_volume_24h == 0
        assert found.across.sector_rotation_flows is None

    @pytest.mark.parametrize("days", [1, 2, 8, 30, 31])
    def test_a_young_market(self, days: int) -> None:
        """As far as it reaches, and no further."""
        store_market()
        found = analysed(FIRST + days * DAY)
        is_whole(found)
        assert (row_of(found, "Base").performance_7d_pct is None) == (days < 8)
        assert (row_of(found, "Base").performance_30d_pct is None) == (days < 31)
        assert row_of(found, "Base").ai_confidence_score is None

    def test_a_dead_coin_stays_in_the_past(self) -> None:
        """Without it the past would be that of the survivors: the index of then is the same seen from later."""
        assets = store_market()
        then, later = FIRST + 105 * DAY, FIRST + 130 * DAY
        levels = []
        for as_of in (then, later):
            market = sector_market(market_view("1d", as_of))
            assert market is not None
            assert assets["DYING"].pk in market.asset_ids
            level = market.level[:, market.names.index("Apps")]
            levels.append(dict(zip(market.view.panel.times.tolist(), level.tolist(), strict=True)))
        common = [time for time in levels[0] if np.isfinite(levels[0][time])]
        assert [levels[1][time] for time in common] == pytest.approx([levels[0][time] for time in common], rel=1e-12)
        found = analysed(later)
        assert (row_of(found, "Apps").analysis_data or {})["performance_metrics"]["members"] == 4
        is_whole(found)

    def test_a_coin_that_was_taken_out_by_hand_is_out_of_the_present(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: END)
        assets = store_market()
        assets["APP"].is_active = False
        assets["APP"].save()
        market = sector_market(market_view("1d", END))
        assert market is not None
        assert assets["APP"].pk not in market.asset_ids

    def test_a_split_is_seen_in_the_prices_and_moves_no_capital(self) -> None:
        store_market()
        found = analysed(FIRST + 103 * DAY)
        is_whole(found)
        assert (row_of(found, "Single").performance_7d_pct or 0) < -85
        signals = (found.across.analysis_data or {})["rotation_signals"]
        assert signals["basis"] == "market_cap"

    def test_no_sector_at_all(self) -> None:
        store_market()
        SectorMapping.objects.all().delete()
        assert sector_returns(snapshot(END)) is None
        with pytest.raises(NoData, match="No asset belongs to a sector"):
            analysed(END - timedelta(hours=1))
        assert not AICrossSectorAnalysis.objects.exists()


def cut_points(count: int) -> list[Any]:
    generator = np.random.default_rng(count)
    seconds = generator.integers(40 * 86400, (DAYS - 1) * 86400, count)
    return [FIRST + timedelta(seconds=int(second)) for second in sorted(seconds)]


@pytest.mark.parametrize("count", [4, pytest.param(200, marks=pytest.mark.full)])
def test_the_future_changes_nothing(count: int) -> None:
    """Whole rows at random moments: with the future there, with noise in its place, and with it deleted."""
    store_market()
    moments = cut_points(count)
    seen = {as_of: spoken(as_of) for as_of in moments}
    generator = np.random.default_rng(1)
    for as_of in reversed(moments):
        clear_rows()
        with connection.cursor() as cursor:
            factor = float(generator.uniform(0.1, 9))
            cursor.execute(
                "UPDATE price_data SET open_price = open_price * %(f)s, high_price = high_price * %(f)s,"
                " low_price = low_price * %(f)s, close_price = close_price * %(f)s, volume = volume * %(f)s"
                " WHERE candle_time + interval '1 day' > %(as_of)s",
                {"f": factor, "as_of": as_of},
            )
            cursor.execute(
                "UPDATE external_values SET value = value * %(f)s WHERE known_at > %(as_of)s",
                {"f": factor, "as_of": as_of},
            )
        SectorMapping.objects.filter(valid_to__gt=as_of).update(valid_to=as_of + 3 * DAY)
        assert spoken(as_of) == seen[as_of], f"noise after {as_of}"
        clear_rows()
        PriceData.objects.filter(candle_time__gt=as_of - DAY).delete()
        ExternalValue.objects.filter(known_at__gt=as_of).delete()
        SectorMapping.objects.filter(valid_from__gt=as_of).delete()
        SectorMapping.objects.filter(valid_to__gt=as_of).update(valid_to=None)
        assert spoken(as_of) == seen[as_of], f"nothing after {as_of}"


def clear_rows() -> None:
    """Nothing of what was analysed before."""
    AICrossSectorAnalysis.objects.all().delete()
    AISectorAnalysis.objects.all().delete()
    SectorHistory.objects.all().delete()
