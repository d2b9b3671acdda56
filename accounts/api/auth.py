"""Doors of logging in as an API client: opaque tokens, no cookies."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts import services
from accounts.api import auth_serializers as forms
from accounts.api.serializers import UserSerializer
from accounts.attempts import count_code, count_password
from accounts.models import User, UserSession
from accounts.selectors.second_factor import has_second_factor
from accounts.services import Client, Tokens
from system.rest import IsUser, caller
from system.rest.throttles import LOGIN
from system.rest.viewsets import ApiViewSet

NOTHING = {status.HTTP_204_NO_CONTENT: None}
GUEST: dict[str, Any] = {"authentication_classes": (), "permission_classes": (), "rate_scope": LOGIN}


def told(tokens: Tokens, user: User | None = None) -> Response:
    """Tokens, which are shown this once and are to be kept by nobody on the way."""
    values: dict[str, Any] = {"access": tokens.access, "refresh": tokens.refresh, "expires_at": tokens.expires_at}
    form: type[BaseSerializer] = forms.TokensSerializer
    if user is not None:
        values |= {"user": user, "mfa_required": False, "mfa_ticket": None}
        form = forms.LoggedInSerializer
    return Response(form(values).data, headers={"Cache-Control": "no-store"})


def ticket(secret: str) -> Response:
    """No tokens yet: a code is wanted first."""
    names = dict.fromkeys(("access", "refresh", "expires_at", "user"))
    values = {**names, "mfa_required": True, "mfa_ticket": secret}
    return Response(forms.LoggedInSerializer(values).data, headers={"Cache-Control": "no-store"})


class AuthViewSet(ApiViewSet):
    """Accounts that people make, logins, passwords."""

    permission_classes = (IsUser,)
    queryset = User.objects.none()
    pagination_class = None
    filter_backends = ()
    replayable = False

    @extend_schema(
        summary="Create an account and send the verification mail",
        responses={status.HTTP_201_CREATED: forms.RegisteredSerializer},
    )
    @action(detail=False, methods=["post"], serializer_class=forms.RegisterSerializer, replayable=True, **GUEST)
    def register(self, request: Request) -> Response:
        """Make an account for yourself. A mail asks to confirm its address."""
        values = self.given()
        user = services.register_user(
            values.pop("email"),
            values.pop("password"),
            timezone_name=values.pop("timezone"),
            client=Client.of(request),
            **values,
        )
        sent = services.mail_is_configured()
        detail = _("verification mail sent") if sent else _("there is no mail server, so the address is not confirmed")
        made = {"user": UserSerializer(user).data, "detail": detail}
        return Response(made, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Log in", responses=forms.LoggedInSerializer)
    @action(detail=False, methods=["post"], serializer_class=forms.LoginSerializer, **GUEST)
    def login(self, request: Request) -> Response:
        """Exchange e-mail address and password for tokens. Too many wrong passwords lock the account for a while."""
        values, client = self.given(), Client.of(request)
        count_password(values["email"])
        user = services.verified_user(values["email"], values["password"], client=client)
        if has_second_factor(user):
            return ticket(services.open_ticket(user, device_info=values["device_info"]))
        tokens = services.open_session(user, device_info=values["device_info"], client=client)
        user.refresh_from_db()
        return told(tokens, user)

    @extend_schema(summary="Second step of a login", responses=forms.SecondStepSerializer)
    @action(detail=False, methods=["post"], url_path="mfa/verify", serializer_class=forms.MfaCodeSerializer, **GUEST)
    def mfa_verify(self, request: Request) -> Response:
        """Exchange the ticket of a login and a code, of the telephone or a recovery code, for tokens."""
        given = self.given()
        count_code(services.owner_of_ticket(given["mfa_ticket"]))
        tokens = services.redeem_ticket(given["mfa_ticket"], given["code"], client=Client.of(request))
        user = User.objects.get(pk=tokens.session.user_id)
        values = {"access": tokens.access, "refresh": tokens.refresh, "expires_at": tokens.expires_at, "user": user}
        return Response(forms.SecondStepSerializer(values).data, headers={"Cache-Control": "no-store"})

    @extend_schema(summary="New access token; the refresh token is rotated", responses=forms.TokensSerializer)
    @action(detail=False, methods=["post"], serializer_class=forms.RefreshSerializer, **GUEST)
    def refresh(self, request: Request) -> Response:
        """Exchange a refresh token for new tokens. One that is shown twice ends its session."""
        return told(services.refresh_session(self.given()["refresh"], client=Client.of(request)))

    @extend_schema(summary="End the current session", request=None, responses=NOTHING)
    @action(detail=False, methods=["post"])
    def logout(self, request: Request) -> Response:
        """End the session whose access token was sent. Personal tokens and browser sessions are not touched."""
        if isinstance(request.auth, UserSession):
            services.end_session(request.auth, client=Client.of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Confirm the e-mail address", responses=forms.DetailSerializer)
    @action(
        detail=False, methods=["post"], url_path="verify-email", serializer_class=forms.MailedTokenSerializer, **GUEST
    )
    def verify_email(self, request: Request) -> Response:  # noqa: ARG002
        """Use the token of the mail up."""
        services.verify_email(self.given()["token"])
        return Response({"detail": _("verified")})

    @extend_schema(summary="Send the verification mail again", responses={status.HTTP_202_ACCEPTED: None})
    @action(
        detail=False,
        methods=["post"],
        url_path="verify-email/resend",
        serializer_class=forms.AddressSerializer,
        **GUEST,
    )
    def resend_verification(self, request: Request) -> Response:  # noqa: ARG002
        """Whether the address has an account is not told."""
        services.resend_verification(self.given()["email"])
        return Response(status=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Send a reset mail", responses={status.HTTP_202_ACCEPTED: None})
    @action(
        detail=False, methods=["post"], url_path="password/forgot", serializer_class=forms.AddressSerializer, **GUEST
    )
    def password_forgot(self, request: Request) -> Response:  # noqa: ARG002
        """Whether the address has an account is not told."""
        services.forget_password(self.given()["email"])
        return Response(status=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Set a new password with the mailed token", responses=NOTHING)
    @action(detail=False, methods=["post"], url_path="password/reset", serializer_class=forms.ResetSerializer, **GUEST)
    def password_reset(self, request: Request) -> Response:
        """Ends all sessions of the account."""
        services.reset_password(**self.given(), client=Client.of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Change the own password", responses=NOTHING)
    @action(detail=False, methods=["post"], url_path="password/change", serializer_class=forms.ChangePasswordSerializer)
    def password_change(self, request: Request) -> Response:
        """Ends all other sessions."""
        session = request.auth if isinstance(request.auth, UserSession) else None
        services.change_password(caller(request), **self.given(), session=session, client=Client.of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
