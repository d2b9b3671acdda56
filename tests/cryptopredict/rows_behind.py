"""One more row behind every operation of the API that reads, in the world of ``test_api_permissions``."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User, UserActivityArchive
from accounts.services import Client as Caller
from assets.models import Asset
from cryptopredict.portability.requests import order_export
from selection.choices import SuggestionType
from selection.models import AISuggestionArchive, Portfolio, PortfolioAsset
from system.models import AnalyticsData, ApiRequestLog, AuditLog, ExternalApiLog, SystemHealth
from system.services import ensure_settings
from tests import factories as make
from tests.cryptopredict.test_api_permissions import private, public
from trading.models import Backtest
from trading.services import record_trade

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOST = 60
"""Rows are added until shortly before now."""
MOST_IN_ONE = 8
"""Parts of one row."""
TRADES = ("symbol,side,entered_at,exited_at,entry,exit,quantity,fees,pnl,reason", "BTC,long,2024-06-01,,1,,1,0,,")
REPORT = "backtests/counted"


@dataclass
class Behind:
    """What the operations are asked about, and more of it.

    Attributes:
        owner: an admin, who sees everything, and to whom belongs what is private.
        keys: of the rows in the paths, by the path up to them.
        rows: how often more has been added.
    """

    owner: User
    keys: dict[str, Any]
    rows: int = 0
    snapshot: Any = None

    @classmethod
    def made(cls) -> "Behind":
        owner = make.AdminFactory()
        make.TotpDeviceFactory.of(owner)
        behind = cls(owner, private(owner) | public())
        behind.first()
        return behind

    def first(self) -> None:
        """What there is one of, or none."""
        asset = Asset.objects.get(pk=self.keys["assets/{id}"])
        make.SectorMappingFactory(asset=asset, is_primary_sector=True)
        ensure_settings()
        self.keys["system/config/{key}"] = "security"
        make.RiskProfileFactory(user=self.owner)
        for tier in ("tier1", "tier2"):
            make.DefaultListFactory(tier=tier)
        Backtest.objects.filter(pk=self.keys["backtests/{id}"]).update(report=REPORT)
        Path(settings.CRYPTOPREDICT_HOME, REPORT).mkdir(parents=True)

    def add(self) -> None:
        """One more row of everything."""
        self.rows += 1
        now = timezone.now().replace(minute=0, second=0, microsecond=0)
        hour, day = now - (MOST - self.rows) * HOUR, now.replace(hour=0) - (MOST - self.rows) * DAY
        self.snapshot = make.MetricsSnapshotFactory(snapshot_time=hour, timeframe="1d")
        self.market(hour, day)
        self.sectors(day)
        self.forecasts(hour)
        self.lists()
        self.portfolio(day)
        self.signals()
        self.person()
        self.system(hour)
        self.backtest()

    def market(self, hour: datetime, day: datetime) -> None:
        asset, at = Asset.objects.get(pk=self.keys["assets/{id}"]), timezone.now()
        make.add_candles(asset, [100], first=day, technical_indicators={"RSI": {"14": 50.0}})
        make.GapFactory(asset=asset, starts_at=hour, ends_at=hour + HOUR)
        make.SectorMappingFactory(asset=asset)
        named = {"asset_ids": [asset.pk], "sector_ids": [self.keys["sectors/{id}"]]}
        make.NewsEventFactory(published_at=at - timedelta(minutes=self.rows), **named)
        make.ExternalSeriesFactory()
        make.MetricsSnapshotFactory(snapshot_time=hour, timeframe="1h")
        make.RegimeFactory(metrics_snapshot=self.snapshot, data_source="live")

    def sectors(self, day: datetime) -> None:
        sector = self.keys["sectors/{id}"]
        make.SectorMappingFactory(sector_id=sector)
        make.SectorAnalysisFactory(sector_id=sector, metrics_snapshot=self.snapshot)
        make.SectorAnalysisFactory()
        make.SectorHistoryFactory(sector_id=sector, candle_time=day)
        comparison = make.CrossSectorFactory(metrics_snapshot=self.snapshot)
        for _flow in range(min(self.rows, MOST_IN_ONE)):
            make.RotationFlowFactory(ai_cross_sector_analysis=comparison)

    def forecasts(self, hour: datetime) -> None:
        asset, now = self.keys["assets/{id}"], timezone.now()
        make.PredictionFactory(asset_id=asset, as_of=hour, target_datetime=now + DAY)
        make.scored_direction(0.6, Decimal(70_000), asset_id=asset, as_of=hour - 2 * DAY, evaluated_at=now)
        make.ModelPerformanceFactory(model_id=self.keys["models/{id}"])
        make.ModelJobFactory(model_id=self.keys["models/{id}"])
        make.ModelActivationFactory(valid_from=hour)
        make.AIModelFactory()

    def lists(self) -> None:
        watchlist = self.keys["watchlists/{id}"]
        make.EntryFactory(watchlist_id=watchlist, added_by=self.owner, sort_order=self.rows + 1)
        make.RankingFactory(watchlist_id=watchlist, metrics_snapshot=self.snapshot)
        make.WatchlistFactory(user=self.owner)
        make.EntryFactory()
        for tier in make.DefaultListFactory._meta.model.objects.filter(tier__isnull=False):
            make.EntryFactory(watchlist=tier, sort_order=self.rows)
            make.RankingFactory(watchlist=tier, metrics_snapshot=self.snapshot, asset_scores=self.scores())
            make.SuggestionFactory(watchlist=tier)
        make.ReviewFactory(suggestion_id=self.keys["suggestions/{id}"])
        make.SuggestionFactory(watchlist_id=watchlist)
        now = timezone.now()
        AISuggestionArchive.objects.create(
            id=self.rows, watchlist_id=watchlist, asset_id=self.keys["assets/{id}"], ai_layer=3, series="live",
            suggestion_type=SuggestionType.ADD, confidence_score=Decimal("0.7"), created_at=now, updated_at=now,
        )  # fmt: skip

    def scores(self) -> list[dict[str, Any]]:
        """What a ranking says of some assets."""
        assets = Asset.objects.order_by("pk").values_list("pk", flat=True)[: min(self.rows, MOST_IN_ONE)]
        return [{"rank": place, "asset_id": pk, "score": 0.5} for place, pk in enumerate(assets, 1)]

    def portfolio(self, day: datetime) -> None:
        portfolio = Portfolio.objects.get(pk=self.keys["portfolios/{id}"])
        coin, at = make.AssetFactory(), day - 2 * DAY
        make.add_candles(coin, [100, 101], first=at)
        given: dict[str, Any] = {"actor": self.owner, "price": Decimal(100)}
        record_trade(portfolio, coin, action_type="buy", quantity=Decimal(2), executed_at=at + HOUR, **given)
        record_trade(portfolio, coin, action_type="sell", quantity=Decimal(1), executed_at=at + 2 * HOUR, **given)
        make.PortfolioAnalysisFactory(portfolio=portfolio, metrics_snapshot=self.snapshot)
        position = PortfolioAsset.objects.get(pk=self.keys["portfolios/{id}/assets/{position_id}"])
        make.PositionAnalysisFactory(portfolio_asset=position, metrics_snapshot=self.snapshot)
        make.ImportFactory(portfolio=portfolio)
        make.PositionFactory(portfolio__user=self.owner)

    def signals(self) -> None:
        asset, signal = self.keys["assets/{id}"], self.keys["signals/{id}"]
        made = make.SignalFactory(
            asset_id=asset,
            metrics_snapshot=self.snapshot,
            expires_at=timezone.now() + DAY,
            time_horizon_hours=72 + self.rows,
            ai_analysis={"is_proven": True},
        )
        make.SignalOutcomeFactory(signal=made)
        make.ExecutionFactory(signal_id=signal, user=make.UserFactory())
        make.ExecutionFactory(user=self.owner)
        make.AlertFactory(user=self.owner)
        make.FiringFactory(alert_id=self.keys["alerts/{id}"], user=self.owner, number=self.rows)
        make.RecommendationFactory(user=self.owner)
        make.RecommendationResponseFactory(user=self.owner)

    def person(self) -> None:
        owner, webhook = self.owner, self.keys["webhooks/{id}"]
        make.NotificationFactory(user=owner, sent_at=timezone.now())
        make.UserSessionFactory(user=owner)
        make.ApiTokenFactory(user=owner)
        make.UserFeedbackFactory(user=owner)
        make.UserActivityFactory(user=owner)
        make.PasskeyFactory(user=owner)
        make.ChannelFactory(user=owner)
        make.WebhookFactory(user=owner)
        make.WebhookDeliveryFactory(subscription_id=webhook)
        order_export(make.UserFactory(), client=Caller())
        UserActivityArchive.objects.create(
            id=self.rows, user=owner, activity_type="login", action="login", created_at=timezone.now()
        )

    def system(self, hour: datetime) -> None:
        call: dict[str, Any] = {"http_method": "GET", "response_status": 200, "response_time_ms": Decimal(1)}
        ApiRequestLog.objects.create(endpoint="/api/v1/assets", user=self.owner, **call)
        ExternalApiLog.objects.create(endpoint="/klines", api_provider="binance", **call)
        AnalyticsData.objects.create(category="api", metric_name="requests", metric_value=Decimal(1))
        AuditLog.objects.create(table_name="assets", operation="UPDATE", changed_by=self.owner)
        SystemHealth.objects.create(check_time=hour, overall_health_score=Decimal(100))
        make.PipelineRunFactory(as_of=hour)

    def backtest(self) -> None:
        make.BacktestFactory(created_by=self.owner, job=make.ModelJobFactory())
        lines = [TRADES[0], *[TRADES[1]] * self.rows]
        Path(settings.CRYPTOPREDICT_HOME, REPORT, "trades.csv").write_text("\n".join(lines))
