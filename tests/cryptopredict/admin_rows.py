"""A row of every model that the admin lists."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django_celery_beat.models import IntervalSchedule, PeriodicTask

from accounts.models import (
    MfaTicket,
    OutgoingMail,
    PasskeyCeremony,
    RecoveryCode,
    SetupLink,
    UsedRefreshToken,
    UserActivityArchive,
)
from aimodels.models import PredictionChain, PredictionRevision, PredictionScore
from cryptopredict import urls  # noqa: F401 - loads the pages of the admin
from selection.models import AISuggestionArchive, WatchlistAssetHistory, WatchlistStateHistory
from system.models import (
    AnalyticsData,
    ApiRequestLog,
    AuditLog,
    BackgroundTask,
    ExternalApiLog,
    Fault,
    IdempotencyKey,
    OutboxEvent,
    RowChange,
    SystemConfig,
    SystemConfigHistory,
    SystemHealth,
)
from system.services.trail import seal_changes
from tests import factories as make
from trading.models import AIPortfolioAssetAnalysis

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def numbered(number: int) -> str:
    return f"{number:064x}"


def activity_archive(number: int) -> Any:
    return UserActivityArchive.objects.create(
        id=number, user=make.UserFactory(), activity_type="login", action="login", created_at=NOW
    )


def row_change(number: int) -> Any:
    """Only the triggers write there."""
    config = SystemConfig.objects.create(key=f"noted {number}")
    return RowChange.objects.get(table_name="system_config", row_id=config.pk)


def link_of(number: int) -> Any:
    """Only the sealing writes there."""
    change = row_change(1000 + number)
    seal_changes()
    return change.link


def suggestion_archive(number: int) -> Any:
    return AISuggestionArchive.objects.create(
        id=number,
        watchlist=make.WatchlistFactory(),
        asset=make.AssetFactory(),
        suggestion_type="add",
        ai_layer=3,
        confidence_score=1,
        status="implemented",
        series="live",
        created_at=NOW,
        updated_at=NOW,
    )


def position_analysis(_number: int) -> Any:
    return AIPortfolioAssetAnalysis.objects.create(
        portfolio_asset=make.PositionFactory(),
        metrics_snapshot=make.MetricsSnapshotFactory(),
        ai_model=make.AIModelFactory(),
        analysis_time=NOW,
    )


def schedule(number: int) -> Any:
    interval = IntervalSchedule.objects.create(every=number + 1, period="seconds")
    return PeriodicTask.objects.create(name=f"task {number}", task="t", interval=interval)


def entry_history(_number: int) -> Any:
    return WatchlistAssetHistory.objects.create(
        watchlist=make.WatchlistFactory(),
        asset=make.AssetFactory(),
        sort_order=1,
        valid_from=NOW,
        changed_by=make.UserFactory(),
    )


def past_state(_number: int) -> Any:
    state = {"max_assets": 5, "is_active": True, "valid_from": NOW, "valid_to": NOW.replace(month=7)}
    return WatchlistStateHistory.objects.create(
        watchlist=make.WatchlistFactory(), changed_by=make.UserFactory(), **state
    )


OUTCOME: dict[str, Any] = {"actual_price": 1, "timeframe": "1h", "candle_time": NOW, "log_return": 0.01}


def score(_number: int) -> Any:
    return PredictionScore.objects.create(prediction=make.PredictionFactory(), **OUTCOME)


def revision(_number: int) -> Any:
    return PredictionRevision.objects.create(
        prediction=make.PredictionFactory(), number=1, reason="corrected candle", previous_price=2, **OUTCOME
    )


ROWS: dict[str, Callable[[int], Any]] = {
    "accounts.ApiToken": lambda _n: make.ApiTokenFactory(),
    "accounts.ChangeDraft": lambda _n: make.DraftFactory(),
    "accounts.Notification": lambda _n: make.NotificationFactory(),
    "accounts.NotificationChannel": lambda _n: make.ChannelFactory(),
    "accounts.NotificationDelivery": lambda _n: make.DeliveryFactory(),
    "accounts.SetupLink": lambda n: SetupLink.objects.create(token_hash=numbered(n), expires_at=NOW),
    "accounts.User": lambda _n: make.UserFactory(),
    "accounts.UserActivity": lambda _n: make.UserActivityFactory(),
    "accounts.UserActivityArchive": activity_archive,
    "accounts.UserFeedback": lambda _n: make.UserFeedbackFactory(reviewed_by=make.AdminFactory()),
    "accounts.UserOverview": lambda _n: make.UserFactory(),
    "accounts.TotpDevice": lambda _n: make.TotpDeviceFactory(),
    "accounts.RecoveryCode": lambda n: RecoveryCode.objects.create(user=make.UserFactory(), code_hash=numbered(n)),
    "accounts.Passkey": lambda n: make.PasskeyFactory(credential_id=numbered(n)),
    "accounts.PasskeyCeremony": lambda _n: PasskeyCeremony.objects.create(
        user=make.UserFactory(), purpose="register", challenge=b"1", expires_at=NOW
    ),
    "accounts.MfaTicket": lambda n: MfaTicket.objects.create(
        user=make.UserFactory(), token_hash=numbered(n), expires_at=NOW
    ),
    "accounts.UsedRefreshToken": lambda n: UsedRefreshToken.objects.create(
        session=make.UserSessionFactory(), token_hash=numbered(n)
    ),
    "accounts.OutgoingMail": lambda _n: OutgoingMail.objects.create(
        user=make.UserFactory(), kind="verify_email", recipient="ada@example.com", subject="s", expires_at=NOW
    ),
    "accounts.UserSession": lambda _n: make.UserSessionFactory(),
    "accounts.WebhookDelivery": lambda _n: make.WebhookDeliveryFactory(),
    "accounts.WebhookSubscription": lambda _n: make.WebhookFactory(),
    "aimodels.AIModel": lambda _n: make.AIModelFactory(),
    "aimodels.ActivePrediction": lambda _n: make.PredictionFactory(),
    "aimodels.ModelActivation": lambda _n: make.ModelActivationFactory(activated_by=make.AdminFactory()),
    "aimodels.ModelJob": lambda _n: make.ModelJobFactory(),
    "aimodels.ModelPerformance": lambda _n: make.ModelPerformanceFactory(),
    "aimodels.ModelTrial": lambda _n: make.ModelTrialFactory(),
    "aimodels.Prediction": lambda _n: make.PredictionFactory(),
    "aimodels.PredictionChain": lambda _n: PredictionChain.objects.get(links=make.PredictionFactory().link),
    "aimodels.PredictionLink": lambda _n: make.PredictionFactory().link,
    "aimodels.PredictionSum": lambda _n: make.PredictionFactory(),
    "aimodels.PredictionRevision": revision,
    "aimodels.PredictionScore": lambda _n: PredictionScore.objects.create(
        prediction=make.PredictionFactory(), **OUTCOME
    ),
    "assets.Asset": lambda _n: make.AssetFactory(),
    "assets.AssetListing": lambda _n: make.ListingFactory(),
    "assets.CandleGap": lambda _n: make.GapFactory(),
    "assets.CandleRevision": lambda _n: make.RevisionFactory(),
    "assets.IngestState": lambda _n: make.IngestStateFactory(),
    "assets.OpenCandle": lambda _n: make.OpenCandleFactory(),
    "django_celery_beat.PeriodicTask": schedule,
    "macro.AIRegimeAnalysis": lambda _n: make.RegimeFactory(),
    "macro.ExternalSeries": lambda _n: make.ExternalSeriesFactory(asset=make.AssetFactory()),
    "macro.MetricsSnapshot": lambda _n: make.MetricsSnapshotFactory(),
    "macro.NewsEvent": lambda _n: make.NewsEventFactory(),
    "sectors.AICrossSectorAnalysis": lambda _n: make.CrossSectorFactory(),
    "sectors.AISectorAnalysis": lambda _n: make.SectorAnalysisFactory(),
    "sectors.Sector": lambda _n: make.SectorFactory(),
    "sectors.SectorHistory": lambda _n: make.SectorHistoryFactory(),
    "sectors.SectorMapping": lambda _n: make.SectorMappingFactory(),
    "sectors.SectorRotationFlow": lambda _n: make.RotationFlowFactory(),
    "selection.AIPortfolioAnalysis": lambda _n: make.PortfolioAnalysisFactory(),
    "selection.AISuggestion": lambda _n: make.SuggestionFactory(),
    "selection.AISuggestionArchive": suggestion_archive,
    "selection.AIWatchlistAnalysis": lambda _n: make.RankingFactory(),
    "selection.LotDisposal": lambda _n: make.DisposalFactory(),
    "selection.ManualPrice": lambda _n: make.ManualPriceFactory(),
    "selection.AssetRanking": lambda _n: make.AssetRankingFactory(),
    "selection.RankingOutcome": lambda _n: make.RankingOutcomeFactory(),
    "selection.SuggestionOutcome": lambda n: make.SuggestionOutcomeFactory(suggestion_id=n),
    "selection.Portfolio": lambda _n: make.PortfolioFactory(),
    "selection.PortfolioDay": lambda _n: make.PortfolioDayFactory(),
    "selection.PortfolioAsset": lambda _n: make.PositionFactory(),
    "selection.PositionFlow": lambda _n: make.FlowFactory(),
    "selection.PositionLot": lambda _n: make.LotFactory(),
    "selection.SuggestionPerformance": lambda _n: make.SuggestionFactory(),
    "selection.SuggestionReview": lambda _n: make.ReviewFactory(),
    "selection.Watchlist": lambda _n: make.WatchlistFactory(),
    "selection.WatchlistAsset": lambda _n: make.EntryFactory(),
    "selection.WatchlistAssetHistory": entry_history,
    "selection.WatchlistStateHistory": past_state,
    "selection.WatchlistSummary": lambda _n: make.WatchlistFactory(),
    "system.AnalyticsData": lambda _n: AnalyticsData.objects.create(category="c", metric_name="m", metric_value=1),
    "system.IdempotencyKey": lambda n: IdempotencyKey.objects.create(
        owner=f"user:{n}", user=make.UserFactory(), key=f"key {n}", request_hash=numbered(n), status=201, body=b"{}"
    ),
    "system.ApiRequestLog": lambda _n: ApiRequestLog.objects.create(
        user=make.UserFactory(), endpoint="/x", http_method="GET", response_status=200, response_time_ms=1
    ),
    "system.AuditLog": lambda _n: AuditLog.objects.create(
        table_name="assets", operation="ACTION", changed_by=make.AdminFactory()
    ),
    "system.BackgroundTask": lambda _n: BackgroundTask.objects.create(task_name="t", task_type="cleanup"),
    "system.ExternalApiLog": lambda _n: ExternalApiLog.objects.create(
        api_provider="p", endpoint="/x", http_method="GET", response_status=200, response_time_ms=1
    ),
    "system.Fault": lambda n: Fault.objects.create(
        fingerprint=numbered(n), kind="task", error="KeyError", place="a.py: f", first_at=NOW, last_at=NOW
    ),
    "system.OutboxEvent": lambda _n: OutboxEvent.objects.create(topic="t", user=make.UserFactory()),
    "system.PipelineRun": lambda _n: make.PipelineRunFactory(),
    "system.RowChange": row_change,
    "system.RowChangeLink": link_of,
    "system.SystemConfig": lambda n: SystemConfig.objects.create(key=f"k{n}", updated_by=make.AdminFactory()),
    "system.SystemConfigHistory": lambda n: SystemConfigHistory.objects.create(
        key=f"k{n}", value={}, valid_from=NOW, changed_by=make.AdminFactory()
    ),
    "system.SystemHealth": lambda _n: SystemHealth.objects.create(overall_health_score=99),
    "trading.AIPortfolioAssetAnalysis": position_analysis,
    "trading.AITradingSignal": lambda _n: make.SignalFactory(),
    "trading.ActiveSignal": lambda _n: make.SignalFactory(),
    "trading.AlertFiring": lambda _n: make.FiringFactory(),
    "trading.Backtest": lambda _n: make.BacktestFactory(),
    "trading.ExchangeAccount": lambda _n: make.ExchangeAccountFactory(),
    "trading.ExchangeRecord": lambda _n: make.ExchangeRecordFactory(),
    "trading.PaperPortfolio": lambda _n: make.PaperPortfolioFactory(),
    "trading.PaperTrade": lambda _n: make.PaperTradeFactory(),
    "trading.Recommendation": lambda _n: make.RecommendationFactory(),
    "trading.RecommendationOutcome": lambda _n: make.RecommendationOutcomeFactory(),
    "trading.RecommendationResponse": lambda _n: make.RecommendationResponseFactory(),
    "trading.RiskProfile": lambda _n: make.RiskProfileFactory(),
    "trading.SignalAlert": lambda _n: make.AlertFactory(),
    "trading.ExecutionFill": lambda _n: make.ExecutionFillFactory(),
    "trading.SignalExecution": lambda _n: make.ExecutionFactory(),
    "trading.SignalOutcome": lambda _n: make.SignalOutcomeFactory(),
    "trading.SignalOutcomeRevision": lambda _n: make.SignalOutcomeRevisionFactory(),
    "trading.SignalTrack": lambda _n: make.SignalTrackFactory(),
    "trading.TrackedSeries": lambda _n: make.TrackedSeriesFactory(),
    "trading.TradeAction": lambda _n: make.TradeActionFactory(),
    "trading.TradeImport": lambda _n: make.ImportFactory(),
    "trading.TradeNote": lambda _n: make.NoteFactory(),
    "trading.TradeNoteVersion": lambda _n: make.NoteVersionFactory(),
    "trading.TradeScreenshot": lambda _n: make.ScreenshotFactory(),
}
"""By model: makes its row of that number."""
