"""Addresses of layer 4."""

from django.urls import path

from system.rest.viewsets import router
from trading.api.executions import ExecutionViewSet, RiskProfileViewSet, TradeActionViewSet
from trading.api.views import SignalViewSet

routes = router()
routes.register("signals/executions", ExecutionViewSet, basename="executions")
routes.register("signals", SignalViewSet, basename="signals")
routes.register("trade-actions", TradeActionViewSet, basename="trade-actions")
urlpatterns = [
    path("users/me/risk-profile", RiskProfileViewSet.as_view({"get": "mine", "put": "replace", "patch": "change"})),
    path("users/<int:pk>/risk-profile", RiskProfileViewSet.as_view({"get": "theirs"})),
    *routes.urls,
]
