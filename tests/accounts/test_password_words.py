"""What passwords and recovery codes are made of."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.services.factors import new_recovery_code
from accounts.validators import MoreThanOurWords, words


@pytest.mark.parametrize(
    "password", ["CryptoPredict!", "bitcoin-trading", "PasswordPassword1", "portfolio2026", "predictors.ex9"]
)
def test_our_own_words_are_no_password(password: str, settings: object) -> None:
    settings.SITE_URL = "https://predictors.ex"  # type: ignore[attr-defined]
    with pytest.raises(ValidationError) as refusal:
        validate_password(password)
    assert "password_of_our_words" in {error.code for error in refusal.value.error_list}


@pytest.mark.parametrize("password", ["bitcoin horse battery", "ein seltener Satz", "7 herons and a market"])
def test_one_of_our_words_beside_others_is_no_fault(password: str) -> None:
    validate_password(password)


def test_the_name_of_the_host_is_one_of_the_words() -> None:
    assert MoreThanOurWords().get_help_text()
    assert words("https://heronry.example:8443").sub("", "my heronry.example") == "my ."


def test_recovery_codes_have_140_bits() -> None:
    codes = [new_recovery_code() for _number in range(200)]
    groups = {tuple(map(len, code.split("-"))) for code in codes}
    letters = {letter for code in codes for letter in code if letter != "-"}
    assert (groups, letters) == ({(7, 7, 7, 7)}, set("abcdefghijklmnopqrstuvwxyz234567"))  # 28 of 32: 140 bits
    assert len(set(codes)) == 200
