"""Secrets are exchanged while people go on: every test has files of its own, as an installation has."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import DateTimeField
from django.test import Client

from accounts.services import authenticate_token, check_code, create_api_token
from cryptopredict import rotation
from cryptopredict.keys import installed_secret
from system.exceptions import ConflictError
from system.sealing import seal, unseal
from tests.accounts.factors import code
from tests.cryptopredict.installation import started
from tests.factories import PASSWORD, TotpDeviceFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose secrets are in files."""
    for name in rotation.SECRETS:
        monkeypatch.delenv(name.upper(), raising=False)
    settings.CRYPTOPREDICT_HOME = tmp_path
    started(tmp_path, settings)
    return tmp_path


def rotate(*arguments: str, **options: Any) -> str:
    said = StringIO()
    call_command("rotate_secret", *arguments, stdout=said, **options)
    return said.getvalue()


def test_a_sealing_secret_is_exchanged_and_everything_opens(home: Path, settings: Any) -> None:
    user, before = UserFactory(), settings.SEALING_SECRET
    device = TotpDeviceFactory.of(user)
    assert "are opened by the former one until --finish" in rotate("sealing_secret", dry_run=True)
    assert settings.SEALING_SECRET == installed_secret(home, "sealing_secret") == before
    told = rotate("sealing_secret")
    assert "Restart every process" in told
    started(home, settings)
    assert (before == settings.SEALING_SECRET, settings.SEALING_FALLBACKS) == (False, [before])
    assert check_code(user, code())  # between the two steps people go on
    fresh = seal("new", purpose="x", owner="y")
    with pytest.raises(CommandError, match="is not finished"):
        rotate("sealing_secret")
    assert sum(rotation.under_former().values()) == 1
    assert "1 rows are sealed anew" in rotate("sealing_secret", finish=True)
    started(home, settings)
    assert settings.SEALING_FALLBACKS == []
    device.refresh_from_db()
    assert unseal(device.sealed_secret, purpose="totp", owner=f"user:{user.pk}")
    assert unseal(fresh, purpose="x", owner="y") == "new"
    settings.SEALING_SECRET = before  # the former one opens nothing any more
    with pytest.raises(ConflictError):
        unseal(device.sealed_secret, purpose="totp", owner=f"user:{user.pk}")


def test_every_sealed_column_is_exchanged() -> None:
    """A column that is added has to be named in the list, or an exchange would lose it."""
    there = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.fields
        if field.name.startswith("sealed_") and not isinstance(field, DateTimeField)
    }
    assert {(one.model, one.column) for one in rotation.SEALED} == there
    assert len(there) == 4


def test_another_secret_key_logs_nobody_out(home: Path, settings: Any) -> None:
    user, browser = UserFactory(), Client()
    assert browser.post("/login", {"username": user.email, "password": PASSWORD}).status_code == 302
    assert "Nobody is logged out" in rotate("secret_key")
    before = settings.SECRET_KEY
    started(home, settings)
    assert before != settings.SECRET_KEY
    assert browser.get("/account").status_code == 200
    rotate("secret_key", finish=True)
    started(home, settings)
    assert browser.get("/account").status_code == 200  # its session was signed anew meanwhile
    other = Client()
    other.cookies = browser.cookies
    settings.SECRET_KEY = "another that nobody had signed with"
    assert other.get("/account").status_code == 302


def test_another_pepper_ends_tokens_and_says_so(home: Path, settings: Any) -> None:
    user, browser = UserFactory(), Client()
    browser.post("/login", {"username": user.email, "password": PASSWORD})
    _token, secret = create_api_token(user, name="x", scopes=["read"])
    dry = rotate("token_pepper", dry_run=True)
    assert "1 personal tokens" in dry
    assert "Nothing was changed." in dry
    with pytest.raises(CommandError, match="--yes"):
        rotate("token_pepper")
    assert authenticate_token(secret, address=None) is not None
    rotate("token_pepper", yes=True)
    started(home, settings)
    assert authenticate_token(secret, address=None) is None
    assert browser.get("/account").status_code == 200
    assert not list((home / "secrets").glob("*.former"))
    with pytest.raises(CommandError, match="no second step"):
        rotate("token_pepper", finish=True)


def test_what_the_environment_says_is_changed_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "of the environment")
    with pytest.raises(CommandError, match="SECRET_KEY_FORMER"):
        rotate("secret_key")
    assert not list((home / "secrets").glob("*.former"))


def test_the_files_are_for_their_owner_alone(home: Path) -> None:
    rotate("sealing_secret")
    files = sorted(path for path in (home / "secrets").iterdir() if "sealing" in path.name)
    assert [path.name for path in files] == ["sealing_secret", "sealing_secret.former"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert files[0].read_text() != files[1].read_text()
