"""Logins of API clients."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from system.formats import minute
from system.models.base import TimeStamped


class UserSession(TimeStamped):
    """A login of an API client. Tokens are stored hashed: a leaked table gives no session away.

    The session lives as long as its refresh token; the access token, which goes with every request, a few minutes.
    """

    user = models.ForeignKey(
        "accounts.User",
        on_delete=models.CASCADE,
        related_name="sessions",
        db_index=False,
        db_comment="Owner of the session",
    )
    session_token = models.CharField(
        max_length=255, unique=True, db_comment="SHA-256 of the access/session token (jti)"
    )
    refresh_token = models.CharField(max_length=255, null=True, blank=True, db_comment="SHA-256 of the refresh token")
    device_info = models.JSONField(null=True, blank=True, default=dict, db_comment="Device and browser information")
    ip_address = models.GenericIPAddressField(null=True, blank=True, db_comment="Client address at login")
    is_active = models.BooleanField(default=True, db_comment="False after logout or revocation")
    expires_at = models.DateTimeField(db_comment="Session is invalid after this time")
    access_expires_at = models.DateTimeField(
        db_default=Now(), db_comment="The access token opens nothing after this time"
    )
    last_used_at = models.DateTimeField(
        null=True, blank=True, db_default=Now(), db_comment="Last request made with the session"
    )

    class Meta:
        db_table = "user_sessions"
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [
            models.Index(fields=["user"], name="idx_sessions_user_id"),
            models.Index(fields=["is_active", "expires_at"], name="idx_sessions_active"),
            models.Index(
                fields=["refresh_token"], name="idx_sessions_refresh", condition=models.Q(refresh_token__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {minute(self.created_at)}"


class UsedRefreshToken(models.Model):
    """A refresh token that was exchanged for a new one. Whoever shows it again has a copy: the session ends."""

    session = models.ForeignKey(
        UserSession, on_delete=models.CASCADE, related_name="used_tokens", db_comment="Session it belonged to"
    )
    token_hash = models.CharField(max_length=64, unique=True, db_comment="Keyed digest of the token")
    used_at = models.DateTimeField(db_default=Now(), db_comment="When it was exchanged")

    class Meta:
        db_table = "used_refresh_tokens"
        verbose_name = _("used refresh token")
        verbose_name_plural = _("used refresh tokens")

    def __str__(self) -> str:
        return f"{self.session} · {minute(self.used_at)}"
