"""Doors of webhooks."""

from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from accounts import services
from accounts.api import webhook_serializers as forms
from accounts.choices import DeliveryStatus
from accounts.models import ApiToken, WebhookDelivery, WebhookSubscription
from system.rest import CursorPages, Filters, IsUser, acts_as_admin, caller
from system.rest.permissions import readable_domains
from system.rest.viewsets import ApiViewSet

ACCEPTED = {status.HTTP_202_ACCEPTED: forms.WebhookDeliverySerializer}


def with_token(request: Request) -> dict[str, Any]:
    """What the token of a request lets a subscription tell."""
    token = request.auth if isinstance(request.auth, ApiToken) else None
    return {"domains": readable_domains(request), "made_with": token}


class DeliveryFilters(Filters):
    """Where a message stands."""

    status = filters.ChoiceFilter(choices=DeliveryStatus.choices)


class WebhookViewSet(ApiViewSet):
    """Subscriptions are their owners'; an admin may look at one."""

    permission_classes = (IsUser,)
    serializer_class = forms.WebhookSerializer
    queryset = WebhookSubscription.objects.none()
    pagination_class = None
    filterset_class = DeliveryFilters
    filter_backends = ()

    def get_queryset(self) -> QuerySet[WebhookSubscription]:
        found = WebhookSubscription.objects.order_by("pk")
        everything = acts_as_admin(self.request) and self.detail
        return found if everything else found.filter(user=self.request.user.pk)

    @extend_schema(summary="Own webhook subscriptions", responses=forms.WebhookSerializer(many=True))
    def list(self, request: Request) -> Response:  # noqa: ARG002
        """Programs that are told what happens."""
        return Response(self.get_serializer(self.get_queryset(), many=True).data)

    @extend_schema(
        summary="Subscribe; the signing secret is shown once",
        request=forms.WebhookInputSerializer,
        responses={status.HTTP_201_CREATED: forms.MadeWebhookSerializer},
    )
    def create(self, request: Request) -> Response:
        """The secret is in this answer and nowhere else."""
        given = self.given(forms.WebhookInputSerializer)
        row, secret = services.create_webhook(caller(request), **given, **with_token(request))
        made = forms.MadeWebhookSerializer(row, context={"secret": secret}).data
        return Response(made, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(summary="One subscription")
    def retrieve(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Where events go, and how that goes."""
        return self.shown(get_object_or_404(self.get_queryset(), pk=pk))

    @extend_schema(
        summary="Change a subscription",
        request=forms.WebhookChangeSerializer(partial=True),
        responses=forms.WebhookSerializer,
    )
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Switched on again, what waits is tried at once."""
        given = self.given(forms.WebhookChangeSerializer, partial=True)
        with self.held(needed=False) as row:
            return self.shown(
                services.change_webhook(row, actor=caller(request), now=timezone.now(), **given, **with_token(request))
            )

    @extend_schema(summary="Unsubscribe", responses={status.HTTP_204_NO_CONTENT: None})
    def destroy(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Its ledger goes with it."""
        with self.held(needed=False) as row:
            services.delete_webhook(row, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Delivery log", responses=forms.WebhookDeliverySerializer(many=True))
    @action(
        detail=True,
        pagination_class=CursorPages,
        filter_backends=api_settings.DEFAULT_FILTER_BACKENDS,
        serializer_class=forms.WebhookDeliverySerializer,
    )
    def deliveries(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Messages to a program, newest first."""
        row = get_object_or_404(self.get_queryset(), pk=pk)
        return self.filtered_page(WebhookDelivery.objects.filter(subscription=row).order_by("-created_at"))

    @extend_schema(summary="Send a delivery again", request=None, responses=ACCEPTED)
    @action(
        detail=True,
        methods=["post"],
        url_path="deliveries/<int:delivery_id>/replay",
        url_name="replay",
        serializer_class=forms.WebhookDeliverySerializer,
    )
    def replay(self, request: Request, pk: int, delivery_id: int) -> Response:  # noqa: ARG002
        """Under the same id, so that a program that has had it can tell."""
        with self.held(needed=False) as row:
            again = services.send_again(row, delivery_id, actor=caller(request), now=timezone.now())
        if again is None:
            raise Http404
        return self.shown(again, code=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Send a test event", request=None, responses=ACCEPTED)
    @action(detail=True, methods=["post"], serializer_class=forms.WebhookDeliverySerializer)
    def test(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """It goes the way of all events, within seconds."""
        with self.held(needed=False) as row:
            made = services.send_test_event(row, actor=caller(request), now=timezone.now())
        return self.shown(made, code=status.HTTP_202_ACCEPTED)
