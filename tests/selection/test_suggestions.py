"""Suggestions: what the scores speak for, with the numbers behind it and the rows that they came from."""

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import transaction

from accounts.services import ensure_system_user
from assets.compute.series import percentile_rank
from assets.selectors import market_view
from selection.compute.candidates import rebalancings
from selection.compute.distribution import expected_return, possible_loss
from selection.models import AISuggestion, AssetRanking, Watchlist, WatchlistAsset, WatchlistAssetHistory
from selection.selectors import members
from selection.selectors.suggestion_chain import why
from selection.services import review_suggestion, score_suggestions, suggest
from selection.services.standings import ranked
from selection.services.suggestion_rows import spreads
from selection.services.watchlists import set_weights
from system.models import SystemConfigHistory
from system.services import change_setting
from tests.factories import AdminFactory, PipelineRunFactory, SuggestionFactory
from tests.factories.base import EPOCH
from tests.selection.ranked_market import AS_OF, DAY, RankedMarket, market, stored_layers, stored_market

__all__ = ["market", "stored_layers", "stored_market"]
pytestmark = pytest.mark.django_db


def made(market: RankedMarket) -> list[AISuggestion]:
    suggest(market.snapshot, run=market.run)
    return list(AISuggestion.objects.select_related("asset", "watchlist").order_by("pk"))


class TestWhatIsSuggested:
    def test_nothing_below_the_threshold_and_nobody_twice(self, market: RankedMarket) -> None:
        found = made(market)
        assert {one.suggestion_type for one in found} >= {"remove", "tier_change"}
        assert all(one.confidence_score >= Decimal("0.7") for one in found)
        changes = [one.reasoning["changes_place_with"] for one in found if one.suggestion_type == "tier_change"]
        partners = [one["asset_id"] for one in changes]
        assert len({*partners, *(one.asset_id for one in found)}) == len(found) + len(partners)

    def test_once_however_often_it_runs(self, market: RankedMarket) -> None:
        before = [(one.pk, one.updated_at) for one in made(market)]
        assert [(one.pk, one.updated_at) for one in made(market)] == before

    def test_what_is_open_is_not_suggested_again(self, market: RankedMarket) -> None:
        """Also where another run has said it and time has passed."""
        with transaction.atomic():
            first = made(market)[0]
            transaction.set_rollback(True)
        SuggestionFactory(
            watchlist=first.watchlist, asset=first.asset, suggestion_type=first.suggestion_type, status="pending",
            run=PipelineRunFactory(as_of=AS_OF - 30 * DAY),
        )  # fmt: skip
        again = {(one.asset_id, one.suggestion_type) for one in made(market) if one.run == market.run}
        assert (first.asset_id, first.suggestion_type) not in again

    def test_caps_and_thresholds_are_those_of_the_moment(self, market: RankedMarket) -> None:
        """A change of today is not known at a past moment; one of then is."""
        change_setting("suggestion_caps", {"per_kind": 0}, actor=AdminFactory())
        with transaction.atomic():
            assert made(market)
            transaction.set_rollback(True)
        SystemConfigHistory.objects.filter(key="suggestion_caps", valid_to=None).update(valid_from=AS_OF - DAY)
        SystemConfigHistory.objects.filter(key="suggestion_caps").exclude(valid_to=None).update(valid_to=AS_OF - DAY)
        assert made(market) == []

    def test_expiry_priority_and_horizon(self, market: RankedMarket) -> None:
        for one in made(market):
            assert (one.expires_at, one.horizon_hours) == (AS_OF + 7 * DAY, 168)
            clear = float(one.confidence_score)
            wanted = "urgent" if clear >= 0.95 else "high" if clear >= 0.85 else "normal"
            assert one.priority == wanted


