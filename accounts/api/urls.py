"""Addresses of accounts."""

from accounts.api.auth import AuthViewSet
from accounts.api.notifications import NotificationViewSet, SendViewSet
from accounts.api.views import UserViewSet
from system.rest.viewsets import router

routes = router()
routes.register("auth", AuthViewSet, basename="auth")
routes.register("users/me/notifications", NotificationViewSet, basename="notifications")
routes.register("system/notifications", SendViewSet, basename="sent-notifications")
routes.register("users", UserViewSet, basename="users")
urlpatterns = routes.urls
