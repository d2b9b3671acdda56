"""What people write about their trades. The journal itself is never rewritten; these pages beside it may be."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from system.constraints import above, at_least
from system.models.base import Created, TimeStamped

LONGEST_TAG = 40


class NoteText(models.Model):
    """What a page says."""

    text = models.TextField(default="", blank=True, db_comment="What the person writes")
    tags = ArrayField(
        models.CharField(max_length=LONGEST_TAG), default=list, blank=True, db_comment="Tags, lower case, each once"
    )
    followed_rules = models.BooleanField(
        null=True, blank=True, db_comment="The person kept to their own rules; NULL = not said"
    )
    broken_rules = ArrayField(
        models.CharField(max_length=LONGEST_TAG), default=list, blank=True, db_comment="Own rules that were broken"
    )

    class Meta:
        abstract = True


class TradeNote(NoteText, TimeStamped):
    """The page of the journal about one entry; it may be rewritten, and every version is kept."""

    trade_action = models.OneToOneField(
        "trading.TradeAction", on_delete=models.CASCADE, related_name="note", db_comment="Entry that it is about"
    )
    version = models.IntegerField(default=1, db_comment="How often it was written")

    class Meta:
        db_table = "trade_notes"
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [
            at_least("version", 1, name="chk_trade_notes_version"),
            models.CheckConstraint(
                condition=models.Q(broken_rules=[]) | models.Q(followed_rules=False),
                name="chk_trade_notes_rules",
                violation_error_message=_("Who names a rule that was broken has not kept to the rules."),
            ),
        ]
        indexes = [GinIndex(fields=["tags"], name="idx_trade_notes_tags")]

    def __str__(self) -> str:
        return gettext("note on %(trade)s") % {"trade": self.trade_action}


class TradeNoteVersion(NoteText):
    """A note as it was written once. Append-only."""

    note = models.ForeignKey(
        "trading.TradeNote", on_delete=models.CASCADE, related_name="versions", db_index=False, db_comment="Note"
    )
    version = models.IntegerField(db_comment="Place among its versions, from 1")
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_column="written_by",
        db_comment="Who wrote it",
    )
    written_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When (UTC)")

    class Meta:
        db_table = "trade_note_versions"
        verbose_name = _("version of a note")
        verbose_name_plural = _("versions of notes")
        constraints = [
            models.UniqueConstraint(fields=["note", "version"], name="unique_trade_note_version"),
            at_least("version", 1, name="chk_trade_note_versions_version"),
        ]

    def __str__(self) -> str:
        return f"{self.version} · {self.note}"


class TradeScreenshot(Created):
    """A picture on the page of an entry. The file lies under a random name in the media directory of the home."""

    trade_action = models.ForeignKey(
        "trading.TradeAction",
        on_delete=models.CASCADE,
        related_name="screenshots",
        db_comment="Entry that it is about",
    )
    name = models.CharField(max_length=50, unique=True, db_comment="Name of the file, random")
    caption = models.CharField(max_length=200, default="", blank=True, db_comment="What it shows")
    width = models.IntegerField(db_comment="Pixels")
    height = models.IntegerField(db_comment="Pixels")
    file_bytes = models.BigIntegerField(db_comment="Size of the file, bytes")
    sha256 = models.CharField(max_length=64, db_comment="SHA-256 of the file")

    class Meta:
        db_table = "trade_screenshots"
        verbose_name = _("screenshot")
        verbose_name_plural = _("screenshots")
        constraints = [
            models.UniqueConstraint(
                fields=["trade_action", "sha256"],
                name="unique_trade_screenshot",
                violation_error_message=_("This picture is there already."),
            ),
            above("width", 0, name="chk_trade_screenshots_width"),
            above("height", 0, name="chk_trade_screenshots_height"),
            above("file_bytes", 0, name="chk_trade_screenshots_file_bytes"),
        ]

    def __str__(self) -> str:
        return self.name
