"""Addresses of layer 4."""

from system.rest.viewsets import router
from trading.api.views import SignalViewSet

routes = router()
routes.register("signals", SignalViewSet, basename="signals")
urlpatterns = routes.urls
