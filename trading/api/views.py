"""Signals."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from system.rest import CursorPages, IsUser
from system.rest.viewsets import ReadViewSet
from trading.api.filters import SignalFilters
from trading.api.serializers import SignalDetailSerializer, SignalSerializer
from trading.models import AITradingSignal
from trading.selectors.visible import live_signals


@extend_schema_view(
    list=extend_schema(summary="Trading signals"), retrieve=extend_schema(summary="One signal with AI analysis")
)
class SignalViewSet(ReadViewSet):
    """Signals of the live series."""

    permission_classes = (IsUser,)
    filterset_class = SignalFilters
    pagination_class = CursorPages
    queryset = AITradingSignal.objects.none()

    def get_queryset(self) -> QuerySet[AITradingSignal]:
        return live_signals().select_related("asset")

    def get_serializer_class(self) -> type[SignalSerializer | SignalDetailSerializer]:
        return SignalDetailSerializer if self.action == "retrieve" else SignalSerializer
