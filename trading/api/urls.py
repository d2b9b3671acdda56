"""Addresses of layer 4."""

from django.urls import path

from system.rest.viewsets import router
from trading.api.alerts import AlertViewSet
from trading.api.assets import AssetAdviceViewSet
from trading.api.backtests import BacktestViewSet
from trading.api.executions import ExecutionViewSet, RiskProfileViewSet
from trading.api.journal import PortfolioActionViewSet, TradeActionViewSet
from trading.api.portfolios import GainsViewSet, ImportViewSet
from trading.api.positions import AnalysisOrderViewSet, PositionAnalysisViewSet, PositionViewSet
from trading.api.recommendations import RecommendationViewSet
from trading.api.views import SignalViewSet

routes = router()
routes.register("signals/executions", ExecutionViewSet, basename="executions")
routes.register("signals", SignalViewSet, basename="signals")
routes.register("alerts", AlertViewSet, basename="alerts")
routes.register("recommendations", RecommendationViewSet, basename="recommendations")
routes.register("trade-actions", TradeActionViewSet, basename="trade-actions")
routes.register("backtests", BacktestViewSet, basename="backtests")
routes.register("assets", AssetAdviceViewSet, basename="asset-advice")
urlpatterns = [
    path("users/me/risk-profile", RiskProfileViewSet.as_view({"get": "mine", "put": "replace", "patch": "change"})),
    path("users/<int:pk>/risk-profile", RiskProfileViewSet.as_view({"get": "theirs"})),
    path("portfolios/<int:pk>/actions", PortfolioActionViewSet.as_view({"get": "list"})),
    path(
        "portfolios/<int:pk>/assets/<int:position_id>/actions",
        PortfolioActionViewSet.as_view({"post": "create"}),
    ),
    path("portfolios/<int:pk>/assets", PositionViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "portfolios/<int:pk>/assets/<int:position_id>",
        PositionViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("portfolios/<int:pk>/assets/<int:position_id>/analysis", PositionAnalysisViewSet.as_view({"get": "newest"})),
    path("portfolios/<int:pk>/assets/<int:position_id>/analyses", PositionAnalysisViewSet.as_view({"get": "list"})),
    path("portfolios/<int:pk>/analyze", AnalysisOrderViewSet.as_view({"post": "analyze"})),
    path("portfolios/<int:pk>/gains", GainsViewSet.as_view({"get": "gains"})),
    path("portfolios/<int:pk>/imports", ImportViewSet.as_view({"get": "list", "post": "create"})),
    path("portfolios/<int:pk>/imports/<int:import_id>/confirm", ImportViewSet.as_view({"post": "confirm"})),
    *routes.urls,
]
