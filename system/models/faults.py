"""Faults of the program, by the place where they happen."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.constraints import at_least, one_of


class FaultKind(models.TextChoices):
    REQUEST = "request", _("request")
    TASK = "task", _("task")
    JOB = "job", _("job of a model")
    OTHER = "other", _("other")


class Fault(models.Model):
    """An error of one class in one place, however often it came. What is done and comes again is open again."""

    fingerprint = models.CharField(max_length=64, unique=True, db_comment="SHA-256 of class and place")
    kind = models.CharField(max_length=10, choices=FaultKind, db_comment="What was worked on when it came last")
    error = models.CharField(max_length=100, db_comment="Class of the error")
    place = models.CharField(max_length=255, db_comment="File and function of ours that it came through last")
    message = models.TextField(blank=True, db_comment="What the newest one said; secrets masked")
    during = models.CharField(
        max_length=255, blank=True, db_comment="Route, task or logger of the newest one; never a path"
    )
    traceback = models.TextField(blank=True, db_comment="Traceback of the newest one; secrets masked")
    request_id = models.CharField(max_length=64, null=True, blank=True, db_comment="Request of the newest one")
    code_version = models.CharField(max_length=40, db_comment="Version of the program of the newest one")
    times = models.IntegerField(default=1, db_comment="How often it came")
    first_at = models.DateTimeField(db_comment="When it came first (UTC)")
    last_at = models.DateTimeField(db_comment="When it came last (UTC)")
    done_at = models.DateTimeField(null=True, blank=True, db_comment="When somebody marked it as done; NULL = open")

    class Meta:
        db_table = "program_faults"
        verbose_name = _("fault")
        verbose_name_plural = _("faults")
        constraints = [
            one_of("kind", FaultKind, name="chk_program_faults_kind"),
            at_least("times", 1, name="chk_program_faults_times"),
        ]
        indexes = [models.Index(fields=["-last_at", "-id"], name="idx_program_faults_newest")]

    def __str__(self) -> str:
        return f"{self.error} · {self.place}"
