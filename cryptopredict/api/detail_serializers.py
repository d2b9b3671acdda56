"""The dashboards in detail in JSON: of professionals, and of admins."""

from rest_framework import serializers

from accounts.api.serializers import AnybodysActivitySerializer
from cryptopredict.api.dashboard_serializers import ProfitSerializer
from macro.api.serializers import MetricsSnapshotSerializer, RegimeAnalysisSerializer
from sectors.api.serializers import CrossSectorSerializer, StandingSerializer
from selection.api.portfolio_serializers import PortfolioAnalysisSerializer, PortfolioSerializer
from selection.api.serializers import (
    SuggestionPerformanceSerializer,
    WatchlistAnalysisSerializer,
    WatchlistSerializer,
)
from system.api.health import HealthReportSerializer
from trading.api.execution_serializers import RiskProfileSerializer
from trading.api.recommendation_serializers import RecommendationSerializer
from trading.api.serializers import SignalSerializer


class MacroSerializer(serializers.Serializer):
    """The whole market in its newest daily analysis."""

    regime = RegimeAnalysisSerializer(allow_null=True)
    snapshot = MetricsSnapshotSerializer(allow_null=True)


class RankedListSerializer(serializers.Serializer):
    """A list with its newest ranking."""

    watchlist = WatchlistSerializer()
    analysis = WatchlistAnalysisSerializer(allow_null=True)


class AnalysedPortfolioSerializer(serializers.Serializer):
    """A portfolio with its newest analysis."""

    portfolio = PortfolioSerializer()
    analysis = PortfolioAnalysisSerializer(allow_null=True)


class OwnPortfoliosSerializer(serializers.Serializer):
    """The own real portfolios, together and one by one."""

    together = ProfitSerializer()
    portfolios = AnalysedPortfolioSerializer(many=True)


class ProfessionalSerializer(serializers.Serializer):
    """All four layers in detail. The context has what the rows need."""

    macro = MacroSerializer()
    rotation = CrossSectorSerializer(allow_null=True, help_text="the newest comparison of all sectors")
    sectors = StandingSerializer(many=True, help_text="the strongest first")
    watchlists = RankedListSerializer(many=True)
    signals = SignalSerializer(many=True, help_text="open ones, the surest first")
    portfolio = OwnPortfoliosSerializer()
    recommendations = RecommendationSerializer(many=True, help_text="open ones, the newest first")
    risk = RiskProfileSerializer()


class PeopleSerializer(serializers.Serializer):
    """Accounts that may log in."""

    total = serializers.IntegerField()
    active_24h = serializers.IntegerField(help_text="did something in the last day")
    new_7d = serializers.IntegerField()


class ModelCountsSerializer(serializers.Serializer):
    """Versions by the newest round of checks; null before the first."""

    active = serializers.IntegerField(allow_null=True)
    training = serializers.IntegerField(allow_null=True)
    error = serializers.IntegerField(allow_null=True)


class QueueSerializer(serializers.Serializer):
    """Suggestions for the default lists."""

    pending = serializers.IntegerField(help_text="wait for a decision now")
    performance = SuggestionPerformanceSerializer(many=True, help_text="of the last 30 days, by layer")


class JobCountsSerializer(serializers.Serializer):
    """Background work and jobs of models together."""

    running = serializers.IntegerField()
    pending = serializers.IntegerField()
    failed_24h = serializers.IntegerField()


class BackupSerializer(serializers.Serializer):
    """How old the newest backup is."""

    age_seconds = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(
        allow_null=True, help_text="why there is none, or why the last attempt or trial failed"
    )


class ProductSerializer(serializers.Serializer):
    """The product itself."""

    system = HealthReportSerializer(
        allow_null=True,
        help_text="the newest round of checks: providers, budgets, gaps, lag, errors; null before one",
    )
    users = PeopleSerializer()
    models = ModelCountsSerializer()
    suggestions = QueueSerializer()
    jobs = JobCountsSerializer()
    backup = BackupSerializer()
    recent_activities = AnybodysActivitySerializer(many=True)
