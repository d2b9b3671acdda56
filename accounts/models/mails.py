"""Mails that wait to be sent."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.choices import MailKind
from system.constraints import at_least, one_of


class OutgoingMail(models.Model):
    """One mail to one address. Its text, which may hold a link that opens an account, is gone once it was sent or is
    of no use any more."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="mails", db_comment="Whose account it is about"
    )
    kind = models.CharField(max_length=20, choices=MailKind, db_comment="What it is for")
    recipient = models.EmailField(max_length=255, db_comment="Address")
    subject = models.CharField(max_length=200, db_comment="Subject")
    body = models.TextField(null=True, blank=True, db_comment="Text; NULL = sent, or too old")
    created_at = models.DateTimeField(db_default=Now(), db_comment="When it was written")
    expires_at = models.DateTimeField(db_comment="Of no use after this time")
    next_try_at = models.DateTimeField(db_default=Now(), db_comment="Not sent before this time")
    attempts = models.IntegerField(default=0, db_comment="How often it was tried")
    last_error = models.CharField(max_length=200, null=True, blank=True, db_comment="Why the last attempt failed")
    sent_at = models.DateTimeField(null=True, blank=True, db_comment="When the mail server took it; NULL = not yet")

    class Meta:
        db_table = "outgoing_mails"
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        constraints = [
            one_of("kind", MailKind, name="chk_outgoing_mails_kind"),
            at_least("attempts", 0, name="chk_outgoing_mails_attempts"),
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(body__isnull=True),
                name="chk_outgoing_mails_body",
                violation_error_message=_("The text of a mail is not kept after it was sent."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="idx_outgoing_mails_waiting", condition=models.Q(body__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.recipient}"
