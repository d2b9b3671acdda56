"""Doors of the second factor."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.auth_serializers import PasswordField
from accounts.api.views import NOTHING, current_session
from accounts.models import Passkey, TotpDevice
from accounts.selectors.second_factor import has_telephone, needs_second_factor, recovery_codes_left
from accounts.services import Client
from accounts.services.reauthentication import login_of
from system.rest import caller
from system.rest.inputs import InputSerializer
from system.rest.permissions import IsPerson
from system.rest.viewsets import ApiViewSet

UNSAID = {"Cache-Control": "no-store"}


class MfaSerializer(serializers.Serializer):
    """State of the second factor."""

    totp = serializers.BooleanField(help_text="Codes of a telephone are asked for")
    passkeys = serializers.IntegerField(help_text="How many there are; they log in on the pages")
    recovery_codes_left = serializers.IntegerField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """``required`` is what a field calls its own, so it cannot be declared as an attribute."""
        return super().get_fields() | {"required": serializers.BooleanField(help_text="The role needs one")}


class TotpSerializer(serializers.Serializer):
    """What the telephone needs to know; shown once."""

    secret = serializers.CharField(help_text="base32")
    otpauth_url = serializers.CharField(help_text="For a QR code")


class BeginSerializer(InputSerializer):
    """A proof that it is the owner who begins."""

    password = PasswordField(required=False, help_text="Not needed within five minutes of a login")


class CodeSerializer(InputSerializer):
    """A code of the telephone."""

    code = serializers.CharField(max_length=20)


class RecoveryCodesSerializer(serializers.Serializer):
    """Codes for when the telephone is lost; shown once, each works once."""

    recovery_codes = serializers.ListField(child=serializers.CharField())


class MfaViewSet(ApiViewSet):
    """The second factor of the caller."""

    permission_classes = (IsPerson,)
    serializer_class: type[serializers.BaseSerializer[Any]] = MfaSerializer
    queryset = TotpDevice.objects.none()
    pagination_class = None
    filter_backends = ()
    replayable = False

    @extend_schema(summary="State of the second factor", operation_id="users_me_mfa")
    def read(self, request: Request) -> Response:
        """Whether a login needs more than the password."""
        person = caller(request)
        state = {
            "totp": has_telephone(person),
            "passkeys": Passkey.objects.filter(user=person).count(),
            "recovery_codes_left": recovery_codes_left(person),
            "required": needs_second_factor(person),
        }
        return Response(MfaSerializer(state).data)

    @extend_schema(
        summary="Begin TOTP", request=BeginSerializer, responses={201: TotpSerializer}, operation_id="users_me_mfa_totp"
    )
    def begin(self, request: Request) -> Response:
        """It is not asked for until it is confirmed, within ten minutes. Needs a login not older than 5 minutes, or the
        password of an account that has no second factor yet."""
        secret, address = services.begin_totp(
            caller(request),
            logged_in_at=logged_in_at(request),
            password=self.given(BeginSerializer).get("password"),
            client=Client.of(request),
        )
        told = TotpSerializer({"secret": secret, "otpauth_url": address}).data
        return Response(told, status=status.HTTP_201_CREATED, headers=UNSAID)

    @extend_schema(
        summary="Confirm TOTP, get recovery codes",
        request=CodeSerializer,
        responses=RecoveryCodesSerializer,
        operation_id="users_me_mfa_totp_confirm",
    )
    def confirm(self, request: Request) -> Response:
        """From now on logins need a code."""
        code = self.given(CodeSerializer)["code"]
        codes = services.confirm_totp(caller(request), code, client=Client.of(request))
        return Response(RecoveryCodesSerializer({"recovery_codes": codes}).data, headers=UNSAID)

    @extend_schema(summary="Switch TOTP off", responses=NOTHING, operation_id="users_me_mfa_totp_end")
    def end(self, request: Request) -> Response:
        """Needs a login not older than 5 minutes; admins keep their last factor where they need one."""
        services.end_totp(caller(request), logged_in_at=logged_in_at(request), client=Client.of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def logged_in_at(request: Request) -> datetime | None:
    """When the login was that the request came with; None for a personal token, which is no login."""
    if request.auth is None:
        return login_of(request.session)
    session = current_session(request)
    return None if session is None else session.created_at
