"""The own account."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import UserSerializer
from accounts.models import User
from system.rest import IsUser
from system.rest.viewsets import ApiViewSet


class UserViewSet(ApiViewSet):
    """Accounts."""

    permission_classes = (IsUser,)
    serializer_class = UserSerializer
    queryset = User.objects.none()

    @extend_schema(summary="Own profile")
    @action(detail=False, pagination_class=None)
    def me(self, request: Request) -> Response:
        """The account that the caller is logged in with."""
        return Response(self.get_serializer(request.user).data)
