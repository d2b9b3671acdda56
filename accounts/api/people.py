"""Accounts of others, for admins; and what people tell us."""

import django_filters.rest_framework as filters
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api import serializers as forms
from accounts.api.views import NOTHING, ActivityFilters
from accounts.choices import FeedbackStatus, FeedbackType, UserRole
from accounts.models import User, UserActivity, UserActivityArchive, UserFeedback, UserOverview
from system.rest import (
    CursorPages,
    Filters,
    FlagFilter,
    IdFilter,
    IsAdmin,
    IsUser,
    OrderingFilter,
    PeriodFilters,
    acts_as_admin,
    caller,
)
from system.rest.permissions import IsPerson
from system.rest.viewsets import ApiViewSet, ReadViewSet


class UserFilters(Filters):
    """By role, state, and words of the address or the name."""

    defaults = {"ordering": "-created_at"}
    role = filters.ChoiceFilter(choices=UserRole.choices)
    is_active = FlagFilter()
    search = filters.CharFilter(method="with_words", label="e-mail or name")
    ordering = OrderingFilter(fields=("created_at", "last_login", "login_count", "email"))

    def with_words(self, people: QuerySet[User], name: str, value: str) -> QuerySet[User]:  # noqa: ARG002
        for word in value.split()[:10]:
            found = Q(email__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word)
            people = people.filter(found)
        return people


class UserViewSet(ApiViewSet):
    """Accounts that are not closed."""

    permission_classes = (IsAdmin,)
    serializer_class = forms.UserAdminSerializer
    filterset_class = UserFilters
    queryset = User.objects.all()

    @extend_schema(summary="Users with counts", responses=forms.UserOverviewSerializer(many=True))
    def list(self, request: Request) -> Response:  # noqa: ARG002
        """Everybody, with what belongs to them."""
        rows = self.rows(self.filter_queryset(User.objects.order_by("-created_at")))
        context = {"overviews": UserOverview.objects.in_bulk([user.pk for user in rows])}
        return self.get_paginated_response(forms.UserOverviewSerializer(rows, many=True, context=context).data)

    @extend_schema(summary="One user")
    def retrieve(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """An account with what its owner does not see."""
        return self.shown(get_object_or_404(User.objects.all(), pk=pk))

    @extend_schema(
        summary="Create a user",
        request=forms.NewUserSerializer,
        responses={status.HTTP_201_CREATED: forms.UserAdminSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make an account for somebody."""
        given = forms.changes_of(self.given(forms.NewUserSerializer))
        user = services.create_user(given.pop("email"), given.pop("password", None), actor=caller(request), **given)
        return self.shown(user, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Change role, state, plan, notes", request=forms.AdminChangesSerializer(partial=True))
    def partial_update(self, request: Request, pk: int) -> Response:
        """An admin cannot take his own powers, and the last one keeps them. A new address has to be confirmed anew."""
        user = get_object_or_404(User.objects.all(), pk=pk)
        changes = forms.changes_of(self.given(forms.AdminChangesSerializer))
        return self.shown(services.change_user(user, actor=caller(request), changes=changes))

    @extend_schema(summary="Deactivate a user (soft delete)", responses=NOTHING)
    def destroy(self, request: Request, pk: int) -> Response:
        """Ends all sessions and tokens of the account."""
        services.delete_user(get_object_or_404(User.objects.all(), pk=pk), actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Lift a lockout", request=None, responses=NOTHING)
    @action(detail=True, methods=["post"])
    def unlock(self, request: Request, pk: int) -> Response:
        """Let somebody try again who has entered too many wrong passwords."""
        services.unlock(get_object_or_404(User.objects.all(), pk=pk), actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class EverybodysActivityFilters(ActivityFilters):
    """Of the last days, of a kind, a person, or about a row."""

    defaults = {"days": "7", "activity_type": "all"}
    activity_type = filters.CharFilter(method="of_kind")
    user_id = IdFilter(field_name="user")
    entity_type = filters.CharFilter()
    entity_id = IdFilter()

    def of_kind(self, activities: QuerySet[UserActivity], name: str, value: str) -> QuerySet[UserActivity]:  # noqa: ARG002
        return activities if value == "all" else activities.filter(activity_type=value)


@extend_schema_view(list=extend_schema(summary="Activities of all users"))
class EverybodysActivityViewSet(mixins.ListModelMixin, ApiViewSet):
    """What people did, newest first."""

    permission_classes = (IsAdmin,)
    serializer_class = forms.AnybodysActivitySerializer
    filterset_class = EverybodysActivityFilters
    pagination_class = CursorPages
    queryset = UserActivity.objects.select_related("user").order_by("-created_at")


class ArchiveFilters(PeriodFilters):
    """Of a person and a period."""

    user_id = IdFilter(field_name="user")


@extend_schema_view(list=extend_schema(summary="Archived activities"))
class ArchivedActivityViewSet(mixins.ListModelMixin, ApiViewSet):
    """What people did long ago, newest first."""

    permission_classes = (IsAdmin,)
    serializer_class = forms.ArchivedActivitySerializer
    filterset_class = ArchiveFilters
    pagination_class = CursorPages
    queryset = UserActivityArchive.objects.order_by("-created_at")


class FeedbackFilters(Filters):
    """By state and kind."""

    status = filters.ChoiceFilter(choices=FeedbackStatus.choices)
    feedback_type = filters.ChoiceFilter(choices=FeedbackType.choices)


@extend_schema_view(
    list=extend_schema(summary="Own feedback; admins: all"), retrieve=extend_schema(summary="One feedback")
)
class FeedbackViewSet(ReadViewSet):
    """What people tell us, newest first."""

    permission_classes = (IsUser,)
    serializer_class = forms.FeedbackSerializer
    filterset_class = FeedbackFilters
    pagination_class = CursorPages
    queryset = UserFeedback.objects.none()

    def get_queryset(self) -> QuerySet[UserFeedback]:
        found = UserFeedback.objects.order_by("-created_at")
        return found if acts_as_admin(self.request) else found.filter(user=self.request.user.pk)

    @extend_schema(
        summary="Send feedback",
        request=forms.NewFeedbackSerializer,
        responses={status.HTTP_201_CREATED: forms.FeedbackSerializer},
    )
    def create(self, request: Request) -> Response:
        """Tell us something."""
        made = services.send_feedback(caller(request), **self.given(forms.NewFeedbackSerializer))
        return self.shown(made, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Review or answer", request=forms.FeedbackAnswerSerializer(partial=True))
    def partial_update(self, request: Request, pk: int) -> Response:
        """A new answer is told to its author."""
        feedback = get_object_or_404(self.get_queryset(), pk=pk)
        changes = self.given(forms.FeedbackAnswerSerializer)
        return self.shown(services.answer_feedback(feedback, actor=caller(request), changes=changes))

    def get_permissions(self) -> list[IsUser]:
        """Everybody tells; admins answer."""
        if self.action == "partial_update":
            return [IsAdmin()]
        return [IsPerson()] if self.action == "create" else [IsUser()]
