"""Words that several apps share."""

from django.db import models
from django.utils.translation import gettext_lazy as _

LIVE = "live"
"""Name of the series that people see; every other series is a replay."""


class RiskLevel(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")
    EXTREME = "extreme", _("extreme")


class Outlook(models.TextChoices):
    BULLISH = "Bullish", _("bullish")
    BEARISH = "Bearish", _("bearish")
    NEUTRAL = "Neutral", _("neutral")


class Priority(models.TextChoices):
    LOW = "low", _("low")
    NORMAL = "normal", _("normal")
    HIGH = "high", _("high")
    URGENT = "urgent", _("urgent")


class HttpMethod(models.TextChoices):
    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    HEAD = "HEAD"
    OPTIONS = "OPTIONS"


class RunTimeframe(models.TextChoices):
    H1 = "1h", _("1h")
    H4 = "4h", _("4h")
    D1 = "1d", _("1d")
    W1 = "1w", _("1w")


class RunStatus(models.TextChoices):
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class AuditOperation(models.TextChoices):
    INSERT = "INSERT", _("INSERT")
    UPDATE = "UPDATE", _("UPDATE")
    DELETE = "DELETE", _("DELETE")
    ACTION = "ACTION", _("ACTION")


class RowOperation(models.TextChoices):
    INSERT = "INSERT", _("INSERT")
    UPDATE = "UPDATE", _("UPDATE")
    DELETE = "DELETE", _("DELETE")


class Door(models.TextChoices):
    """By which way somebody came who changed something."""

    WEB = "web", _("page")
    ADMIN = "admin", _("admin")
    API = "api", _("API")
    TASK = "task", _("background work")
    COMMAND = "command", _("command")
    SERVICE = "service", _("inside the program")
    SQL = "sql", _("past the program")


class AggregationLevel(models.TextChoices):
    HOURLY = "hourly", _("hourly")
    DAILY = "daily", _("daily")
    WEEKLY = "weekly", _("weekly")
    MONTHLY = "monthly", _("monthly")


class TaskStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    FAILED = "failed", _("failed")
