"""Browsers in which somebody is logged in, found among those of everybody."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.selectors.browsers import browsers_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def kept(key: str, said: str) -> None:
    Session.objects.create(session_key=key, session_data=said, expire_date=timezone.now() + timedelta(days=1))


def session(key: str, user: int | str, **more: Any) -> str:
    said = SessionStore().encode({"_auth_user_id": str(user)} | more)
    kept(key, said)
    return str(said)


def test_only_ones_own_are_found_however_they_are_written() -> None:
    user = UserFactory()
    plain = session("plain", user.pk)
    packed = session("packed", user.pk, place={"agent": "Mozilla/5.0 " * 40, "address": "192.0.2.1"})
    assert (plain[0] == ".", packed[0] == ".") == (False, True)
    session("longer", f"{user.pk}1")
    session("another", user.pk + 1, place={"agent": f"{user.pk}"})
    kept("empty", "")
    kept("nonsense", "nothing that could be read")
    kept("no-zip", ".bm90aGluZw:1:x")
    head, _sign, tail = plain.partition(":")
    kept("forged", f"{head}:{tail[:-3]}AAA")
    found = {one.key: one for one in browsers_of(user)}
    assert found.keys() == {"plain", "packed"}
    assert found["packed"].address == "192.0.2.1"


def test_those_of_others_are_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    user = UserFactory()
    opened: list[Session] = []
    for number in range(9):
        session(f"s{number}", user.pk if number < 2 else 1000 + number)
    read = Session.get_decoded

    def seen(one: Session) -> Any:
        opened.append(one)
        return read(one)

    monkeypatch.setattr(Session, "get_decoded", seen)
    assert len(browsers_of(user)) == len(opened) == 2
