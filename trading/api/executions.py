"""Doors of executions, limits and the own journal's figures."""

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from selection.models import Portfolio
from selection.selectors.visible import visible_portfolios
from system.read_only import Kept, writing
from system.rest import CursorPages, IsUser, acts_as_admin, caller, named_as
from system.rest.idempotency import idempotency_key
from system.rest.viewsets import ApiViewSet, ReadViewSet
from trading import services
from trading.api import execution_serializers as forms
from trading.api.filters import ExecutionFilters
from trading.models import RiskProfile, SignalExecution

API_NAMES = {
    "price": "execution_price",
    "portfolio": "portfolio_id",
    "target": "target_price",
    "key": "Idempotency-Key",
}
"""Names of the services' inputs in the API."""


def key_of(request: Request) -> str | None:
    """Key of the client: the same one with the same content again changes nothing."""
    return idempotency_key(request)


def own_portfolio(request: Request, portfolio_id: int | None) -> Portfolio | None:
    """The portfolio that is named; 404 if it is somebody else's."""
    return None if portfolio_id is None else get_object_or_404(visible_portfolios(request.user), pk=portfolio_id)


@extend_schema_view(
    list=extend_schema(summary="Own executions (admins: any user)"), retrieve=extend_schema(summary="One execution")
)
class ExecutionViewSet(ReadViewSet):
    """What people did with signals, newest first."""

    permission_classes = (IsUser,)
    serializer_class = forms.ExecutionSerializer
    filterset_class = ExecutionFilters
    pagination_class = CursorPages
    queryset = SignalExecution.objects.none()

    def get_queryset(self) -> QuerySet[SignalExecution]:
        found = SignalExecution.objects.order_by("-created_at")
        asks_for_others = acts_as_admin(self.request) and (
            self.action != "list" or bool(self.request.query_params.get("user_id"))
        )
        return found if asks_for_others else found.filter(user=self.request.user.pk)

    @extend_schema(
        summary="Fill or cancel an execution",
        request=forms.FillSerializer,
        responses={status.HTTP_200_OK: forms.ExecutionSerializer},
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        """Book what is left or a part of it, or give it up."""
        form = forms.FillSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        if given["status"] == "cancelled":
            details = given.get("execution_details")
            return self.told(services.cancel_execution(pk, user=caller(request), details=details))
        with named_as(API_NAMES):
            filled = services.fill_execution(
                pk,
                user=caller(request),
                price=given["execution_price"],
                portfolio=own_portfolio(request, given.get("portfolio_id")),
                quantity=given.get("quantity"),
                fee=given.get("fee"),
                details=given.get("execution_details"),
                key=key_of(request),
            )
        return self.told(filled)

    def told(self, execution: SignalExecution) -> Response:
        """An execution as the answer."""
        return Response(forms.ExecutionSerializer(execution).data)


class RiskProfileViewSet(ApiViewSet):
    """The limits that people set for themselves."""

    domain = "portfolio"
    permission_classes = (IsUser,)
    serializer_class = forms.RiskProfileSerializer
    queryset = RiskProfile.objects.none()
    pagination_class = None

    @extend_schema(summary="Own risk profile (created with defaults at the first call)", operation_id="own_limits")
    def mine(self, request: Request) -> Response:
        """The own limits, with what the person is exposed to now."""
        return self.told(exposed_now(caller(request)))

    @extend_schema(
        summary="Replace limits and rules",
        request=forms.LimitsSerializer,
        responses={status.HTTP_200_OK: forms.RiskProfileSerializer},
    )
    def replace(self, request: Request) -> Response:
        """Set all limits."""
        return self.changed(request, partial=False)

    @extend_schema(
        summary="Change limits or rules",
        request=forms.LimitsSerializer(partial=True),
        responses={status.HTTP_200_OK: forms.RiskProfileSerializer},
    )
    def change(self, request: Request) -> Response:
        """Set some limits."""
        return self.changed(request, partial=True)

    @extend_schema(summary="Risk profile of a user")
    def theirs(self, request: Request, pk: int) -> Response:
        """The limits of a person, for themselves and for admins."""
        if pk != request.user.pk and not acts_as_admin(request):
            raise Http404
        return self.told(exposed_now(get_object_or_404(User, pk=pk)))

    def changed(self, request: Request, *, partial: bool) -> Response:
        """The limits after a change."""
        form = forms.LimitsSerializer(data=request.data, partial=partial)
        form.is_valid(raise_exception=True)
        person = caller(request)
        services.change_limits(person, actor=person, **form.validated_data)
        return self.told(exposed_now(person))

    def told(self, profile: RiskProfile) -> Response:
        """Limits as the answer."""
        return Response(forms.RiskProfileSerializer(profile).data)


def exposed_now(person: User) -> RiskProfile:
    """The limits of a person with what they are exposed to now, which is written down whenever somebody looks."""
    with writing(Kept.LIMITS):
        return services.refresh_exposure(person)
