"""Doors of the messages in the app."""

import django_filters.rest_framework as filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api import notification_serializers as forms
from accounts.choices import NotificationStatus, NotificationType
from accounts.models import Notification
from accounts.selectors.notifications import unread_count, visible_notifications
from system.choices import Priority
from system.rest import CursorPages, Filters, IsAdmin, caller
from system.rest.permissions import IsPerson
from system.rest.viewsets import ApiViewSet


class NotificationFilters(Filters):
    """By state, kind and priority; what was put away only when asked for."""

    status = filters.ChoiceFilter(choices=NotificationStatus.choices, label="default: unread and read")
    type = filters.ChoiceFilter(choices=NotificationType.choices, field_name="notification_type")
    priority = filters.ChoiceFilter(choices=Priority.choices)

    def filter_queryset(self, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        found: QuerySet[Notification] = super().filter_queryset(queryset)
        return found if self.form.cleaned_data["status"] else found.exclude(status=NotificationStatus.DISMISSED)


@extend_schema_view(list=extend_schema(summary="Own notifications that are due and not expired"))
class NotificationViewSet(mixins.ListModelMixin, ApiViewSet):
    """Messages to the caller, newest first."""

    permission_classes = (IsPerson,)
    serializer_class = forms.NotificationSerializer
    filterset_class = NotificationFilters
    pagination_class = CursorPages
    known = ("sent_at",)
    queryset = Notification.objects.none()

    def get_queryset(self) -> QuerySet[Notification]:
        return visible_notifications(caller(self.request), timezone.now())

    @extend_schema(summary="Number of unread notifications", responses=forms.UnreadSerializer)
    @action(detail=False, url_path="unread-count", pagination_class=None, filter_backends=())
    def unread_count(self, request: Request) -> Response:
        """How many messages nobody has looked at."""
        return Response({"unread": unread_count(caller(request), timezone.now())})

    @extend_schema(summary="Mark as read (idempotent)", request=None, responses=forms.NotificationSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: int) -> Response:
        """Mark a message as read."""
        note = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(self.get_serializer(services.mark_read(note, actor=caller(request), now=timezone.now())).data)

    @extend_schema(summary="Mark all as read", request=None, responses=forms.UpdatedSerializer)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Mark every message as read."""
        return Response({"updated": services.mark_all_read(caller(request), timezone.now())})

    @extend_schema(summary="Dismiss (status=dismissed; removed after expiry)")
    def destroy(self, request: Request, pk: int) -> Response:
        """Put a message away."""
        services.dismiss(get_object_or_404(self.get_queryset(), pk=pk), actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SendViewSet(ApiViewSet):
    """Messages that admins write."""

    permission_classes = (IsAdmin,)
    serializer_class = forms.SendSerializer
    queryset = Notification.objects.none()
    pagination_class = None
    filter_backends = ()

    @extend_schema(summary="Send to users, a role or all", responses={status.HTTP_201_CREATED: forms.CreatedSerializer})
    def create(self, request: Request) -> Response:
        """Write to people, to all of a role, or to everybody."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        created = services.send_notification(
            actor=caller(request),
            kind=given.pop("notification_type"),
            everybody=given.pop("all"),
            user_ids=given.pop("user_ids", ()),
            **given,
        )
        return Response({"created": created}, status=status.HTTP_201_CREATED)
