"""Idempotency-Key: what is sent twice acts once, and is answered with the same bytes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Notification, User
from system.exceptions import ConflictError
from system.models import IdempotencyKey
from system.services import sweep_old_rows
from system.services.answers import Answer, Asked, answer_once
from tests.doors import API, client_of, client_with_token, refused
from tests.factories import AdminFactory, TotpDeviceFactory, UserFactory

SEND = API + "system/notifications"


def send(client: Client, key: str | None, title: str = "News", path: str = SEND) -> Any:
    body = {"all": True, "title": title, "message": "text"}
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(path, body, "application/json", headers=headers)


@pytest.mark.django_db
def test_the_same_request_acts_once_and_is_answered_byte_by_byte() -> None:
    admin = AdminFactory()
    first, second = send(client_of(admin), "one"), send(client_of(admin), "one")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first["Content-Type"] == second["Content-Type"] == "application/json"
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert Notification.objects.count() == 1
    assert send(client_of(admin), "two").status_code == 201
    assert send(client_of(admin), None).status_code == 201
    assert Notification.objects.count() == 3


@pytest.mark.django_db
def test_the_same_key_with_another_request_is_refused() -> None:
    admin = client_of(AdminFactory())
    send(admin, "one")
    assert refused(send(admin, "one", "Other news"), 422)["type"].endswith(":key-in-use")
    assert refused(send(admin, "one", path=SEND + "?time=epoch_ms"), 422)
    assert Notification.objects.count() == 1


@pytest.mark.django_db
def test_keys_of_two_people_have_nothing_to_do_with_each_other() -> None:
    send(client_of(AdminFactory()), "one", "by one")
    assert send(client_of(AdminFactory()), "one", "by another").status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 101, "a b", "caf\u00e9", "a\tb"])
def test_what_is_no_key_is_refused_by_the_name_of_its_header(key: str) -> None:
    problem = refused(send(client_of(AdminFactory()), key), 400)
    assert problem["errors"] == [{"field": "Idempotency-Key", "code": "invalid_key", "detail": ANY, "pointer": None}]
    assert not Notification.objects.exists()


@pytest.mark.django_db
def test_a_refused_request_may_be_sent_again_under_its_key() -> None:
    admin = client_of(AdminFactory())
    refused(send(admin, "one", ""), 400)
    assert not IdempotencyKey.objects.exists()
    assert send(admin, "one").status_code == 201


@pytest.mark.django_db
def test_an_answer_that_carries_a_secret_is_not_kept() -> None:
    asked = Asked("user:1", None, "k", "h")
    assert answer_once(asked, lambda: Answer(201, None)) is None
    with pytest.raises(ConflictError) as problem:
        answer_once(asked, lambda: Answer(201, b"never"))
    assert problem.value.code == "already_done"


@pytest.mark.django_db
def test_a_guest_may_repeat_too() -> None:
    body = {"email": "ada@example.com", "password": "correct horse battery"}
    send_ = {"path": API + "auth/register", "data": body, "content_type": "application/json"}
    answers = [Client().post(**send_, headers={"Idempotency-Key": "g"}) for _ in range(2)]  # type: ignore[arg-type]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    row = IdempotencyKey.objects.get()
    assert (row.owner, row.user) == ("address:127.0.0.1", None)
    elsewhere = Client(REMOTE_ADDR="10.0.0.9").post(**send_, headers={"Idempotency-Key": "g"})  # type: ignore[arg-type]
    assert refused(elsewhere, 409)["type"].endswith("email-taken")


@pytest.mark.django_db
def test_a_wrong_password_counts_whatever_key_it_comes_with() -> None:
    user = UserFactory()
    body = {"email": user.email, "password": "wrong"}
    answer = client_of().post(API + "auth/login", body, "application/json", headers={"Idempotency-Key": "x"})
    refused(answer, 401)
    assert User.objects.get(pk=user.pk).failed_login_attempts == 1


@pytest.mark.django_db(databases=["default", "owner"])
def test_answers_are_swept_after_seven_days() -> None:
    admin = client_of(AdminFactory())
    send(admin, "old")
    send(admin, "new")
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(days=7, minutes=1))
    IdempotencyKey.objects.filter(key="new").update(created_at=timezone.now() - timedelta(days=6, hours=23))
    sweep_old_rows(timezone.now())
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["new"]


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_one_acts() -> None:
    admin = AdminFactory()
    TotpDeviceFactory.of(admin)

    def try_it(_number: int) -> tuple[int, bytes]:
        try:
            answer = send(client_with_token(admin, "admin", "write"), "same")
            return answer.status_code, answer.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(try_it, range(50)))
    assert Notification.objects.count() == 1
    assert IdempotencyKey.objects.count() == 1
    assert {status for status, _body in outcomes} <= {201, 409}
    assert len({body for status, body in outcomes if status == 201}) == 1


@pytest.mark.django_db(transaction=True)
def test_while_one_works_the_other_is_told_to_wait() -> None:
    admin = AdminFactory()

    def elsewhere() -> Any:
        try:
            return send(client_with_token(admin, "admin", "write"), "busy")
        finally:
            connections.close_all()

    with transaction.atomic(), connection.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('idempotency_keys'), hashtext(%s))", [f"user:{admin.pk} busy"]
        )
        assert refused(pool.submit(elsewhere).result(), 409)["type"].endswith("request-in-progress")
    assert send(client_of(admin), "busy").status_code == 201
