"""Door of tickets for live channels."""

from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.models import ApiToken, User, UserSession
from accounts.services.live_access import Access, browser_access, issue_ticket
from system.rest import UtcDateTimeField, caller
from system.rest.viewsets import ApiViewSet


class LiveTicketSerializer(serializers.Serializer):
    """A ticket for one connection; shown once."""

    ticket = serializers.CharField(help_text="Goes into Sec-WebSocket-Protocol of one connection")
    expires_at = UtcDateTimeField(help_text="End of the ticket, if it is not used")


class LiveTicketViewSet(ApiViewSet):
    """A ticket lets a program that has a token, and no cookie, open one live channel."""

    permission_classes = (IsAuthenticated,)
    serializer_class = LiveTicketSerializer
    queryset = User.objects.none()
    pagination_class = None
    filter_backends = ()
    replayable = False

    def check_permissions(self, request: Request) -> None:
        """What a token may hear is decided by channel, so that it needs no scope here."""
        GenericViewSet.check_permissions(self, request)

    @extend_schema(
        summary="One-time ticket for a WebSocket",
        operation_id="auth_ws_ticket_create",
        request=None,
        responses={status.HTTP_201_CREATED: LiveTicketSerializer},
    )
    def issue(self, request: Request) -> Response:
        """Valid for 30 seconds, once. It opens what the caller may hear, and no longer than his login lasts."""
        ticket, expires_at = issue_ticket(access_of(request))
        made = LiveTicketSerializer({"ticket": ticket, "expires_at": expires_at}).data
        return Response(made, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


def access_of(request: Request) -> Access:
    """What the caller came in with."""
    user, way = caller(request), request.auth
    is_admin = user.is_staff and not getattr(user, "is_held_back", False)
    if isinstance(way, UserSession):
        return Access(user.pk, is_admin, session_id=way.pk)
    if isinstance(way, ApiToken):
        return Access(user.pk, is_admin, token_id=way.pk, scopes=tuple(way.scopes))
    session: SessionBase | Any = request.session
    return browser_access(user, session.session_key, is_admin=is_admin)
