"""Passwords: changed by who knows the old one, or set anew by who can read the account's mail."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import MailKind
from accounts.models import MfaTicket, User, UserSession
from accounts.services.activities import record_activity
from accounts.services.login import NOBODY, Client, count_failure, require_unlocked
from accounts.services.mails import LIFETIME, Letter, in_language_of, queue_mail
from accounts.services.people import sentences
from accounts.services.secrets import digest, new_secret
from accounts.services.sessions import end_sessions
from system.acting import for_everyone
from system.choices import AuditOperation
from system.exceptions import InvalidInput
from system.selectors.settings import setting
from system.services import record_change


def change_password(
    user: User, *, old_password: str, new_password: str, session: UserSession | None = None, client: Client = NOBODY
) -> None:
    """Change the own password; all other sessions end, and the account's address is told.

    A wrong old password counts as a wrong login: a stolen session must not be a way to guess it.

    Args:
        session: the one that asks, which goes on.
    Raises:
        InvalidInput: the old password is wrong, or the new one does not fit.
        LockedError: too many wrong ones.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        require_unlocked(user)
        is_right = user.check_password(old_password)
        if is_right:
            _set_password(user, new_password, but=session, client=client)
        else:
            count_failure(user, client)
    if not is_right:
        raise InvalidInput(_("The old password is wrong."), field="old_password")


@for_everyone()
@transaction.atomic
def forget_password(email: str) -> None:
    """Mail a link that sets a new password, if the address has an account that may log in. Whether it has is not told.

    An older link stops working.
    """
    user = User.objects.select_for_update().filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        return
    token = new_secret()
    until = timezone.now() + timedelta(hours=setting("security")["reset_token_hours"])
    user.reset_password_token, user.reset_password_expires = digest(token), until
    user.save(update_fields=["reset_password_token", "reset_password_expires"])
    with in_language_of(user):
        lines = [
            _("Somebody asked for a new password of your account. Set it here:"),
            f"{settings.SITE_URL}{reverse('password-reset')}#{token}",
            _("The link works once. If it was not you, do nothing: your password stays as it is."),
        ]
        letter = Letter(_("A new password for CryptoPredict"), lines)
    queue_mail(user, MailKind.RESET_PASSWORD, letter, recipient=user.email, until=until)
    record_activity(user, activity_type="password", action="forgot", entity=user)


@for_everyone()
@transaction.atomic
def reset_password(token: str, new_password: str, *, client: Client = NOBODY) -> User:
    """Set a new password by the mailed token, which is used up; all sessions end, and a lock is lifted.

    Raises:
        InvalidInput: the token is unknown, used or too old, or the password does not fit.
    """
    user = User.objects.select_for_update().filter(reset_password_token=digest(token), is_active=True).first()
    if user is None or user.reset_password_expires is None or user.reset_password_expires <= timezone.now():
        raise InvalidInput(_("This link does not work any more. Ask for a new one."), field="token")
    user.failed_login_attempts, user.lockout_expires = 0, None
    user.is_verified = True  # who can read its mail owns the address
    _set_password(user, new_password, but=None, client=client)
    user.save(update_fields=["failed_login_attempts", "lockout_expires", "is_verified"])
    return user


def _set_password(user: User, password: str, *, but: UserSession | None, client: Client) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(sentences(error), field="new_password") from error
    user.set_password(password)
    # What was asked for, or half done, under the old password ends with it.
    user.reset_password_token = user.reset_password_expires = None
    user.save(update_fields=["password", "reset_password_token", "reset_password_expires", "updated_at"])
    MfaTicket.objects.filter(user=user, used_at__isnull=True).delete()
    end_sessions(user, but=but, why="password changed")
    record_change(user, AuditOperation.ACTION, actor=user, details="password changed")
    record_activity(
        user, activity_type="password", action="change", entity=user,
        ip_address=client.ip_address, user_agent=client.user_agent,
    )  # fmt: skip
    with in_language_of(user):
        lines = [_("The password of your account was changed."), _("If it was not you, set a new one at once.")]
        letter = Letter(_("Your password was changed"), lines)
    until = timezone.now() + LIFETIME
    queue_mail(user, MailKind.CHANGED_PASSWORD, letter, recipient=user.email, until=until)
