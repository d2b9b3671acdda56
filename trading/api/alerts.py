"""Doors of alerts."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from system.rest import CursorPages, IsUser, acts_as_admin, caller, require_owner
from system.rest.viewsets import ReadViewSet
from trading import services
from trading.api.alert_serializers import AlertInputSerializer, AlertSerializer
from trading.api.filters import AlertFilters
from trading.models import SignalAlert


@extend_schema_view(
    list=extend_schema(summary="List the own alerts"), retrieve=extend_schema(summary="One of the own alerts")
)
class AlertViewSet(ReadViewSet):
    """Alerts are their owners'; an admin may look at one. Newest first."""

    permission_classes = (IsUser,)
    serializer_class = AlertSerializer
    filterset_class = AlertFilters
    pagination_class = CursorPages
    queryset = SignalAlert.objects.none()
    row_is_all = True

    def get_queryset(self) -> QuerySet[SignalAlert]:
        found = SignalAlert.objects.order_by("-created_at")
        return found if acts_as_admin(self.request) and self.detail else found.filter(user=self.request.user.pk)

    def own(self) -> SignalAlert:
        """The alert of the path; 403 where it is another person's that one may see."""
        alert: SignalAlert = self.get_object()
        require_owner(self.request, alert.user_id)
        return alert

    @extend_schema(
        summary="Create an alert",
        request=AlertInputSerializer,
        responses={status.HTTP_201_CREATED: AlertSerializer},
    )
    def create(self, request: Request) -> Response:
        """Watch something from now on. 409 where the same is watched already, or there are as many as one may have."""
        made = services.create_alert(self.given(AlertInputSerializer), actor=caller(request))
        return self.shown(made, code=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change one of the own alerts",
        request=AlertInputSerializer(partial=True),
        responses={status.HTTP_200_OK: AlertSerializer},
    )
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """With another thing to watch it is armed anew; parameters are replaced as a whole."""
        changes = self.given(AlertInputSerializer, partial=True)
        return self.shown(services.change_alert(self.own().pk, changes, actor=caller(request)))

    @extend_schema(summary="Delete one of the own alerts", responses={status.HTTP_204_NO_CONTENT: None})
    def destroy(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Why it has fired stays known."""
        services.delete_alert(self.own().pk, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Arm a fired alert again", request=None, responses={status.HTTP_200_OK: AlertSerializer})
    @action(detail=True, methods=["post"], filter_backends=(), pagination_class=None)
    def rearm(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """From now on; 409 where it has not fired, or its time has passed."""
        return self.shown(services.rearm_alert(self.own().pk, actor=caller(request)))
