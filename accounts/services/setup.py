"""The first admin: a link that is printed once, works for half an hour and only while there is no admin."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.choices import UserRole
from accounts.models import SetupLink, User
from accounts.services.activities import record_activity
from accounts.services.locales import check_language, check_timezone
from accounts.services.people import new_account
from accounts.services.secrets import digest, new_secret
from system.acting import for_everyone
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput
from system.services import record_change

LIFETIME = timedelta(minutes=30)


def setup_is_open() -> bool:
    """Nobody can administer the product yet."""
    return not User.objects.filter(role=UserRole.ADMIN, is_active=True).exists()


@for_everyone()
@transaction.atomic
def create_setup_link() -> str | None:
    """Address at which the first admin is made; older links stop working. None when there is an active admin.

    The token stands in the fragment, which browsers neither send nor log.
    """
    if not setup_is_open():
        return None
    moment = now()
    SetupLink.objects.filter(used_at__isnull=True, expires_at__gt=moment).update(expires_at=moment)
    token = new_secret()
    SetupLink.objects.create(token_hash=digest(token), expires_at=moment + LIFETIME)
    return f"{settings.SITE_URL}{reverse('setup')}#{token}"


@for_everyone()
@transaction.atomic
def accept_setup_link(token: str, *, email: str, password: str, language: str, timezone: str) -> User:
    """Make the first admin and use the link up.

    Raises:
        InvalidInput: the link is unknown, used or too old, or a value does not fit.
        ConflictError: there is an admin already.
    """
    link = open_link(token)
    if not setup_is_open():
        raise ConflictError(_("There is an admin already. Log in instead."))
    check_language(language)
    check_timezone(timezone)
    powers = {"role": UserRole.ADMIN, "is_superuser": True, "is_verified": True}
    user = new_account(email, password, language=language, timezone=timezone, **powers)
    link.used_at = now()
    link.save(update_fields=["used_at"])
    record_change(user, AuditOperation.INSERT, actor=user, details="first admin, made by the set-up link")
    record_activity(user, activity_type="setup", action="create", entity=user)
    return user


def open_link(token: str) -> SetupLink:
    """The link that a token opens. Every unused link is locked, so that two of them cannot make two first admins."""
    unused = SetupLink.objects.select_for_update().filter(used_at__isnull=True).order_by("pk")
    wanted = digest(token)
    link = next((link for link in unused if link.token_hash == wanted), None)
    if link is None or link.expires_at <= now():
        raise InvalidInput(
            _("This set-up link does not work any more. Start the product again to get a new one."), field="token"
        )
    return link
