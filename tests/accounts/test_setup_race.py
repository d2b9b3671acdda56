"""Two people with two valid links at the same moment make one admin."""

import threading

import pytest
from django.db import connection

from accounts.models import SetupLink, User
from accounts.services import accept_setup_link, create_setup_link
from system.exceptions import DomainError
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_two_at_once() -> None:
    tokens = [str(create_setup_link()).partition("#")[2] for _ in range(2)]
    newest = SetupLink.objects.latest("pk")
    SetupLink.objects.update(expires_at=newest.expires_at)  # as if both had been made at the same moment
    start, outcomes = threading.Barrier(2), []

    def accept(number: int) -> None:
        start.wait()
        try:
            given = {"email": f"a{number}@example.org", "password": PASSWORD, "language": "en", "timezone": "UTC"}
            accept_setup_link(tokens[number], **given)
            outcomes.append("made")
        except DomainError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "refused"]
    assert User.objects.count() == 1