class TestTheNumbers:
    def test_reasons_are_those_of_the_candles(self, market: RankedMarket) -> None:
        """One suggestion checked by hand: factor, percentile, place, limit; from the closes and nothing else."""
        one = next(one for one in made(market) if one.suggestion_type == "remove")
        closes = market.closes[:300]
        column = market.coins.index(one.asset)
        month = closes[-1] / closes[-31] - 1
        told = one.reasoning
        assert told["values"]["momentum_30d"] == pytest.approx(month[column])
        assert told["percentiles"]["momentum_30d"] == pytest.approx(percentile_rank(month)[column])
        calm = -np.diff(np.log(closes), axis=0)[-30:].std(axis=0, ddof=1)
        assert told["values"]["calm"] == pytest.approx(calm[column])
        total = sum(told["weights"][name] * told["percentiles"][name] for name in told["percentiles"])
        assert told["score"] == pytest.approx(total / sum(told["weights"].values()))
        assert float(one.confidence_score) == pytest.approx(1 - told["place"], abs=1e-4)
        assert (told["direction"], told["threshold"], told["among"]) == (-1, 0.7, 12)

    def test_expected_return_and_risk_are_of_the_forecast(self, market: RankedMarket) -> None:
        for one in made(market):
            said = one.asset.prediction_set.get(prediction_type="price", prediction_horizon=168)
            levels = np.array(
                [(said.predicted_value or {})["quantiles"][at] for at in ("0.05", "0.25", "0.5", "0.75", "0.95")]
            )
            moves = np.log(levels / float(said.input_price))
            assert float(one.expected_return or 0) == pytest.approx(100 * expected_return(moves), abs=1e-4)
            assert float(one.risk_score or 0) == pytest.approx(possible_loss(moves), abs=1e-4)

    def test_empty_columns_are_named(self, market: RankedMarket) -> None:
        later = {"reviewed_by", "reviewed_at", "implemented_at", "actual_return", "success_score", "deferred_until"}
        for one in made(market):
            absent = {field.name for field in one._meta.concrete_fields if getattr(one, field.attname) is None}
            assert absent - later == set((one.context_data or {})["missing"])


class TestTheChain:
    def test_down_to_the_candle(self, market: RankedMarket) -> None:
        one = made(market)[0]
        chain = why(one)
        assert chain.snapshot == market.snapshot
        assert chain.ranking is not None
        assert chain.analysis is not None
        assert (chain.ranking.run, chain.analysis.watchlist) == (market.run, one.watchlist)
        place = next(row for row in chain.ranking.scores if row["asset_id"] == one.asset_id)["place"]
        assert place == pytest.approx(one.reasoning["place"])
        assert {row.prediction_type for row in chain.forecasts} == {"direction", "price"}
        assert {row.asset_id for row in chain.forecasts} == {one.asset_id}
        assert chain.candle is not None
        close = market.closes[299, market.coins.index(one.asset)]
        assert float(chain.candle.close_price) == pytest.approx(close)
        assert chain.candle.candle_time == AS_OF - DAY
        assert (chain.regime, chain.sector, chain.outcome) == (None, None, None)

    def test_the_reasons_that_count_the_most_come_first(self, market: RankedMarket) -> None:
        for one in made(market):
            places = [reason.percentile for reason in why(one).reasons]
            assert places == sorted(places, reverse=one.reasoning["direction"] > 0)

    def test_its_outcome_from_the_same_candle(self, market: RankedMarket) -> None:
        """Recomputed from the closes: the asset's week against the median of those that were on its list."""
        found = made(market)
        score_suggestions(AS_OF + 7 * DAY)
        week = market.closes[306] / market.closes[299] - 1
        for one in found:
            listed = [market.coins.index(entry.asset) for entry in one.watchlist.entries.select_related("asset")]
            excess = 100 * (week[market.coins.index(one.asset)] - np.median(week[listed]))
            outcome = why(one).outcome
            assert outcome is not None
            assert float(outcome.excess_return or 0) == pytest.approx(one.reasoning["direction"] * excess, abs=1e-3)


