"""Forecasts of one asset."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from aimodels.api.filters import AssetPredictionFilters
from aimodels.api.serializers import WholePredictionSerializer
from aimodels.models import Prediction
from aimodels.selectors.visible import visible_predictions
from assets.selectors.visible import visible_assets
from system.rest import CursorPages, IsUser, acts_as_admin
from system.rest.viewsets import ApiViewSet


class AssetForecastViewSet(ApiViewSet):
    """What was forecast of an asset."""

    permission_classes = (IsUser,)
    serializer_class = WholePredictionSerializer
    filterset_class = AssetPredictionFilters
    pagination_class = CursorPages
    queryset = Prediction.objects.none()

    @extend_schema(summary="Predictions for an asset", responses=WholePredictionSerializer(many=True))
    @action(detail=True)
    def predictions(self, request: Request, pk: int) -> Response:
        """Forecasts of the live series that the caller may see, newest first."""
        is_admin = acts_as_admin(request)
        asset = get_object_or_404(visible_assets(everything=is_admin), pk=pk)
        found = visible_predictions(request.user, everything=is_admin).filter(asset=asset)
        return self.filtered_page(found.select_related("asset").order_by("-created_at"))
