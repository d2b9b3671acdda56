"""A person asks for everything of theirs, and fetches it for a day; nobody else does."""

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.choices import UserRole
from accounts.models import User, UserActivity
from accounts.services import Client
from cryptopredict.orders import carry_out_analyses
from cryptopredict.portability import requests
from cryptopredict.portability.requests import order_export, sweep_exports
from system.models import BackgroundTask
from tests.doors import API, client_of, client_with_token, refused
from tests.factories import AdminFactory, UserFactory, WatchlistFactory, WebhookFactory

pytestmark = pytest.mark.django_db
PATH = f"{API}users/me/export"


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def user() -> User:
    person: User = UserFactory()
    return person


def content(answer: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_it_is_asked_for_written_and_fetched(user: User, tmp_path: Path) -> None:
    client = client_of(user)
    WatchlistFactory(user=user, name="Mine")
    WebhookFactory(user=user)
    asked = client.post(PATH)
    assert asked.status_code == 202, asked.content
    state = f"{PATH}/{asked.json()['task_id']}"
    assert client.get(state).json() == {"status": "pending", "url": None, "expires_at": None, "too_large": []}
    refused(client.get(f"{state}/file"), 404)
    assert client.post(PATH).json() == asked.json()  # one at a time
    assert UserActivity.objects.filter(user=user, action="export").count() == 1
    assert (carry_out_analyses(), carry_out_analyses()) == (1, 0)
    told = client.get(state).json()
    assert told["status"] == "completed"
    assert told["url"].endswith(f"{state}/file")
    fetched = client.get(told["url"], headers={"Accept": "application/zip"})
    assert (fetched.status_code, fetched["Content-Type"], fetched["Cache-Control"]) == (
        200,
        "application/zip",
        "no-store",
    )
    package = content(fetched)
    assert json.loads(package.read("accounts/person.json"))[0]["email"] == user.email
    assert "sealed" not in package.read("accounts/webhooks.json").decode()
    (file,) = (tmp_path / "exports").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert client.post(PATH).json() != asked.json()


def test_it_is_the_persons_alone(user: User) -> None:
    row = order_export(user, client=Client())
    carry_out_analyses()
    for stranger in (UserFactory(), AdminFactory()):
        for tail in ("", "/file"):
            foreign = refused(client_of(stranger).get(f"{PATH}/{row.pk}{tail}"), 404)
            absent = refused(client_of(stranger).get(f"{PATH}/987654321{tail}"), 404)
            assert foreign | {"instance": "", "request_id": ""} == absent | {"instance": "", "request_id": ""}
    other = BackgroundTask.objects.create(task_name="x", task_type="export", task_params={"user_id": user.pk})
    refused(client_of(user).get(f"{PATH}/{other.pk}"), 404)
    refused(client_of().post(PATH), 401)
    refused(client_with_token(user, "read").post(PATH), 403)
    refused(client_with_token(user, "market:write").get(f"{PATH}/{row.pk}"), 403)
    refused(client_with_token(user, "account:read").get(f"{PATH}/{row.pk}/file"), 403)  # portfolios are in it too
    parts = [f"{part}:read" for part in ("account", "lists", "portfolio", "signals")]
    for scopes in (parts, ["read"]):
        assert content(client_with_token(user, *scopes).get(f"{PATH}/{row.pk}/file")).namelist()
    assert client_of(UserFactory(role=UserRole.GUEST)).post(PATH).status_code == 202


def test_a_key_asks_once(user: User) -> None:
    client = client_of(user)
    first = client.post(PATH, headers={"Idempotency-Key": "k"})
    carry_out_analyses()
    again = client.post(PATH, headers={"Idempotency-Key": "k"})
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert BackgroundTask.objects.filter(task_type="export").count() == 1


def test_the_file_goes_after_a_day(user: User, tmp_path: Path) -> None:
    now = timezone.now()
    row = order_export(user, client=Client())
    carry_out_analyses()
    row.refresh_from_db()
    row.result_data = (row.result_data or {}) | {"expires_at": now.isoformat()}
    row.save()
    assert client_of(user).get(f"{PATH}/{row.pk}").json()["url"] is None
    refused(client_of(user).get(f"{PATH}/{row.pk}/file"), 404)
    assert sweep_exports(now + timedelta(hours=23)) == 0
    assert sweep_exports(now + timedelta(hours=25)) == 1
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_defect_is_told_and_leaves_no_file(user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = order_export(user, client=Client())

    def fail(*_: Any, **__: Any) -> None:
        raise KeyError("nothing")

    monkeypatch.setattr(requests, "export_person", fail)
    carry_out_analyses()
    assert client_of(user).get(f"{PATH}/{row.pk}").json()["status"] == "failed"
    assert list((tmp_path / "exports").iterdir()) == []


def test_one_of_a_closed_account_is_not_written(user: User) -> None:
    row = order_export(user, client=Client())
    User.objects.filter(pk=user.pk).update(is_active=False)
    carry_out_analyses()
    row.refresh_from_db()
    assert row.status == "failed"
