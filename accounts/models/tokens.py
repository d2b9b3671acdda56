"""Secrets that let somebody in. All are stored hashed, shown once and end at a set time."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from system.formats import minute
from system.models.base import Created, TimeStamped


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self) -> "ApiTokenQuerySet":
        """Not revoked, not expired, of an active account."""
        return self.filter(revoked_at__isnull=True, user__is_active=True).exclude(expires_at__lte=timezone.now())


class ApiToken(TimeStamped):
    """A personal API token (``cp_…``)."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="api_tokens", db_comment="Owner of the token"
    )
    name = models.CharField(max_length=100, db_comment="What the owner calls it")
    prefix = models.CharField(max_length=12, db_comment="First characters, to recognise it in a list")
    token_hash = models.CharField(max_length=64, unique=True, db_comment="HMAC-SHA-256 of the token with the pepper")
    scopes = ArrayField(models.CharField(max_length=20), default=list, db_comment="read, write, admin; empty = read")
    allowed_ips = ArrayField(
        models.GenericIPAddressField(), default=list, blank=True, db_comment="Addresses it works from; empty = any"
    )
    expires_at = models.DateTimeField(null=True, blank=True, db_comment="Not valid after this time; NULL = no end")
    last_used_at = models.DateTimeField(null=True, blank=True, db_comment="Last request made with it")
    revoked_at = models.DateTimeField(null=True, blank=True, db_comment="When it was revoked")

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        db_table = "api_tokens"
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_over(self, now: datetime) -> bool:
        """It was revoked, or its time is up."""
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)


class SetupLink(Created):
    """The link that makes the first admin; works for 30 minutes and only while there is no admin."""

    token_hash = models.CharField(max_length=64, unique=True, db_comment="HMAC-SHA-256 of the token with the pepper")
    expires_at = models.DateTimeField(db_comment="Not valid after this time")
    used_at = models.DateTimeField(null=True, blank=True, db_comment="When it made an admin")

    class Meta:
        db_table = "setup_links"
        verbose_name = _("set-up link")
        verbose_name_plural = _("set-up links")

    def __str__(self) -> str:
        return gettext("set-up link of %(time)s") % {"time": minute(self.created_at)}
