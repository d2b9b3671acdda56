"""Doors of the second factor."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.views import NOTHING, current_session
from accounts.models import TotpDevice
from accounts.selectors.second_factor import needs_second_factor
from accounts.services import Client
from accounts.services.mfa import LOGGED_IN_AT
from system.rest import caller
from system.rest.inputs import InputSerializer
from system.rest.permissions import IsPerson
from system.rest.viewsets import ApiViewSet

UNSAID = {"Cache-Control": "no-store"}


class MfaSerializer(serializers.Serializer):
    """State of the second factor."""

    totp = serializers.BooleanField(help_text="Codes of a telephone are asked for")
    passkeys = serializers.IntegerField(help_text="Always 0 in this version")
    recovery_codes_left = serializers.IntegerField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """``required`` is what a field calls its own, so it cannot be declared as an attribute."""
        return super().get_fields() | {"required": serializers.BooleanField(help_text="The role needs one")}


class TotpSerializer(serializers.Serializer):
    """What the telephone needs to know; shown once."""

    secret = serializers.CharField(help_text="base32")
    otpauth_url = serializers.CharField(help_text="For a QR code")


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
        """Whether a login needs a code."""
        device = TotpDevice.objects.filter(user=request.user.pk, confirmed_at__isnull=False).first()
        left = len(device.recovery_hashes) if device else 0
        state = {"totp": device is not None, "passkeys": 0, "recovery_codes_left": left}
        return Response(MfaSerializer({**state, "required": needs_second_factor(caller(request))}).data)

    @extend_schema(
        summary="Begin TOTP", request=None, responses={201: TotpSerializer}, operation_id="users_me_mfa_totp"
    )
    def begin(self, request: Request) -> Response:
        """It is not asked for until it is confirmed."""
        secret, address = services.begin_totp(caller(request))
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
        """Needs a login not older than 5 minutes; admins keep theirs."""
        services.end_totp(caller(request), logged_in_at=logged_in_at(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def logged_in_at(request: Request) -> datetime | None:
    """When the login was that the request came with; None for a personal token, which is no login."""
    if request.auth is None:
        text = request.session.get(LOGGED_IN_AT)
        return datetime.fromisoformat(text) if text else None
    session = current_session(request)
    return None if session is None else session.created_at
