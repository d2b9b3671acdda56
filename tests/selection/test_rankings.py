"""Rankings: complete, repeatable, and measured against what came after."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from scipy.stats import spearmanr

from assets.compute.series import percentile_rank
from assets.models import PriceData
from selection.compute.distribution import expected_return
from selection.models import AIWatchlistAnalysis, AssetRanking, RankingOutcome
from selection.selectors.ranking_record import ranking_record
from selection.services import attach_signals, measure_rankings, rank_assets, rank_watchlist
from tests.factories import MetricsSnapshotFactory
from tests.selection.ranked_market import AS_OF, DAY, RankedMarket, ranked_market, stored_market

__all__ = ["ranked_market", "stored_market"]
pytestmark = pytest.mark.django_db


def columns(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


class TestTheMarket:
    def test_every_asset_has_its_place_and_the_weights_their_evidence(self, ranked_market: RankedMarket) -> None:
        ranked_market.run_layers()
        row = AssetRanking.objects.get()
        assert (row.asset_count, row.is_estimated, row.moments) == (12, True, 42)
        assert sum(row.weights.values()) == pytest.approx(1)
        assert set(row.evidence["factors"]) == set(row.weights)
        assert 0 < row.evidence["walk_forward"]["n"] <= 42 - 26
        places = percentile_rank(np.array([one["score"] for one in row.scores]))
        assert [one["place"] for one in row.scores] == pytest.approx(places.tolist())
        assert {one["risk_level"] for one in row.scores} == {"low", "medium", "high", "extreme"}

    def test_what_forecasts_say_is_the_ledgers(self, ranked_market: RankedMarket) -> None:
        """The rules give every asset the same chance, so they order nothing; the return distribution is kept."""
        ranked_market.run_layers()
        row = AssetRanking.objects.get()
        assert "forecast" not in row.weights
        coin = ranked_market.coins[0]
        said = coin.prediction_set.get(prediction_type="price", prediction_horizon=168)
        quantiles = (said.predicted_value or {})["quantiles"]
        last = float(PriceData.objects.get(asset=coin, candle_time=AS_OF - DAY).close_price)
        moves = np.log(np.array([quantiles[level] for level in ("0.05", "0.25", "0.5", "0.75", "0.95")]) / last)
        told = next(one for one in row.scores if one["asset_id"] == coin.pk)
        assert told["expected_return_pct"] == pytest.approx(100 * expected_return(moves))

    def test_with_little_history_all_factors_weigh_the_same(self, ranked_market: RankedMarket) -> None:  # noqa: ARG002
        early = MetricsSnapshotFactory(snapshot_time=AS_OF - 150 * DAY, timeframe="1d")
        row = rank_assets(early)
        assert (row.is_estimated, set(row.weights.values())) == (False, {1 / 9})
        assert "fewer than 26" in row.analysis_data["rationale"][0]

    def test_the_same_again_changes_nothing(self, ranked_market: RankedMarket) -> None:
        ranked_market.run_layers()
        before = [columns(row) for model in (AssetRanking, AIWatchlistAnalysis) for row in model.objects.order_by("pk")]
        ranked_market.run_layers()
        after = [columns(row) for model in (AssetRanking, AIWatchlistAnalysis) for row in model.objects.order_by("pk")]
        assert before == after

    def test_later_candles_change_nothing(self, ranked_market: RankedMarket) -> None:
        with transaction.atomic():
            seen = rank_assets(ranked_market.snapshot)
            transaction.set_rollback(True)
        assert PriceData.objects.filter(candle_time__gte=AS_OF).delete()[0] > 0
        blind = rank_assets(ranked_market.snapshot)
        assert (blind.scores, blind.weights, blind.evidence) == (seen.scores, seen.weights, seen.evidence)


class TestLists:
    def test_every_column_is_filled_or_named(self, ranked_market: RankedMarket) -> None:
        early = MetricsSnapshotFactory(snapshot_time=AS_OF - 100 * DAY, timeframe="1d")
        ranked_market.run_layers()
        rank_watchlist(ranked_market.tiers["tier1"], early)
        assert AIWatchlistAnalysis.objects.count() == 3
        for row in AIWatchlistAnalysis.objects.all():
            absent = {field.name for field in row._meta.concrete_fields if getattr(row, field.attname) is None}
            assert absent - {"run"} == set((row.analysis_data or {})["missing"])
        full = AIWatchlistAnalysis.objects.filter(metrics_snapshot=ranked_market.snapshot).order_by("pk")[0]
        assert (full.analysis_data or {})["missing"] == {
            "ai_confidence_score": UNKNOWN,
            "outlook_duration_estimate": LASTS,
        }
        scores = full.asset_scores or []
        assert [one["rank"] for one in scores] == [1, 2, 3, 4]
        assert [one["score"] for one in scores] == sorted((one["score"] for one in scores), reverse=True)

    def test_signals_are_counted_and_stay(self, ranked_market: RankedMarket) -> None:
        ranked_market.run_layers()
        row = AIWatchlistAnalysis.objects.get(watchlist=ranked_market.tiers["tier1"])
        first = (row.asset_scores or [])[0]["asset_id"]
        signals = [
            {"signal_id": number, "asset_id": first, "signal_type": "long", "confidence": chance, "entry_price": 1}
            for number, chance in ((7, 0.4), (8, 0.6))
        ]
        assert attach_signals([row], signals) == 1
        for _again in range(2):
            row.refresh_from_db()
            told = (row.asset_scores or [])[0]
            assert (told["signal_count"], told["avg_signal_quality"]) == (2, pytest.approx(0.5))
            assert (row.key_signals or {})[str(first)]["active_signals"] == [7, 8]
            assert {one["signal_count"] for one in (row.asset_scores or [])[1:]} == {0}
            ranked_market.run_layers()


UNKNOWN = "fewer than half a year of past weeks to measure the score on"
LASTS = "fewer than half a year of past weeks to see how long an order lasts"


class TestOutcomes:
    @pytest.mark.parametrize(("days", "hours"), [(7, 168), (30, 720)])
    def test_the_rank_correlation_is_that_of_the_candles(
        self, ranked_market: RankedMarket, days: int, hours: int
    ) -> None:
        row = rank_assets(ranked_market.snapshot)
        assert measure_rankings(AS_OF + days * DAY - timedelta(seconds=1)).measured == (1 if days == 30 else 0)
        assert measure_rankings(AS_OF + days * DAY).measured == 1
        found = RankingOutcome.objects.get(horizon_hours=hours)
        closes = ranked_market.closes
        ahead = closes[299 + days] / closes[299] - 1
        by_asset = {one["asset_id"]: one for one in row.scores}
        for name, column in (("score", "rank_correlation"), ("momentum_30d", "momentum_rank_correlation")):
            line = [by_asset[coin.pk][name] for coin in ranked_market.coins]
            assert float(getattr(found, column)) == pytest.approx(spearmanr(line, ahead).statistic, abs=1e-6)
        assert found.asset_count == 12

    def test_one_without_prices_waits_and_is_told_once(self, ranked_market: RankedMarket) -> None:
        rank_assets(ranked_market.snapshot)
        last = PriceData.objects.filter(candle_time=AS_OF + 6 * DAY)
        kept = list(last)
        last.filter(asset__in=ranked_market.coins[:5]).delete()
        due = AS_OF + 8 * DAY
        assert (measure_rankings(due).measured, measure_rankings(due).unresolved) == (0, 1)
        assert RankingOutcome.objects.get().unresolved_reason == "no_candle"
        PriceData.objects.bulk_create([one for one in kept if one.asset_id in {c.pk for c in ranked_market.coins[:5]}])
        assert (measure_rankings(due).measured, measure_rankings(due).measured) == (1, 0)
        with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
            RankingOutcome.objects.update(rank_correlation=Decimal(1))

    def test_replays_are_apart(self, ranked_market: RankedMarket) -> None:
        rank_assets(ranked_market.snapshot, series="replay-a")
        assert measure_rankings(AS_OF + 8 * DAY).measured == 0
        assert measure_rankings(AS_OF + 8 * DAY, "replay-a").measured == 1
        assert ranking_record() == []
        (record,) = ranking_record("replay-a")
        assert (record.horizon_hours, record.ours.n, record.ours.low) == (168, 1, None)

    def test_the_record_of_many(self, ranked_market: RankedMarket) -> None:
        values, model = np.sin(np.arange(80)) / 4 + 0.1, rank_assets(ranked_market.snapshot).ai_model
        for day, value in enumerate(values):
            snapshot = MetricsSnapshotFactory(snapshot_time=AS_OF + (day + 1) * DAY, timeframe="1d")
            ranking = AssetRanking.objects.create(
                metrics_snapshot=snapshot, ai_model=model, timeframe="1d",
                candle_time=snapshot.snapshot_time - DAY, analysis_time=snapshot.snapshot_time, asset_count=9,
                is_estimated=False, moments=0, series="made",
            )  # fmt: skip
            RankingOutcome.objects.create(
                ranking=ranking, horizon_hours=168, asset_count=9, rank_correlation=Decimal(f"{value:.6f}"),
                momentum_rank_correlation=0, measured_at=AS_OF,
            )  # fmt: skip
        (record,) = ranking_record("made")
        assert (record.ours.n, record.ours.periods) == (80, 12)
        assert record.ours.value == pytest.approx(values.mean(), abs=1e-6)
        assert record.ours.low is not None
        assert record.ours.low < values.mean() < (record.ours.high or 0)
        assert record.difference == record.ours
        assert record.share_positive == pytest.approx((values > 0).mean())
        (half,) = ranking_record("made", since=AS_OF + 41 * DAY, until=AS_OF + 61 * DAY)
        assert half.ours.n == 20
