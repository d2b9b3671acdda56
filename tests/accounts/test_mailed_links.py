"""The pages that mails lead to."""

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import OutgoingMail, User
from accounts.services import forget_password, register_user
from tests.doors import client_of
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NEW = "another-long-secret-7"


def link() -> tuple[str, str]:
    """Path and secret of the link in the newest mail."""
    body = OutgoingMail.objects.latest("pk").body or ""
    found = re.search(r"https?://\S+", body)
    assert found
    parts = urlsplit(found[0])
    assert not parts.query
    return parts.path, parts.fragment


def test_the_link_of_a_forgotten_password_leads_to_a_page_that_sets_a_new_one() -> None:
    user = UserFactory()
    forget_password(user.email)
    path, token = link()
    client = Client()
    page = client.get(path)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "js/secret-link.js" in page.content.decode()
    differ = client.post(path, {"token": token, "new_password": NEW, "repeated": NEW + "x"})
    assert "The two passwords differ." in differ.content.decode()
    short = client.post(path, {"token": token, "new_password": "short", "repeated": "short"})
    assert 'id="id_new_password_error"' in short.content.decode()
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    done = client.post(path, {"token": token, "new_password": NEW, "repeated": NEW})
    assert "Your new password is set." in done.content.decode()
    assert User.objects.get(pk=user.pk).check_password(NEW)
    again = client.post(path, {"token": token, "new_password": NEW, "repeated": NEW})
    assert "This link does not work any more." in again.content.decode()
    assert token not in again.content.decode().split("value=")[0]


def test_the_link_of_a_new_account_leads_to_a_page_that_confirms_its_address() -> None:
    user = register_user("ada@example.org", NEW)
    path, token = link()
    page = Client().get(path)
    assert page.status_code == 200
    assert "Confirm the address" in page.content.decode()
    assert not User.objects.get(pk=user.pk).is_verified  # a look, as mail scanners take, confirms nothing
    assert "Your address is confirmed." in Client().post(path, {"token": token}).content.decode()
    assert User.objects.get(pk=user.pk).is_verified


def test_a_forgotten_password_is_asked_for_on_a_page_that_tells_nothing(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example"
    user = UserFactory()
    assert "/password/forgot" in client_of().get("/login").content.decode()
    answers = [Client().post("/password/forgot", {"email": email}) for email in (user.email, "nobody@example.org")]
    texts = [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode()) for answer in answers]
    texts = [re.sub(r"nonce=\"[^\"]+\"|[0-9a-f]{32}", "", text) for text in texts]
    assert "If this address has an account, a mail is on its way." in texts[0]
    assert texts[0] == texts[1]
    assert OutgoingMail.objects.count() == 1


def test_without_a_mail_server_the_page_says_so_and_asks_for_nothing(settings: Any) -> None:
    settings.EMAIL_HOST = ""
    page = client_of().get("/password/forgot").content.decode()
    assert "There is no mail server here" in page
    assert 'name="email"' not in page


def test_forms_are_counted_and_cannot_be_forged(settings: Any) -> None:
    settings.API_RATES = {"login": 1}
    here: dict[str, Any] = {"REMOTE_ADDR": f"10.1.{uuid4().int % 250}.{uuid4().int % 250}"}
    assert Client().post("/verify-email", {"token": "x"}, **here).status_code == 200
    refused = Client().post("/verify-email", {"token": "x"}, **here)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert "Too many attempts" in refused.content.decode()
    assert Client().post("/login", {"username": "a@example.org", "password": "x"}, **here).status_code == 429
    settings.API_RATES = {}
    assert Client(enforce_csrf_checks=True).post("/password/reset", {"token": "x"}).status_code == 403
