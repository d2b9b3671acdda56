"""Passkeys: keys that a device keeps, and whose public halves we know."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import CeremonyPurpose
from system.constraints import at_least, one_of
from system.formats import minute
from system.models.base import Created, TimeStamped


class Passkey(TimeStamped):
    """The public half of a key on somebody's telephone, computer or security key."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="passkeys", db_comment="Whose it is"
    )
    name = models.CharField(max_length=100, db_comment="What the owner calls it")
    credential_id = models.CharField(max_length=1400, unique=True, db_comment="Name that the device gave it, base64url")
    public_key = models.BinaryField(db_comment="Public key as COSE")
    sign_count = models.BigIntegerField(db_comment="Count of uses, as the device told last; 0 = it does not count")
    is_backed_up = models.BooleanField(db_comment="Its maker keeps a copy, so that other devices may have it too")
    last_used_at = models.DateTimeField(null=True, blank=True, db_comment="Last login with it; NULL = none yet")

    class Meta:
        db_table = "passkeys"
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")
        constraints = [at_least("sign_count", 0, name="chk_passkeys_sign_count")]

    def __str__(self) -> str:
        return f"{self.user} · {self.name}"


class PasskeyCeremony(Created):
    """What a device is asked to sign. It is answered once: the row goes with the first answer, right or wrong."""

    user = models.ForeignKey(
        "accounts.User",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Who is to answer; NULL = anybody who has a passkey here",
    )
    purpose = models.CharField(max_length=20, choices=CeremonyPurpose, db_comment="What the answer is for")
    challenge = models.BinaryField(db_comment="Random bytes that are to be signed")
    expires_at = models.DateTimeField(db_index=True, db_comment="Not answered after this time")

    class Meta:
        db_table = "passkey_ceremonies"
        verbose_name = _("question to a passkey")
        verbose_name_plural = _("questions to passkeys")
        constraints = [one_of("purpose", CeremonyPurpose, name="chk_passkey_ceremonies_purpose")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {minute(self.expires_at)}"
