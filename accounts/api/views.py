"""The own account: profile, sessions, tokens, activities."""

from datetime import timedelta
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api import serializers as forms
from accounts.models import ApiToken, User, UserActivity, UserSession
from accounts.services import Client
from system.rest import CursorPages, Filters, FlagFilter, IsUser, WholeNumberFilter, acts_as_admin, caller
from system.rest.permissions import IsPerson
from system.rest.viewsets import ApiViewSet

NOTHING = {status.HTTP_204_NO_CONTENT: None}
LONGEST_DAYS = 180


class OwnAccountViewSet(ApiViewSet):
    """The account that the caller is logged in with."""

    permission_classes = (IsPerson,)
    serializer_class = forms.UserSerializer
    queryset = User.objects.none()
    pagination_class = None
    filter_backends = ()
    delete_has_body = True

    @extend_schema(summary="Own profile", operation_id="users_me_retrieve")
    def read(self, request: Request) -> Response:
        """The account that the caller is logged in with."""
        return self.shown(request.user)

    @extend_schema(summary="Replace the own profile", request=forms.ProfileSerializer, operation_id="users_me_replace")
    def replace(self, request: Request) -> Response:  # noqa: ARG002
        """What is not named goes back to its default."""
        return self.changed(replace=True)

    @extend_schema(
        summary="Change the own profile",
        request=forms.ProfileSerializer(partial=True),
        operation_id="users_me_update",
    )
    def change(self, request: Request) -> Response:  # noqa: ARG002
        """What is not named stays; preferences are merged key by key."""
        return self.changed(replace=False)

    def changed(self, *, replace: bool) -> Response:
        """The account after a change; a version is compared if one is named."""
        changes = forms.changes_of(self.given(forms.ProfileSerializer))
        with self.held(User.objects.all(), pk=self.request.user.pk, needed=False) as user:
            client = Client.of(self.request)
            return self.shown(services.change_profile(user, changes=changes, replace=replace, client=client))

    @extend_schema(
        summary="Deactivate the own account (soft delete)",
        request=forms.PasswordSerializer,
        responses=NOTHING,
        operation_id="users_me_delete",
    )
    def leave(self, request: Request) -> Response:
        """Ends all sessions and tokens. What belongs to the account is erased some weeks later."""
        password = self.given(forms.PasswordSerializer)["password"]
        services.leave(caller(request), password=password, client=Client.of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionFilters(Filters):
    """Those that live, unless asked otherwise."""

    defaults = {"active": "true"}
    active = FlagFilter(method="that_live")

    def that_live(self, sessions: QuerySet[UserSession], name: str, value: bool) -> QuerySet[UserSession]:  # noqa: ARG002
        living = {"is_active": True, "expires_at__gt": timezone.now()}
        return sessions.filter(**living) if value else sessions.exclude(**living)


@extend_schema_view(list=extend_schema(summary="Own sessions"))
class SessionViewSet(mixins.ListModelMixin, ApiViewSet):
    """Logins of programs, newest first."""

    permission_classes = (IsPerson,)
    serializer_class = forms.SessionSerializer
    filterset_class = SessionFilters
    queryset = UserSession.objects.none()

    def get_queryset(self) -> QuerySet[UserSession]:
        return UserSession.objects.filter(user=self.request.user.pk).order_by("-created_at")

    def get_serializer_context(self) -> dict[str, Any]:
        current = current_session(self.request)
        return {**super().get_serializer_context(), "current": current and current.pk}

    @extend_schema(summary="End one session", responses=NOTHING)
    def destroy(self, request: Request, pk: int) -> Response:
        """Its tokens open nothing any more."""
        services.end_session(get_object_or_404(self.get_queryset(), pk=pk), client=Client.of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="End all other sessions", responses=NOTHING, operation_id="users_me_sessions_end")
    def end_others(self, request: Request) -> Response:
        """All of them, if the caller has come in another way."""
        services.end_sessions(caller(request), but=current_session(request), why="ended from elsewhere")
        return Response(status=status.HTTP_204_NO_CONTENT)


def current_session(request: Request) -> UserSession | None:
    """The session that the request came with."""
    return request.auth if isinstance(request.auth, UserSession) else None


class ActivityFilters(Filters):
    """Of the last days, and of one kind."""

    defaults = {"days": "30"}
    days = WholeNumberFilter(method="of_days", low=1, high=LONGEST_DAYS)
    activity_type = filters.CharFilter()

    def of_days(self, activities: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:  # noqa: ARG002
        return activities.filter(created_at__gte=timezone.now() - timedelta(days=int(value)))


@extend_schema_view(list=extend_schema(summary="Own activities"))
class ActivityViewSet(mixins.ListModelMixin, ApiViewSet):
    """What the caller did, newest first."""

    permission_classes = (IsUser,)
    serializer_class = forms.ActivitySerializer
    filterset_class = ActivityFilters
    pagination_class = CursorPages
    queryset = UserActivity.objects.none()

    def get_queryset(self) -> QuerySet[UserActivity]:
        return UserActivity.objects.filter(user=self.request.user.pk).order_by("-created_at")


class TokenViewSet(ApiViewSet):
    """Personal tokens of the caller."""

    permission_classes = (IsPerson,)
    serializer_class: type[serializers.BaseSerializer[Any]] = forms.TokenSerializer
    queryset = ApiToken.objects.none()
    pagination_class = None
    filter_backends = ()

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(revoked_at__isnull=True).order_by("-created_at")

    @extend_schema(summary="Own API tokens", responses=forms.TokenSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Those that have not been revoked; of their secrets the first characters."""
        own = self.get_queryset().filter(user=request.user.pk)
        return Response(self.get_serializer(own, many=True).data)

    @extend_schema(
        summary="Make an API token; shown once",
        request=forms.NewTokenSerializer,
        responses={status.HTTP_201_CREATED: forms.MadeTokenSerializer},
    )
    def create(self, request: Request) -> Response:
        """The secret is in this answer and nowhere else. A token never may do more than the token it was made with, nor
        longer, nor from elsewhere."""
        maker = request.auth if isinstance(request.auth, ApiToken) else None
        token, secret = services.create_api_token(
            caller(request), **self.given(forms.NewTokenSerializer), made_with=maker
        )
        made = forms.MadeTokenSerializer(token, context={"secret": secret}).data
        return Response(made, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(summary="Revoke an API token", responses=NOTHING)
    def destroy(self, request: Request, pk: int) -> Response:
        """It opens nothing from the next request on. Admins may revoke anybody's."""
        tokens = ApiToken.objects.all() if acts_as_admin(request) else ApiToken.objects.filter(user=request.user.pk)
        services.revoke_api_token(get_object_or_404(tokens, pk=pk), actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
