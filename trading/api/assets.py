"""What is advised about one asset."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.models import Asset
from assets.selectors.visible import visible_assets
from system.choices import RiskLevel
from system.rest import CursorPages, IsUser, UtcDateTimeField, acts_as_admin
from system.rest.viewsets import ApiViewSet
from trading.api.filters import AssetSignalFilters
from trading.api.serializers import WholeSignalSerializer
from trading.models import AITradingSignal
from trading.selectors.asset_analysis import RECOMMENDATIONS, AssetAnalysis, asset_analysis
from trading.selectors.visible import live_signals, visible_signals


class CurrentAnalysisSerializer(serializers.Serializer):
    """The single judgements; null where nothing is known."""

    ai_confidence = serializers.FloatField(
        source="confidence", allow_null=True, help_text="probability of the direction that is forecast, 0.5-1"
    )
    risk_level = serializers.ChoiceField(source="figures.risk_level", choices=RiskLevel.choices, default=None)
    technical_indicators = serializers.DictField(source="indicators", help_text="at the newest daily candle")
    sentiment_score = serializers.FloatField(
        source="sentiment", allow_null=True, help_text="-1..1, headlines of the last 24 hours"
    )
    sector_correlation = serializers.FloatField(
        allow_null=True, help_text="-1..1, daily returns of 30 days with the index of the primary sector"
    )


class AssetAnalysisSerializer(serializers.Serializer):
    """An asset as all layers see it."""

    asset_id = serializers.IntegerField(source="asset.pk")
    symbol = serializers.CharField(source="asset.symbol")
    current_analysis = CurrentAnalysisSerializer(source="*")
    performance_metrics = serializers.SerializerMethodField(
        help_text="changes in percent, place in the ranking (0-1), expected return in percent, open proven signals"
    )
    recommendation = serializers.ChoiceField(
        choices=RECOMMENDATIONS, allow_null=True, help_text="null when nothing is known"
    )
    analysis_time = UtcDateTimeField(source="ranking.analysis_time", default=None)

    def get_performance_metrics(self, found: AssetAnalysis) -> dict[str, float | None]:
        asset, figures = found.asset, found.figures
        changes = {
            "change_24h_pct": asset.price_change_percentage_24h,
            "change_7d_pct": asset.price_change_percentage_7d,
            "change_30d_pct": asset.price_change_percentage_30d,
        }
        return {
            **{name: None if value is None else float(value) for name, value in changes.items()},
            "score": figures.get("place"),
            "expected_return_pct": figures.get("expected_return_pct"),
            "long_signals": found.longs,
            "short_signals": found.shorts,
        }


class AssetAdviceViewSet(ApiViewSet):
    """Signals of an asset, and what is known of it."""

    permission_classes = (IsUser,)
    serializer_class = WholeSignalSerializer
    filterset_class = AssetSignalFilters
    queryset = AITradingSignal.objects.none()

    def asset(self) -> Asset:
        """The asset of the path; 404 when the caller may not see it."""
        return get_object_or_404(visible_assets(everything=acts_as_admin(self.request)), pk=self.kwargs["pk"])

    def signals_of_caller(self) -> QuerySet[Any]:
        """Admins see those for every portfolio."""
        return live_signals() if acts_as_admin(self.request) else visible_signals(self.request.user)

    @extend_schema(summary="Signals of an asset", responses=WholeSignalSerializer(many=True))
    @action(detail=True, pagination_class=CursorPages)
    def signals(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Live signals that the caller may see, newest first."""
        found = self.signals_of_caller().filter(asset=self.asset())
        return self.filtered_page(found.select_related("asset").order_by("-created_at"))

    @extend_schema(summary="AI analysis of an asset", responses=AssetAnalysisSerializer, filters=False)
    @action(detail=True, pagination_class=None, filter_backends=())
    def analysis(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """What the newest daily ranking, the news, its sector and the open signals say of an asset."""
        return Response(AssetAnalysisSerializer(asset_analysis(self.asset(), request.user, timezone.now())).data)