class TestWeights:
    def test_a_weight_is_suggested_and_told(self, market: RankedMarket) -> None:
        """The asset of tier 1 with the highest place has nearly all the weight: it gives some to another. The list
        has room, so that nobody changes places with either."""
        Watchlist.objects.filter(tier="tier1").update(max_assets=20)
        places = {one["asset_id"]: one["place"] for one in AssetRanking.objects.get().scores}
        entries = WatchlistAsset.objects.filter(watchlist=market.tiers["tier1"])
        heavy = max(entries, key=lambda entry: places[entry.asset_id])
        past = WatchlistAssetHistory.objects.filter(watchlist=market.tiers["tier1"])
        for of_list in (entries, past):
            of_list.update(weight=Decimal("0.05"))
            of_list.filter(asset=heavy.asset_id).update(weight=Decimal("0.7"))
        change_setting("ai_thresholds", THRESHOLDS | {"suggestion_confidence_min": 0}, actor=AdminFactory())
        SystemConfigHistory.objects.filter(key="ai_thresholds", valid_to=None).update(valid_from=AS_OF - DAY)
        SystemConfigHistory.objects.filter(key="ai_thresholds").exclude(valid_to=None).delete()
        held = {entry.asset_id: float(entry.weight) for entry in entries.all()}
        found = ranked(market_view("1d", AS_OF), market.run)
        wanted = {one.asset_id: one for one in rebalancings("tier1", places, spreads(found), held, gap=0.05)}
        assert heavy.asset_id in {one.other for one in wanted.values()}
        made(market)
        rows = AISuggestion.objects.filter(suggestion_type="rebalance")
        assert rows
        for row in rows:
            assert float(row.target_weight or 0) == pytest.approx(wanted[row.asset_id].weight, abs=1e-4)
            assert row.reasoning["weight"]["now"] == pytest.approx(held[row.asset_id])
            other = row.reasoning["changes_weight_with"]
            assert other["asset_id"] == wanted[row.asset_id].other == heavy.asset_id
            assert float(row.target_weight or 0) + other["wanted"] == pytest.approx(0.75)
            assert row.reasoning["direction"] == 1
            assert row.context_data is not None
            assert "target_weight" not in row.context_data["missing"]

    def test_a_list_without_weights_has_none(self, market: RankedMarket) -> None:
        assert "rebalance" not in {one.suggestion_type for one in made(market)}

    def test_weights_of_today_say_nothing_about_before(self, market: RankedMarket) -> None:
        weighed(market, AS_OF + DAY)
        assert "rebalance" not in {one.suggestion_type for one in made(market)}

    def test_a_replay_suggests_what_live_does_and_weighs_its_own_copy(self, market: RankedMarket) -> None:
        """Its copies begin as the lists stood then; what its reviewer approves changes them and nothing else."""
        weighed(market, AS_OF - DAY)
        live = {(one.suggestion_type, one.asset_id, one.target_weight) for one in made(market)}
        run = PipelineRunFactory(as_of=AS_OF, timeframe="1d", series="replay-1")
        again = RankedMarket(market.coins, market.closes, market.snapshot, run)
        again.run_layers("replay-1")
        rows = suggest(market.snapshot, run=run, series="replay-1").rows
        assert {(one.suggestion_type, one.asset_id, one.target_weight) for one in rows} == live
        before = list(WatchlistAsset.objects.order_by("pk").values())
        shift = next(one for one in rows if one.suggestion_type == "rebalance")
        other = shift.reasoning["changes_weight_with"]
        later = AS_OF + timedelta(seconds=1)
        review_suggestion(shift.pk, reviewer=ensure_system_user(), decision="approve", at=later)
        tier1 = market.tiers["tier1"]
        weights = {one.asset_id: float(one.weight) for one in members(tier1, later, "replay-1")}
        assert (weights[shift.asset_id], weights[other["asset_id"]]) == (
            float(shift.target_weight or 0),
            other["wanted"],
        )
        assert sum(weights.values()) == pytest.approx(0.85)
        assert members(tier1, AS_OF, "replay-1") == members(tier1, later) == members(tier1, AS_OF)
        assert list(WatchlistAsset.objects.order_by("pk").values()) == before


def weighed(market: RankedMarket, at: datetime) -> None:
    """Nearly all the weight of tier 1 lies on one coin from a moment on; suggestions need no clearness."""
    tier1 = market.tiers["tier1"]
    Watchlist.objects.filter(pk=tier1.pk).update(max_assets=20)
    WatchlistAssetHistory.objects.update(valid_from=EPOCH)
    entries = [entry.asset for entry in tier1.entries.select_related("asset").order_by("sort_order")]
    shares = dict(zip(entries, (Decimal("0.7"), *[Decimal("0.05")] * 3), strict=True))
    set_weights(tier1, shares, actor=AdminFactory(), at=at)
    change_setting("ai_thresholds", THRESHOLDS | {"suggestion_confidence_min": 0}, actor=AdminFactory())
    SystemConfigHistory.objects.filter(key="ai_thresholds", valid_to=None).update(valid_from=AS_OF - DAY)
    SystemConfigHistory.objects.filter(key="ai_thresholds").exclude(valid_to=None).delete()


THRESHOLDS = {"suggestion_confidence_min": 0.7, "signal_confidence_min": 0.8}
