"""What people tell us, in the admin: every state follows from a named action, each with its trail."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User, UserFeedback
from system.models import AuditLog
from tests.doors import client_of
from tests.factories import AdminFactory, UserFactory, UserFeedbackFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/accounts/userfeedback/"


@pytest.fixture
def admin() -> User:
    return AdminFactory()


@pytest.fixture
def client(admin: User) -> Client:
    return client_of(admin)


def do(client: Client, action: str, rows: Sequence[UserFeedback], **more: Any) -> Any:
    given = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(LIST, given, follow=True)


def page(name: str, row: UserFeedback) -> str:
    return reverse(f"admin:accounts_userfeedback_{name}", args=[row.pk])


def shown(client: Client, query: str) -> set[int]:
    return {row.pk for row in client.get(f"{LIST}?{query}").context["cl"].result_list}


def test_feedback_is_taken_on_answered_closed_and_opened_again(client: Client, admin: User) -> None:
    said = UserFeedbackFactory()
    for action, state in (("take_on", "in_review"), ("close", "closed"), ("reopen", "in_review")):
        do(client, action, [said])
        said.refresh_from_db()
        assert (said.status, said.reviewed_by) == (state, admin)
    assert said.message in client.get(page("answer", said)).content.decode()
    client.post(page("answer", said), {"response_message": "It is there now."})
    said.refresh_from_db()
    assert (said.status, said.response_message) == ("addressed", "It is there now.")
    assert said.user.notification_set.get().message == "It is there now."
    trail = AuditLog.objects.filter(table_name="user_feedback").order_by("pk")
    assert [(entry.new_values or {}).get("status") for entry in trail] == [
        "in_review",
        "closed",
        "in_review",
        "addressed",
    ]
    assert {entry.changed_by for entry in trail} == {admin}


def test_nobody_answers_with_nothing_or_twice_the_same(client: Client) -> None:
    said = UserFeedbackFactory()
    assert "response_message" in client.post(page("answer", said), {"response_message": " "}).context["form"].errors
    for _again in range(2):
        client.post(page("answer", said), {"response_message": "Yes."})
    assert said.user.notification_set.count() == 1


def test_states_are_refused_where_they_make_no_sense(client: Client) -> None:
    said = UserFeedbackFactory(status="closed")
    assert "Open it again first." in do(client, "take_on", [said]).content.decode()
    assert "It is closed already." in do(client, "close", [said]).content.decode()
    said.refresh_from_db()
    assert (said.status, said.reviewed_by) == ("closed", None)
    assert not AuditLog.objects.exists()


def test_several_are_given_to_another_admin_who_is_told_once_of_each(client: Client, admin: User) -> None:
    other, rows = AdminFactory(), UserFeedbackFactory.create_batch(2)
    asked = do(client, "assign", rows)
    choices = {str(choice) for choice, _label in asked.context["form"].fields["to"].choices}
    assert choices == {"", str(admin.pk), str(other.pk)}
    assert do(client, "assign", rows, confirmed="yes").context["form"].errors.keys() == {"to"}
    do(client, "assign", rows, confirmed="yes", to=UserFactory().pk)
    assert UserFeedback.objects.filter(reviewed_by__isnull=True).count() == 2
    for _again in range(2):
        do(client, "assign", rows, confirmed="yes", to=other.pk)
    assert UserFeedback.objects.filter(reviewed_by=other, status="in_review").count() == 2
    assert other.notification_set.count() == 2
    assert AuditLog.objects.filter(new_values__reviewed_by=other.pk).count() == 2
    do(client, "take_on", rows[:1])
    assert UserFeedback.objects.get(pk=rows[0].pk).reviewed_by == admin
    assert not admin.notification_set.exists()


def test_one_is_handled_from_its_page_and_a_link_alone_does_nothing(client: Client, admin: User) -> None:
    said = UserFeedbackFactory()
    for name, state in (("take_one", "in_review"), ("close_one", "closed"), ("reopen_one", "in_review")):
        before = UserFeedback.objects.get(pk=said.pk).status
        assert client.get(page(name, said)).status_code == 200
        assert UserFeedback.objects.get(pk=said.pk).status == before
        assert client.post(page(name, said), {}).status_code == 302
        assert UserFeedback.objects.get(pk=said.pk).status == state
    other = AdminFactory()
    assert client.post(page("assign_one", said), {"to": other.pk}).status_code == 302
    assert UserFeedback.objects.get(pk=said.pk).reviewed_by == other


def test_priority_is_said_by_name(client: Client) -> None:
    said = UserFeedbackFactory()
    for action, priority in (("make_urgent", "high"), ("make_unurgent", "low"), ("make_normal", "normal")):
        do(client, action, [said])
        said.refresh_from_db()
        assert (said.priority, said.status, said.reviewed_by) == (priority, "new", None)


def test_the_list_is_narrowed_to_what_is_mine_and_open(client: Client, admin: User) -> None:
    new, mine, done = UserFeedbackFactory(), UserFeedbackFactory(), UserFeedbackFactory(status="addressed")
    do(client, "take_on", [mine])
    UserFeedback.objects.filter(pk=done.pk).update(reviewed_by=AdminFactory())
    assert shown(client, "stand=open") == {new.pk, mine.pk}
    assert shown(client, "stand=done") == {done.pk}
    assert shown(client, "handler=mine") == {mine.pk}
    assert shown(client, "handler=others") == {done.pk}
    assert shown(client, "handler=nobody") == {new.pk}


def test_others_handle_nothing() -> None:
    """They are sent to the login, which refuses them."""
    said = UserFeedbackFactory()
    for name in ("answer", "take_one", "assign_one", "close_one", "reopen_one"):
        assert client_of(UserFactory()).post(page(name, said), {"response_message": "x"}).status_code == 302
    said.refresh_from_db()
    assert said.status == "new"
