"""Addresses of accounts."""

from typing import Any

from django.urls import path

from accounts.api.auth import AuthViewSet
from accounts.api.live import LiveTicketViewSet
from accounts.api.mfa import MfaViewSet
from accounts.api.notifications import NotificationViewSet, SendViewSet
from accounts.api.people import (
    ArchivedActivityViewSet,
    EverybodysActivityViewSet,
    FeedbackViewSet,
    UserViewSet,
)
from accounts.api.views import ActivityViewSet, OwnAccountViewSet, SessionViewSet, TokenViewSet
from accounts.api.webhooks import WebhookViewSet
from system.rest.viewsets import router

routes = router()
routes.register("auth", AuthViewSet, basename="auth")
routes.register("users/me/notifications", NotificationViewSet, basename="notifications")
routes.register("users/me/activities", ActivityViewSet, basename="own-activities")
routes.register("users/me/tokens", TokenViewSet, basename="own-tokens")
routes.register("system/notifications", SendViewSet, basename="sent-notifications")
routes.register("system/activities/archive", ArchivedActivityViewSet, basename="archived-activities")
routes.register("system/activities", EverybodysActivityViewSet, basename="activities")
routes.register("feedback", FeedbackViewSet, basename="feedback")
routes.register("webhooks", WebhookViewSet, basename="webhooks")
routes.register("users", UserViewSet, basename="users")
ME: dict[str, Any] = {"get": "read", "put": "replace", "patch": "change", "delete": "leave"}
TOTP: dict[str, Any] = {"post": "begin", "delete": "end"}
urlpatterns = [
    path("auth/ws-ticket", LiveTicketViewSet.as_view({"post": "issue"})),
    path("users/me", OwnAccountViewSet.as_view(ME)),
    path("users/me/sessions", SessionViewSet.as_view({"get": "list", "delete": "end_others"})),
    path("users/me/sessions/<int:pk>", SessionViewSet.as_view({"delete": "destroy"})),
    path("users/me/mfa", MfaViewSet.as_view({"get": "read"})),
    path("users/me/mfa/totp", MfaViewSet.as_view(TOTP)),
    path("users/me/mfa/totp/confirm", MfaViewSet.as_view({"post": "confirm"})),
    *routes.urls,
]
