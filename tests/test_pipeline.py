"""The whole line, from files to advice: complete, repeatable, and blind to the future."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notification
from aimodels.models import Prediction
from aimodels.services import score_predictions
from assets.compute.periods import LENGTHS
from assets.models import Asset, PriceData
from cryptopredict.bootstrap import bootstrap
from cryptopredict.pipeline import ORDER, run_pipeline
from cryptopredict.replaying import replay
from cryptopredict.reviewers import PER_RUN
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AISectorAnalysis, SectorHistory
from selection.models import (
    AIPortfolioAnalysis,
    AISuggestion,
    AIWatchlistAnalysis,
    Portfolio,
    SuggestionOutcome,
    SuggestionReview,
    Watchlist,
    WatchlistAsset,
)
from selection.services import add_to_watchlist
from system.exceptions import InvalidInput, NoData
from system.models import OutboxEvent, PipelineRun
from tests.business import business_rows, differences
from tests.factories import AdminFactory, UserFactory, WatchlistFactory
from tests.market_files import cut_after, own_market, real_market
from tests.pipeline_runs import AS_OF, DAY, add_own_candles, counts, load
from tests.stubs.collector import Collector, told_to
from trading.models import AIPortfolioAssetAnalysis, AITradingSignal
from trading.services import record_trade

# Real transactions: bootstrap and import work with both roles, and each has to see what the other has done.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture(params=["own", "real"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path]:
    """A market in files: a small one made here, and that of 2024 where it stands beside the checkout."""
    if request.param == "own":
        return own_market(tmp_path / "own")
    return real_market(request.getfixturevalue("shared"))


REAL_IN_FULL = pytest.mark.parametrize("files", ["own", pytest.param("real", marks=pytest.mark.full)], indirect=True)


@pytest.fixture(autouse=True)
def installed(transactional_db: None) -> None:
    bootstrap()


def assert_told(run: PipelineRun, collector: Collector) -> None:
    """A trace has the run, in it its stages, and in these their statements."""
    (whole,) = collector.named("pipeline 1d")
    assert (whole.facts["run_id"], whole.facts["series"], whole.has_failed) == (run.pk, "live", False)
    stages = [one for one in collector.told() if one.name.startswith("stage ")]
    assert [one.name for one in stages] == [f"stage {name}" for name in ORDER]
    assert {one.parent for one in stages} == {whole.id}
    rows = {one.name: one.facts.get("rows") for one in stages}
    assert rows["stage forecasts"] == (run.counts or {})["forecasts"]["rows"] > 0
    parents = {one.parent for one in collector.told() if "db.query.text" in one.facts}
    assert parents - {whole.id} <= {one.id for one in stages}
    assert len(parents) > len(stages) // 2


class TestWholeLine:
    @REAL_IN_FULL
    def test_every_layer_has_its_rows_which_lead_back_to_candles_and_name_what_is_missing(
        self, files: list[Path]
    ) -> None:
        load(files)
        run = run_pipeline(AS_OF, "1d")
        assert run.counts is not None
        assert list(run.counts) == list(ORDER)
        assert run.status == "done"
        found = counts()
        assert (found["MetricsSnapshot"], found["AIRegimeAnalysis"]) == (1, 1)
        for table in ("AISectorAnalysis", "Prediction", "AISuggestion", "AITradingSignal", "AIWatchlistAnalysis"):
            assert found[table] > 0, table
        assert run.counts["suggestions"]["candidates"] > run.counts["suggestions"]["above_threshold"] > 0
        self._every_row_leads_back_to_candles(run)
        self._null_columns_are_named()

    @REAL_IN_FULL
    def test_the_same_again_is_the_same(self, files: list[Path]) -> None:
        load(files)
        run = run_pipeline(AS_OF, "1d")
        first, rows = counts(), business_rows()
        times = list(Prediction.objects.order_by("pk").values_list("pk", "updated_at"))
        with Collector() as collector, told_to(collector.url, "command"):
            again = run_pipeline(AS_OF, "1d")
        assert_told(again, collector)
        assert again.pk == run.pk
        assert counts() == first | {"OutboxEvent": first["OutboxEvent"] + 1}
        assert differences(rows, business_rows()) == []
        assert list(Prediction.objects.order_by("pk").values_list("pk", "updated_at")) == times

    def test_runs_of_two_timeframes_at_one_moment_keep_their_own_forecasts(self, tmp_path: Path) -> None:
        load(own_market(tmp_path / "own"))
        add_own_candles("1h", 240)
        run_pipeline(AS_OF, "1h")
        forecasts = (run_pipeline(AS_OF, "1d").counts or {})["forecasts"]
        assert forecasts["created"] == forecasts["rows"] > 0
        both = ["forecast_rules_1d", "sector_forecast_rules_1d"]
        daily = Prediction.objects.filter(model_name__in=both, prediction_type="direction")
        assert daily.count() * 2 == forecasts["rows"]
        assert (daily[0].debug_info or {})["missing"]["predicted_price"] == "a direction has no price"

    def test_a_candle_of_a_week_says_nothing_of_a_day(self, tmp_path: Path) -> None:
        """Neither does one of a day say which extreme of 24 hours the price is at."""
        load(own_market(tmp_path / "own"))
        add_own_candles("1w", 80)
        run_pipeline(AS_OF, "1w")
        sector = AISectorAnalysis.objects.filter(timeframe="1w")[0]
        assert (sector.performance_24h_pct, sector.sector_volume_24h) == (None, None)
        assert (sector.analysis_data or {})["missing"]["sector_volume_24h"] == "a candle is longer than the span"
        assert sector.performance_7d_pct is not None
        assert SectorHistory.objects.get(sector=sector.sector, timeframe="1w").volume_24h is None
        run_pipeline(AS_OF, "1d")
        snapshot = MetricsSnapshot.objects.get(timeframe="1d")
        assert snapshot.new_highs_24h is None
        assert "no extreme" in (snapshot.data_quality_flags or {})["missing"]["new_highs_24h"]

    def test_missing_candles_are_told(self, tmp_path: Path) -> None:
        """Of the last month in the snapshot, of the whole look-back in a signal."""
        load(own_market(tmp_path / "own"))
        asset_id = Asset.objects.get(symbol="BTC").pk
        gone = [AS_OF - days * LENGTHS["1d"] for days in (3, 4, 100)]
        PriceData.objects.filter(asset_id=asset_id, timeframe="1d", candle_time__in=gone).delete()
        other = Asset.objects.exclude(symbol="BTC").filter(asset_type="crypto").order_by("symbol")
        PriceData.objects.filter(asset__in=other, timeframe="1d", candle_time=AS_OF - 100 * LENGTHS["1d"]).delete()
        run_pipeline(AS_OF, "1d")
        snapshot = MetricsSnapshot.objects.get()
        assert (snapshot.data_quality_flags or {})["gaps"] == {"candles": 2, "by_asset": {"BTC": 2}}
        signals = AITradingSignal.objects.exclude(asset__symbol="BTC")
        assert {(signal.ai_analysis or {})["missing_candles"] for signal in signals} == {1}

    @REAL_IN_FULL
    def test_without_the_future_the_past_is_the_same(self, files: list[Path], tmp_path: Path) -> None:
        cut = cut_after(files, tmp_path / "cut", "2024-06-30")
        dumps = []
        for paths in (files, cut):
            with transaction.atomic():
                load(paths)
                run_pipeline(AS_OF, "1d")
                dumps.append(business_rows())
                dumps[-1]["last"] = [{"candle": PriceData.objects.latest("candle_time").candle_time}]
                transaction.set_rollback(True)
        whole, blind = dumps
        assert whole.pop("last") != blind.pop("last"), "nothing was cut away"
        assert {table: len(rows) for table, rows in whole.items() if rows}.keys() >= {"predictions", "ai_suggestions"}
        assert differences(whole, blind) == []

    @REAL_IN_FULL
    def test_a_past_moment_is_blind_to_candles_that_are_there(self, files: list[Path]) -> None:
        """The same with rows deleted from the tables, and after runs of later moments."""
        load(files)
        with transaction.atomic():
            run_pipeline(AS_OF, "1d", "later-first")
            alone = business_rows("later-first")
            transaction.set_rollback(True)
        run_pipeline(AS_OF + 7 * DAY, "1d", "later-first")
        run_pipeline(AS_OF, "1d", "later-first")
        mine = {
            table: [row for row in rows if _moment(row) == AS_OF]
            for table, rows in business_rows("later-first").items()
        }
        for table in ("ai_regime_analysis", "ai_sector_analysis", "predictions"):
            assert differences({table: alone[table]}, {table: mine[table]}) == []

    def _every_row_leads_back_to_candles(self, run: PipelineRun) -> None:
        snapshot = MetricsSnapshot.objects.get()
        for signal in AITradingSignal.objects.select_related("watchlist_analysis__metrics_snapshot", "run"):
            assert signal.run == run
            assert signal.watchlist_analysis is not None
            assert signal.metrics_snapshot == signal.watchlist_analysis.metrics_snapshot == snapshot
        assert not AITradingSignal.objects.filter(watchlist_analysis__isnull=True).exists()
        regime = AIRegimeAnalysis.objects.get()
        assert regime.metrics_snapshot == snapshot
        assert set(AISectorAnalysis.objects.values_list("candle_time", flat=True)) == {AS_OF - DAY}
        closes = dict(
            PriceData.objects.filter(timeframe="1d", candle_time=AS_OF - DAY).values_list("asset_id", "close_price")
        )
        for asset_id, price in Prediction.objects.values_list("asset_id", "input_price"):
            assert price == closes[asset_id]

    def _null_columns_are_named(self) -> None:
        """A column that has no value says so; none is filled with a constant."""
        snapshot = MetricsSnapshot.objects.get()
        absent = {
            field.name
            for field in MetricsSnapshot._meta.concrete_fields
            if field.null and getattr(snapshot, field.attname) is None
        }
        assert absent <= set((snapshot.data_quality_flags or {})["missing"])
        for row in AISectorAnalysis.objects.all():
            nulls = {f.name for f in row._meta.concrete_fields if f.null and getattr(row, f.attname) is None}
            assert nulls <= set((row.analysis_data or {})["missing"]), row.sector


def _moment(row: dict[str, Any]) -> datetime | None:
    for name in ("analysis_time", "as_of", "snapshot_time"):
        if name in row:
            return row[name]
    return None


class TestTheRun:
    @pytest.fixture(autouse=True)
    def market(self, tmp_path: Path) -> None:
        load(own_market(tmp_path))

    def test_a_replay_is_not_seen_by_live(self) -> None:
        AdminFactory()
        run_pipeline(AS_OF, "1d", "replay-a")
        assert not OutboxEvent.objects.exclude(topic="price.updated").exists()
        assert not Notification.objects.exists()
        assert not WatchlistAsset.objects.exists()
        assert not AISuggestion.objects.filter(series="live").exists()
        assert AISuggestion.objects.filter(series="replay-a").exists()

    def test_an_asset_that_is_switched_off_today_is_in_the_past_as_it_was(self) -> None:
        run_pipeline(AS_OF, "1d", "replay-a")
        before = business_rows("replay-a")
        Asset.objects.filter(symbol="ETH").update(is_active=False)
        run_pipeline(AS_OF, "1d", "replay-b")
        assert before["predictions"]
        assert differences(before, business_rows("replay-b")) == []

    def test_an_old_live_run_tells_nobody(self) -> None:
        AdminFactory()
        run_pipeline(AS_OF, "1d")
        assert not Notification.objects.exists()

    def test_faults_name_their_field(self) -> None:
        with pytest.raises(InvalidInput) as error:
            run_pipeline(timezone.now() + DAY)
        assert error.value.field == "as_of"
        with pytest.raises(InvalidInput) as error:
            run_pipeline(datetime(2024, 6, 30), "1d")  # noqa: DTZ001
        assert error.value.field == "as_of"
        with pytest.raises(InvalidInput) as error:
            run_pipeline(AS_OF, "5m")
        assert error.value.field == "timeframe"
        with pytest.raises(InvalidInput) as error:
            run_pipeline(AS_OF, "1d", "x" * 41)
        assert error.value.field == "series"
        with pytest.raises(NoData):
            run_pipeline(datetime(2019, 1, 1, tzinfo=UTC))

    def test_a_run_that_fails_leaves_its_row_and_nothing_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise RuntimeError("the disk is gone")

        monkeypatch.setattr("cryptopredict.pipeline.generate_signals", broken)
        with pytest.raises(RuntimeError):
            run_pipeline(AS_OF, "1d")
        run = PipelineRun.objects.get()
        assert (run.status, run.error) == ("failed", "RuntimeError: the disk is gone")
        found = counts()
        assert not any(found[name] for name in found if name != "PipelineRun"), found
        monkeypatch.undo()
        assert run_pipeline(AS_OF, "1d").status == "done"

    def test_queries_do_not_grow_with_assets(self, tmp_path: Path) -> None:
        """Each is the first run of a series: both fill both lists, suggest, and see a new regime."""
        Watchlist.objects.filter(tier="tier1").update(max_assets=5)
        with CaptureQueriesContext(connection) as few:
            run_pipeline(AS_OF - 10 * DAY, "1d", "few")
        more = own_market(tmp_path / "more")
        for file in (path for path in more if path.parent.name == "candles"):
            if "OWN" in file.name:
                file.rename(file.with_name(file.name.replace("OWN", "MORE")))
        load([path for path in (tmp_path / "more/candles").iterdir() if "MORE" in path.name])
        with CaptureQueriesContext(connection) as many:
            run_pipeline(AS_OF - 9 * DAY, "1d", "many")
        assert len(many) <= len(few)

    def test_only_lists_with_members_are_ranked(self) -> None:
        empty, used = WatchlistFactory(), WatchlistFactory()
        add_to_watchlist(used, Asset.objects.get(symbol="ETH"), actor=used.user, at=AS_OF - DAY)
        run = run_pipeline(AS_OF, "1d")
        ranked = set(AIWatchlistAnalysis.objects.values_list("watchlist__name", flat=True))
        assert ranked == {used.name, "Admin Tier 1"}, "the market is too small for tier 2"
        assert empty.name not in ranked
        assert (run.counts or {})["ranking"]["rows"] == 2

    def test_portfolios_are_valued_from_the_journal(self) -> None:
        user = UserFactory()
        portfolio = Portfolio.objects.create(user=user, name="mine")
        bitcoin = Asset.objects.get(symbol="BTC")
        trade: dict[str, Any] = {"actor": user, "action_type": "buy", "executed_at": AS_OF - 20 * DAY}
        record_trade(portfolio, bitcoin, quantity=Decimal(2), price=Decimal(40), fee=Decimal(1), **trade)
        run_pipeline(AS_OF, "1d")
        close = PriceData.objects.get(asset=bitcoin, candle_time=AS_OF - DAY).close_price
        analysis = AIPortfolioAnalysis.objects.get(portfolio=portfolio)
        assert analysis.total_portfolio_value_usd == (2 * close).quantize(Decimal("0.01"))
        assert analysis.total_pnl_usd == (2 * close - 81).quantize(Decimal("0.01"))
        position = portfolio.positions.get()
        judged = AIPortfolioAssetAnalysis.objects.get(portfolio_asset=position)
        assert judged.position_status is None
        assert (judged.analysis_data or {})["missing"]["position_status"] == "no stop is set"


class TestReplay:
    @pytest.mark.long
    def test_scores_what_has_come_due(self, tmp_path: Path) -> None:
        load(own_market(tmp_path))
        told: list[PipelineRun] = []
        end = AS_OF + 10 * DAY
        wanted: dict[str, Any] = {"timeframe": "1d", "series": "test", "policy": "approve_all", "progress": told.append}
        result = replay(AS_OF, end, DAY, **wanted)
        assert (result.runs, len(told), result.series) == (11, 11, "test")
        day, week = result.records[24], result.records[168]
        assert day.scored == 2 * 12 * 10
        assert week.scored == 2 * 12 * 4
        assert day.brier is not None
        assert 0 <= day.brier <= 1
        assert day.n == 120
        assert not Prediction.objects.filter(series="test", is_realized=True, target_datetime__gt=end).exists()

    @pytest.mark.long
    def test_a_cautious_reviewer_accepts_rejects_and_lets_lapse(self, tmp_path: Path) -> None:
        """What came of all three is told; the same replay again decides and scores nothing anew."""
        load(own_market(tmp_path))
        Watchlist.objects.filter(tier="tier1").update(max_assets=6)
        wanted: dict[str, Any] = {
            "timeframe": "1d", "series": "test", "policy": "low_risk", "progress": lambda _run: None
        }  # fmt: skip
        begin, end = AS_OF - 14 * DAY, AS_OF + 8 * DAY
        told = replay(begin, end, 2 * DAY, **wanted).suggestions.groups
        assert {name for name, group in told.items() if group.made} >= {"all", "accepted", "rejected"}
        due = AISuggestion.objects.filter(series="test", run__as_of__lte=end - 7 * DAY).count()
        assert told["all"].scored == due > 0
        assert not SuggestionOutcome.objects.exclude(series="test").exists()
        reviews = SuggestionReview.objects.filter(suggestion__series="test")
        assert {(review.review_criteria or {})["policy"] for review in reviews} == {"low_risk"}
        assert max(Counter(review.reviewed_at for review in reviews).values()) <= PER_RUN
        before = business_rows("test"), list(SuggestionOutcome.objects.order_by("pk").values())
        replay(begin, end, 2 * DAY, **wanted)
        assert differences(before[0], business_rows("test")) == []
        assert list(SuggestionOutcome.objects.order_by("pk").values()) == before[1]

    def test_outcomes_are_the_closes_at_the_targets(self, tmp_path: Path) -> None:
        load(own_market(tmp_path))
        run_pipeline(AS_OF, "1d")
        assert score_predictions(AS_OF + DAY - timedelta(seconds=1)).scored == 0
        assert score_predictions(AS_OF + DAY).scored == 24
        for prediction in Prediction.objects.filter(is_realized=True):
            candle = PriceData.objects.get(asset=prediction.asset, timeframe="1d", candle_time=AS_OF)
            assert prediction.actual_price == candle.close_price

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"series": "live"}, "series"),
            ({"step": timedelta(0)}, "start"),
            ({"policy": "luck"}, "policy"),
            ({"end": timezone.now() + DAY}, "end"),
            ({"end": datetime(2024, 7, 1)}, "end"),  # noqa: DTZ001
        ],
    )
    def test_nonsense_is_refused(self, change: dict[str, Any], field: str) -> None:
        told: list[PipelineRun] = []
        wanted: dict[str, Any] = {"end": AS_OF + DAY, "step": DAY, "series": "x", "progress": told.append} | change
        with pytest.raises(InvalidInput) as error:
            replay(AS_OF, **wanted)
        assert (error.value.field, told, PipelineRun.objects.count()) == (field, [], 0)


class TestCommands:
    def test_run_pipeline_says_what_it_did(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        load(own_market(tmp_path))
        call_command("run_pipeline", "--as-of", "2024-06-30T00:00:00Z")
        said = capsys.readouterr().out
        assert "live 1d as of 2024-06-30T00:00:00Z" in said
        assert Counter(line.split()[0] for line in said.splitlines()).keys() >= set(ORDER)

    @pytest.mark.parametrize("text", ["2024-06-30T00:00:00", "2024-13-01", "soon", ""])
    def test_a_moment_needs_its_zone(self, text: str) -> None:
        with pytest.raises(InvalidInput, match="zone"):
            call_command("run_pipeline", f"--as-of={text}")
