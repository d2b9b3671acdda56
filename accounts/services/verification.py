"""The proof that an e-mail address is somebody's."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import MailKind
from accounts.models import User
from accounts.services.activities import record_activity
from accounts.services.mails import Letter, in_language_of, queue_mail
from accounts.services.secrets import digest, new_secret
from system.acting import for_everyone
from system.exceptions import InvalidInput
from system.selectors.settings import setting


def ask_to_verify(user: User) -> None:
    """Mail a link that confirms the address; an older one stops working."""
    token = new_secret()
    until = timezone.now() + timedelta(hours=setting("security")["verify_token_hours"])
    user.email_verification_token, user.email_verification_expires = digest(token), until
    user.save(update_fields=["email_verification_token", "email_verification_expires"])
    with in_language_of(user):
        lines = [_("Confirm your e-mail address here:"), f"{settings.SITE_URL}{reverse('verify-email')}#{token}"]
        letter = Letter(_("Confirm your e-mail address"), lines)
    queue_mail(user, MailKind.VERIFY_EMAIL, letter, recipient=user.email, until=until)


@for_everyone()
@transaction.atomic
def resend_verification(email: str) -> None:
    """Mail the link again, if there is an account that has not confirmed its address. Whether there is is not told."""
    unconfirmed = User.objects.filter(email=email.strip().lower(), is_active=True, is_verified=False)
    user = unconfirmed.select_for_update().first()
    if user is not None:
        ask_to_verify(user)


@for_everyone()
@transaction.atomic
def verify_email(token: str) -> User:
    """Confirm the address by the mailed token, which is used up.

    Raises:
        InvalidInput: the token is unknown, used or too old.
    """
    user = User.objects.select_for_update().filter(email_verification_token=digest(token)).first()
    until = None if user is None else user.email_verification_expires
    if user is None or until is None or until <= timezone.now():
        raise InvalidInput(_("This link does not work any more. Ask for a new one."), field="token")
    user.email_verification_token = user.email_verification_expires = None
    user.is_verified = True
    user.save(update_fields=["email_verification_token", "email_verification_expires", "is_verified"])
    record_activity(user, activity_type="register", action="verify", entity=user)
    return user
