"""People in JSON."""

from rest_framework import serializers

from accounts.models import User
from system.rest import ResourceSerializer


class UserSerializer(ResourceSerializer):
    """An account as its owner sees it."""

    is_premium = serializers.BooleanField(read_only=True, help_text="Has a paid plan that has not run out")
    full_name = serializers.CharField(read_only=True)

    class Meta:
        model = User
        hidden = (
            "password",
            "reset_password_token",
            "reset_password_expires",
            "email_verification_token",
            "email_verification_expires",
            "notes",
            "failed_login_attempts",
            "lockout_expires",
            "deleted_at",
            "deleted_by",
            "is_superuser",
            "referred_by",
        )
        exact = ("account_balance",)
