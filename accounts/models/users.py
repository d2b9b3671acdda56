"""People."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.choices import SubscriptionPlan, UserRole
from system.constraints import at_least, one_of
from system.fields import Numeric
from system.models.base import TimeStamped

SYSTEM_EMAIL = "system@localhost"
"""The inactive user that stands as author of what the system itself does."""


class UserManager(BaseUserManager["User"]):
    """Accounts that are not deleted; ``all_with_deleted`` shows the rest too."""

    def get_queryset(self) -> models.QuerySet["User"]:
        return super().get_queryset().filter(deleted_at__isnull=True)

    def all_with_deleted(self) -> models.QuerySet["User"]:
        return super().get_queryset()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new account; without a password it cannot log in until one is set."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        fields |= {"role": UserRole.ADMIN, "is_superuser": True, "is_verified": True}
        return self.create_user(email, password, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())

    def system(self) -> "User":
        """The author of what no person did."""
        return self.get(email=SYSTEM_EMAIL)


class User(AbstractBaseUser, PermissionsMixin, TimeStamped):
    """A person with an account; the e-mail address is the login name."""

    email = models.EmailField(
        max_length=255, unique=True, db_comment="Login name (USERNAME_FIELD); normalised to lower case on save"
    )
    first_name = models.CharField(max_length=50, null=True, blank=True, db_comment="Given name")
    last_name = models.CharField(max_length=50, null=True, blank=True, db_comment="Family name")
    role = models.CharField(
        max_length=20,
        choices=UserRole,
        default=UserRole.PUBLIC,
        db_comment="Access role; guest = registered but read-only (an anonymous visitor has no row)",
    )
    is_active = models.BooleanField(default=True, db_comment="Account may log in")
    is_verified = models.BooleanField(default=False, db_comment="E-mail address verified")
    login_count = models.IntegerField(null=True, blank=True, default=0, db_comment="Successful logins so far")
    preferences = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="UI and analysis preferences; known keys: dashboard_mode ('casual'|'professional'), "
        "theme, notifications, default_timeframe",
    )
    timezone = models.CharField(max_length=50, null=True, blank=True, default="UTC", db_comment="IANA time zone name")
    language = models.CharField(max_length=10, default="en", db_comment="UI language, BCP-47 (en, fa, ...)")
    bio = models.TextField(null=True, blank=True, db_comment="Short biography")
    profile_picture_url = models.CharField(
        max_length=500, null=True, blank=True, db_comment="URL of the profile picture"
    )
    reset_password_token = models.CharField(
        max_length=255,
        null=True,
        blank=True,
        db_comment="SHA-256 of the password-reset token (never the token itself)",
    )
    reset_password_expires = models.DateTimeField(null=True, blank=True, db_comment="Expiry of the reset token")
    email_verification_token = models.CharField(
        max_length=255, null=True, blank=True, db_comment="SHA-256 of the e-mail verification token"
    )
    email_verification_expires = models.DateTimeField(
        null=True, blank=True, db_comment="Expiry of the verification token"
    )
    failed_login_attempts = models.IntegerField(
        null=True, blank=True, default=0, db_comment="Consecutive failed logins; reset to 0 by a successful one"
    )
    lockout_expires = models.DateTimeField(
        null=True, blank=True, db_comment="No login before this time (set after too many failures)"
    )
    referral_code = models.CharField(
        max_length=50, unique=True, null=True, blank=True, db_comment="Own invitation code"
    )
    referred_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="referrals",
        db_column="referred_by",
        db_comment="User who invited this one",
    )
    referral_count = models.IntegerField(null=True, blank=True, default=0, db_comment="Successful referrals made")
    account_balance = Numeric(
        15,
        2,
        null=True,
        blank=True,
        default=Decimal("0.00"),
        db_comment="Balance in USD, >= 0 (future monetisation)",
    )
    subscription_plan = models.CharField(
        max_length=20,
        choices=SubscriptionPlan,
        null=True,
        blank=True,
        default=SubscriptionPlan.FREE,
        db_comment="Current plan",
    )
    subscription_expires_at = models.DateTimeField(null=True, blank=True, db_comment="End of the paid plan")
    notes = models.TextField(null=True, blank=True, db_comment="Admin notes; visible to admins only")
    deleted_at = models.DateTimeField(null=True, blank=True, db_comment="Soft-delete time")
    deleted_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="deactivated_users",
        db_column="deleted_by",
        db_comment="Admin who deactivated the account",
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "users"
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email__iregex=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$")
                | models.Q(email=SYSTEM_EMAIL),
                name="chk_email_format",
                violation_error_message=_("Enter a valid e-mail address."),
            ),
            at_least("login_count", 0, name="chk_login_count_positive"),
            at_least("referral_count", 0, name="chk_referral_count_positive"),
            at_least("failed_login_attempts", 0, name="chk_failed_login_attempts_positive"),
            at_least("account_balance", 0, name="chk_account_balance_positive"),
            models.CheckConstraint(
                condition=models.Q(deleted_at__isnull=False) | models.Q(deleted_by__isnull=True),
                name="chk_users_deleted_pair",
                violation_error_message=_("deleted_by needs deleted_at."),
            ),
            models.CheckConstraint(
                condition=~models.Q(referred_by=models.F("id")),
                name="chk_users_no_self_referral",
                violation_error_message=_("Nobody can invite themselves."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="unique_users_email_ci",
                violation_error_message=_("An account with this e-mail address exists already."),
            ),
            one_of("role", UserRole, name="chk_users_role"),
            one_of("subscription_plan", SubscriptionPlan, name="chk_users_subscription_plan"),
        ]
        indexes = [
            models.Index(fields=["role"], name="idx_users_role"),
            models.Index(fields=["is_active"], name="idx_users_is_active"),
            models.Index(fields=["subscription_plan"], name="idx_users_subscription_plan"),
            models.Index(fields=["-created_at"], name="idx_users_created_at"),
        ]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    @property
    def is_staff(self) -> bool:
        """May enter the admin site."""
        return self.role == UserRole.ADMIN and self.is_active

    @property
    def is_premium(self) -> bool:
        """Has a paid plan that has not run out."""
        return self.subscription_plan not in (None, SubscriptionPlan.FREE) and (
            self.subscription_expires_at is None or self.subscription_expires_at > timezone.now()
        )

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def full_name(self) -> str:
        """Given and family name as far as known, else the e-mail address."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or self.email

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.first_name or self.email
