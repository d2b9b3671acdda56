"""Sectors over time, as pages and the API read them: what is asked for, and no statement per row."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.selectors import market_view
from sectors.models import Sector, SectorHistory
from sectors.selectors import sector_market
from sectors.selectors.history import compared, rotation_history, sector_points
from sectors.selectors.table import ranked_sectors
from tests.factories import (
    EPOCH,
    CrossSectorFactory,
    MetricsSnapshotFactory,
    RotationFlowFactory,
    SectorAnalysisFactory,
    SectorFactory,
    SectorHistoryFactory,
)
from tests.sectors.sector_market import DAY, END, store_market

pytestmark = pytest.mark.django_db


def test_points_of_a_sector() -> None:
    sector = SectorFactory()
    for day in range(5):
        SectorHistoryFactory(sector=sector, candle_time=EPOCH + day * DAY)
    SectorHistoryFactory(sector=sector, candle_time=EPOCH, timeframe="1h")
    SectorHistoryFactory(candle_time=EPOCH)
    found = sector_points(sector.pk, "1d", EPOCH + timedelta(days=4, hours=6), 3)
    assert [point.candle_time for point in found] == [EPOCH + day * DAY for day in (1, 2, 3)]
    assert SectorHistory.objects.count() == 7


def test_rotation_over_time_without_a_statement_per_row() -> None:
    def reading() -> tuple[int, list[list[str]]]:
        with CaptureQueriesContext(connection) as queries:
            found = [
                [str(flow) for flow in row.flows.all()] for row in rotation_history(EPOCH, EPOCH + timedelta(days=90))
            ]
        return len(queries), found

    def analysis(day: int, flows: int, series: str = "live") -> None:
        row = CrossSectorFactory(analysis_time=EPOCH + day * DAY, series=series)
        for _ in range(flows):
            RotationFlowFactory(ai_cross_sector_analysis=row)

    analysis(1, 1)
    analysis(0, 3)
    analysis(2, 1, "replay-1")
    few, found = reading()
    assert [len(flows) for flows in found] == [1], "the first lies before the span"
    for day in range(3, 8):
        analysis(day, 4)
    many, found = reading()
    assert [len(flows) for flows in found] == [4, 4, 4, 4, 4, 1]
    assert many == few == 2


def test_cards_of_a_layer_without_a_statement_per_row() -> None:
    snapshot = MetricsSnapshotFactory()
    ranking = [{"sector": f"S{n}", "return_7d": -n, "rank": n} for n in range(1, 6)]
    CrossSectorFactory(metrics_snapshot=snapshot, sector_performance_ranking=ranking)

    def add(n: int) -> None:
        point = {"time": "2024-06-01T00:00:00Z", "strength": 1.0, "momentum": -0.5, "quadrant": "weakening"}
        data = {"performance_metrics": {"breadth": 0.4}, "rotation_graph": [point], "flags": ["equal_weighted"]}
        SectorAnalysisFactory(metrics_snapshot=snapshot, sector=SectorFactory(name=f"S{n}"), analysis_data=data)

    add(1)
    with CaptureQueriesContext(connection) as few:
        cards = ranked_sectors(snapshot.pk)
    card = cards[0]
    assert (card.rank, card.breadth, card.quadrant, card.is_equal_weighted) == (1, 0.4, "weakening", True)
    for n in range(2, 6):
        add(n)
    with CaptureQueriesContext(connection) as many:
        assert [one.quadrant for one in ranked_sectors(snapshot.pk)] == ["weakening"] * 5
    assert len(many) == len(few) == 2
    bare = SectorAnalysisFactory(metrics_snapshot=MetricsSnapshotFactory(), analysis_data={})
    row = ranked_sectors(bare.metrics_snapshot_id)[0]
    assert (row.quadrant, row.tail, row.breadth, row.is_equal_weighted) == (None, [], None, False)


def test_sectors_side_by_side_from_a_hundred_on() -> None:
    store_market()
    ids = {sector.name: sector.pk for sector in Sector.objects.all()}
    with CaptureQueriesContext(connection) as two:
        found = compared([ids["Apps"], ids["Single"]], "1d", END, 20)
    assert found is not None
    assert found.names == ("Apps", "Single")
    assert found.levels.shape == (21, 2)
    assert found.levels[0].tolist() == [100, 100]
    assert found.correlations[0, 1] == found.correlations[1, 0] != 1
    assert found.by_cap.tolist() == [True, True]
    whole = sector_market(market_view("1d", END))
    assert whole is not None
    for name, level in zip(found.names, found.levels.T, strict=True):
        full = whole.level[-21:, whole.names.index(name)]
        assert level == pytest.approx(100 * full / full[0], rel=1e-12)
    with CaptureQueriesContext(connection) as all_of_them:
        compared(list(ids.values()), "1d", END, 20)
    assert len(all_of_them) <= len(two)
    assert compared([SectorFactory().pk], "1d", END, 20) is None


def test_no_future_in_a_comparison() -> None:
    store_market()
    ids = list(Sector.objects.order_by("name").values_list("pk", flat=True))
    early, late = compared(ids, "1d", END - 10 * DAY, 20), compared(ids, "1d", END, 30)
    assert early is not None
    assert late is not None
    assert np.array_equal(early.times, late.times[:21])
