"""Doors of the dashboards."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from cryptopredict import dashboards
from cryptopredict.api import dashboard_serializers as forms
from cryptopredict.api.detail_serializers import ProductSerializer, ProfessionalSerializer
from system.exceptions import NotAllowed
from system.rest import IsAdmin, IsUser, acts_as_admin, caller
from system.rest.permissions import scopes_in
from system.rest.viewsets import ApiViewSet

OWN = ("account", "portfolio", "signals")
SHOWN = {
    "main": OWN,
    "casual": OWN,
    "professional": (*OWN, "lists"),
    "admin": ("system", "account", "lists", "forecasts"),
    "signal_cards": ("signals",),
}
"""Parts of the API that an answer shows besides the market: a token has to be for each of them."""


class DashboardViewSet(ApiViewSet):
    """The market and one's own at a glance."""

    domain = "market"
    permission_classes = (AllowAny,)
    serializer_class = forms.DashboardSerializer
    queryset = User.objects.none()
    pagination_class = None
    filter_backends = ()

    @extend_schema(summary="Dashboard data", parameters=[forms.DashboardQuery], responses=forms.DashboardSerializer)
    def main(self, request: Request) -> Response:
        """What a person sees first; admins see anybody's."""
        user, wanted = caller(request), self.parameters(forms.DashboardQuery).get("user_id")
        if wanted is not None and wanted != user.pk:
            if not acts_as_admin(request):
                raise NotAllowed(_("Only admins see what others see."), field="user_id")
            user = get_object_or_404(User.objects.all(), pk=wanted)
        return Response(forms.DashboardSerializer(dashboards.main(user, timezone.now())).data)

    @extend_schema(summary="Dashboard for casual users: plain words, few numbers", responses=forms.CasualSerializer)
    @action(detail=False, permission_classes=(IsUser,))
    def casual(self, request: Request) -> Response:
        """The market in a sentence, the best of it, and the own worth."""
        return Response(forms.CasualSerializer(dashboards.casual(caller(request), timezone.now())).data)

    @extend_schema(
        summary="Dashboard for professional users: all four layers in detail", responses=ProfessionalSerializer
    )
    @action(detail=False, permission_classes=(IsUser,))
    def professional(self, request: Request) -> Response:
        """Macro, sectors, lists, open signals, the own portfolios, open advice and limits."""
        found = dashboards.professional(caller(request), timezone.now())
        return Response(ProfessionalSerializer(found, context=found["context"]).data)

    @extend_schema(summary="Admin dashboard", responses=ProductSerializer)
    @action(detail=False, permission_classes=(IsAdmin,))
    def admin(self, request: Request) -> Response:  # noqa: ARG002
        """The product itself: its health, its people, its models, and what waits for somebody."""
        return Response(ProductSerializer(dashboards.product(timezone.now())).data)

    @extend_schema(summary="The four layer cards", responses=forms.LayerSerializer(many=True))
    @action(detail=False)
    def layers(self, request: Request) -> Response:  # noqa: ARG002
        """Always four."""
        cards = dashboards.layer_cards(self.reader("signals"))
        return Response(forms.LayerSerializer(cards, many=True).data)

    @extend_schema(summary="Few numbers for phones", responses=forms.QuickStatsSerializer)
    @action(detail=False, url_path="mobile/quick-stats")
    def quick_stats(self, request: Request) -> Response:  # noqa: ARG002
        """The market at the newest look at it, and for who is logged in the own."""
        stats = dashboards.quick_stats(self.reader(*OWN), timezone.now())
        return Response(forms.QuickStatsSerializer(stats).data)

    @extend_schema(
        summary="Signals as cards", parameters=[forms.CardsQuery], responses=forms.SignalCardSerializer(many=True)
    )
    @action(detail=False, permission_classes=(IsUser,), url_path="mobile/signal-cards")
    def signal_cards(self, request: Request) -> Response:
        """Open signals of the market that is shown, the surest first."""
        rows = dashboards.open_signals(request.user, self.parameters(forms.CardsQuery)["limit"])
        return Response(forms.SignalCardSerializer(rows, many=True).data)

    @extend_schema(summary="Layer cards for phones", responses=forms.PhoneLayerSerializer(many=True))
    @action(detail=False, url_path="mobile/layer-cards")
    def layer_cards(self, request: Request) -> Response:  # noqa: ARG002
        """Always four."""
        cards = dashboards.layer_cards(self.reader("signals"))
        return Response(forms.PhoneLayerSerializer(cards, many=True).data)

    def reader(self, *parts: str) -> Any:
        """Who reads; a visitor, where the token is not for parts that would be shown as somebody's own."""
        return AnonymousUser() if self.is_shut_out(parts) else self.request.user

    def is_shut_out(self, parts: Sequence[str]) -> bool:
        """The token is not for one of these parts."""
        return any(scopes_in(self.request, part) == set() for part in parts)

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if self.is_shut_out(SHOWN.get(self.action, ())):
            self.permission_denied(request, message=_("This token is not for this part of the API."))

    def get_permissions(self) -> Sequence[Any]:
        return [IsUser()] if self.action == "main" else super().get_permissions()
