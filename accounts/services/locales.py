"""Languages and time zones that a person can have."""

from zoneinfo import available_timezones

from django.conf import settings
from django.utils.translation import gettext as _

from system.exceptions import InvalidInput


def check_language(language: str) -> None:
    """Refuse a language that the product does not speak.

    Raises:
        InvalidInput: so it is.
    """
    if language not in dict(settings.LANGUAGES):
        raise InvalidInput(_("This language is not available."), field="language")


def check_timezone(name: str) -> None:
    """Refuse a time zone that nobody knows.

    Raises:
        InvalidInput: so it is.
    """
    if name not in available_timezones():
        raise InvalidInput(_("This time zone is not known."), field="timezone")
