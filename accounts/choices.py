"""Words of people and messages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UserRole(models.TextChoices):
    ADMIN = "admin", _("admin")
    PUBLIC = "public", _("public")
    GUEST = "guest", _("guest")


class SubscriptionPlan(models.TextChoices):
    FREE = "free", _("free")
    BASIC = "basic", _("basic")
    PRO = "pro", _("pro")
    ENTERPRISE = "enterprise", _("enterprise")


class NotificationType(models.TextChoices):
    SIGNAL = "signal", _("signal")
    ALERT = "alert", _("alert")
    SYSTEM = "system", _("system")
    EDUCATIONAL = "educational", _("educational")


class NotificationStatus(models.TextChoices):
    UNREAD = "unread", _("unread")
    READ = "read", _("read")
    DISMISSED = "dismissed", _("dismissed")


class FeedbackType(models.TextChoices):
    BUG_REPORT = "bug_report", _("bug report")
    FEATURE_REQUEST = "feature_request", _("feature request")
    GENERAL_COMMENT = "general_comment", _("general comment")
    SUGGESTION_FEEDBACK = "suggestion_feedback", _("suggestion feedback")


class FeedbackStatus(models.TextChoices):
    NEW = "new", _("new")
    IN_REVIEW = "in_review", _("in review")
    ADDRESSED = "addressed", _("addressed")
    CLOSED = "closed", _("closed")


class FeedbackPriority(models.TextChoices):
    LOW = "low", _("low")
    NORMAL = "normal", _("normal")
    HIGH = "high", _("high")


class MailKind(models.TextChoices):
    """What a mail about an account is for."""

    VERIFY_EMAIL = "verify_email", _("confirm the e-mail address")
    RESET_PASSWORD = "reset_password", _("set a new password")
    CHANGED_PASSWORD = "changed_password", _("the password was changed")
    CHANGED_FACTOR = "changed_factor", _("the second factor was changed")


class CeremonyPurpose(models.TextChoices):
    """What a passkey is asked for."""

    REGISTER = "register", _("to be known here")
    SECOND_STEP = "second_step", _("the second step of a login")
    LOGIN = "login", _("a login without a password")


class ChannelKind(models.TextChoices):
    """A service outside that brings messages to a person."""

    EMAIL = "email", _("e-mail")
    TELEGRAM = "telegram", _("Telegram")
    DISCORD = "discord", _("Discord")
    SLACK = "slack", _("Slack")
    NTFY = "ntfy", _("ntfy")
    WEBHOOK = "webhook", _("webhook")


class DeliveryStatus(models.TextChoices):
    """Where a message to a channel stands."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    DEAD = "dead", _("not delivered")


class Timing(models.TextChoices):
    """When a channel gets what is not urgent enough to be sent at once."""

    DAILY = "daily", _("in the daily digest")
    WEEKLY = "weekly", _("in the weekly digest")
    NEVER = "never", _("not at all")


class TokenScope(models.TextChoices):
    """What an API token lets its holder do. Every valid token reads what its owner sees as an ordinary user."""

    READ = "read", _("read")
    WRITE = "write", _("write")
    ADMIN = "admin", _("admin")


class ScopeDomain(models.TextChoices):
    """What a scope can be limited to: ``market:read``."""

    ACCOUNT = "account", _("own account and messages")
    MARKET = "market", _("market data and analyses")
    FORECASTS = "forecasts", _("forecasts and models")
    LISTS = "lists", _("watchlists and suggestions")
    PORTFOLIO = "portfolio", _("portfolios and journal")
    SIGNALS = "signals", _("signals, executions and alerts")
    SYSTEM = "system", _("the running system")


class DraftKind(models.TextChoices):
    """What a program may suggest to its owner."""

    REVIEW = "review", _("decision on a suggestion")
    ALERT = "alert", _("new alert")


class DraftStatus(models.TextChoices):
    """What the person said to a draft."""

    WAITING = "waiting", _("waiting")
    CONFIRMED = "confirmed", _("confirmed")
    DISCARDED = "discarded", _("discarded")
