"""The second factor of a login."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.constraints import at_least
from system.formats import minute, plain_day
from system.models.base import Created, TimeStamped


class TotpDevice(TimeStamped):
    """The telephone that shows a person's one-time codes. It counts once a first code has shown that it works."""

    user = models.OneToOneField(
        "accounts.User", on_delete=models.CASCADE, related_name="totp_device", db_comment="Whose it is"
    )
    sealed_secret = models.TextField(db_comment="What it shares with us, encrypted")
    confirmed_at = models.DateTimeField(null=True, blank=True, db_comment="When it counted first; NULL = not yet")
    last_step = models.BigIntegerField(null=True, blank=True, db_comment="Newest step whose code was used")

    class Meta:
        db_table = "totp_devices"
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return f"{self.user}"


class RecoveryCode(Created):
    """A code for when the telephone or the passkey is lost. It works once."""

    user = models.ForeignKey(
        "accounts.User",
        on_delete=models.CASCADE,
        related_name="recovery_codes",
        db_index=False,
        db_comment="Whose login it opens",
    )
    code_hash = models.CharField(max_length=64, db_comment="Keyed digest of the code")
    used_at = models.DateTimeField(null=True, blank=True, db_comment="When it opened a login; NULL = not yet")

    class Meta:
        db_table = "recovery_codes"
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [models.UniqueConstraint(fields=["user", "code_hash"], name="uq_recovery_codes_code")]

    def __str__(self) -> str:
        return f"{self.user} · {plain_day(self.created_at)}"


class MfaTicket(Created):
    """Somebody has shown the right password, and not yet a code."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="mfa_tickets", db_comment="Who wants to log in"
    )
    token_hash = models.CharField(max_length=64, unique=True, db_comment="Keyed digest of the ticket")
    device_info = models.JSONField(default=dict, blank=True, db_comment="What the client tells of itself")
    attempts = models.IntegerField(default=0, db_comment="Wrong codes so far")
    expires_at = models.DateTimeField(db_comment="Not valid after this time")
    used_at = models.DateTimeField(null=True, blank=True, db_comment="When it opened a session")

    class Meta:
        db_table = "mfa_tickets"
        verbose_name = _("login that waits for its code")
        verbose_name_plural = _("logins that wait for their code")
        constraints = [at_least("attempts", 0, name="chk_mfa_tickets_attempts")]
        indexes = [models.Index(fields=["created_at"], name="idx_mfa_tickets_created")]

    def __str__(self) -> str:
        return f"{self.user} · {minute(self.expires_at)}"
