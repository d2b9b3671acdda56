"""Inputs and answers of logging in."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.api.serializers import UserSerializer
from accounts.services.factors import LONGEST_CODE
from system.rest.inputs import InputSerializer
from system.rest.serializers import JSONObjectField, UtcDateTimeField

LONGEST_PASSWORD = 1000
LARGEST_DEVICE_INFO = 20


class PasswordField(serializers.CharField):
    """A password as it was typed; never shown."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=LONGEST_PASSWORD, trim_whitespace=False, write_only=True,
            style={"input_type": "password"}, **options,
        )  # fmt: skip


class RegisterSerializer(InputSerializer):
    """A new account."""

    email = serializers.EmailField(max_length=255)
    password = PasswordField()
    first_name = serializers.CharField(max_length=50, required=False, allow_null=True, allow_blank=True)
    last_name = serializers.CharField(max_length=50, required=False, allow_null=True, allow_blank=True)
    referral_code = serializers.CharField(max_length=50, required=False, allow_null=True, allow_blank=True)
    language = serializers.ChoiceField(choices=[code for code, _name in settings.LANGUAGES], default="en")
    timezone = serializers.CharField(max_length=50, default="UTC", help_text="IANA name")


class LoginSerializer(InputSerializer):
    """Who logs in, and with what."""

    email = serializers.EmailField(max_length=255)
    password = PasswordField()
    device_info = JSONObjectField(default=dict, help_text="What the client tells of itself; at most 20 names")

    def validate_device_info(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(value) > LARGEST_DEVICE_INFO:
            raise serializers.ValidationError(_("At most %(count)s names.") % {"count": LARGEST_DEVICE_INFO})
        return value


class RefreshSerializer(InputSerializer):
    """A refresh token."""

    refresh = serializers.CharField(max_length=200)


class MfaCodeSerializer(InputSerializer):
    """The ticket of a login, and a code."""

    mfa_ticket = serializers.CharField(max_length=200)
    code = serializers.CharField(max_length=LONGEST_CODE, help_text="Of the telephone, or a recovery code")


class MailedTokenSerializer(InputSerializer):
    """A token that was mailed."""

    token = serializers.CharField(max_length=200)


class AddressSerializer(InputSerializer):
    """An e-mail address."""

    email = serializers.EmailField(max_length=255)


class ResetSerializer(InputSerializer):
    """A mailed token and the password that it sets."""

    token = serializers.CharField(max_length=200)
    new_password = PasswordField()


class ChangePasswordSerializer(InputSerializer):
    """The password that was, and the one that will be."""

    old_password = PasswordField()
    new_password = PasswordField()


class TokensSerializer(serializers.Serializer):
    """Tokens of a session; shown once."""

    access = serializers.CharField(help_text="Goes with every request: Authorization: Bearer …")
    refresh = serializers.CharField(help_text="Exchanged for new tokens at /auth/refresh; works once")
    expires_at = UtcDateTimeField(help_text="End of the access token")


class SecondStepSerializer(TokensSerializer):
    """What the second step of a login answers."""

    user = UserSerializer()


class LoggedInSerializer(serializers.Serializer):
    """What a login answers; without tokens while a code is wanted."""

    access = serializers.CharField(allow_null=True, help_text="Goes with every request: Authorization: Bearer …")
    refresh = serializers.CharField(allow_null=True, help_text="Exchanged for new tokens at /auth/refresh; works once")
    expires_at = UtcDateTimeField(allow_null=True, help_text="End of the access token")
    user = UserSerializer(allow_null=True)
    mfa_required = serializers.BooleanField(help_text="A second step is needed: see mfa_ticket")
    mfa_ticket = serializers.CharField(allow_null=True, help_text="Goes to /auth/mfa/verify with the code")


class RegisteredSerializer(serializers.Serializer):
    """What a registration answers."""

    user = UserSerializer()
    detail = serializers.CharField()


class DetailSerializer(serializers.Serializer):
    """A word about what happened."""

    detail = serializers.CharField()
