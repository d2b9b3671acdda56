"""What the analyses work on for a person."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from selection.choices import PositionType, Tier, WatchlistType
from selection.models import Watchlist
from selection.selectors.contexts import get_user_ai_context
from system.rest import IsAdmin, IsUser, NumberField, caller
from system.rest.viewsets import ApiViewSet


class WatchedSerializer(serializers.Serializer):
    """An asset of a list."""

    asset_id = serializers.IntegerField()
    crypto_id = serializers.IntegerField(help_text="The same, as older documents call it")
    symbol = serializers.CharField()
    position_type = serializers.ChoiceField(choices=PositionType.choices, allow_null=True)
    position = serializers.IntegerField(help_text="Its place in the list")
    weight = NumberField(12, 6, allow_null=True)


class ContextSerializer(serializers.Serializer):
    """A list that the analyses work on."""

    watchlist_id = serializers.IntegerField()
    watchlist_type = serializers.ChoiceField(choices=WatchlistType.choices)
    tier = serializers.ChoiceField(choices=Tier.choices, allow_null=True)
    asset_count = serializers.IntegerField()
    assets = WatchedSerializer(many=True)


class ContextViewSet(ApiViewSet):
    """The own lists of a person; the default ones for who has none."""

    serializer_class = ContextSerializer
    queryset = Watchlist.objects.none()
    pagination_class = None
    filter_backends = ()

    def get_permissions(self) -> list[IsUser]:
        """Everybody sees what is worked on for him; admins for anybody."""
        return [IsAdmin()] if self.action == "theirs" else [IsUser()]

    @extend_schema(
        summary="Watchlists the AI works on for this user",
        responses=ContextSerializer(many=True),
        operation_id="users_me_ai_context",
    )
    def mine(self, request: Request) -> Response:
        """For the caller."""
        return Response(ContextSerializer(get_user_ai_context(caller(request)), many=True).data)

    @extend_schema(
        summary="The same for any user", responses=ContextSerializer(many=True), operation_id="users_ai_context"
    )
    def theirs(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """For somebody, as admins see it."""
        person = get_object_or_404(User.objects.all(), pk=pk)
        return Response(ContextSerializer(get_user_ai_context(person), many=True).data)
