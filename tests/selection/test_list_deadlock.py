"""A copy of a list and an order of all lists at one moment follow one another."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from accounts.services import ensure_system_user
from selection.models import Watchlist
from selection.services import create_watchlist, duplicate_watchlist, order_watchlists
from tests.factories import UserFactory
from tests.locks import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_a_copy_while_the_lists_are_ordered() -> None:
    """Who orders has the person and waits for the first list; who copies would have the second and wait for the
    person."""
    ensure_system_user()
    user = UserFactory()
    first, second = (create_watchlist(name, actor=user) for name in ("first", "second"))
    said: list[str] = []

    def order() -> None:
        order_watchlists(user, [second.pk, first.pk], actor=user)

    def copy() -> None:
        duplicate_watchlist(second, actor=user, name="copy")

    people = [threading.Thread(target=do, args=(deed, said)) for deed in (order, copy)]
    with transaction.atomic():
        Watchlist.objects.select_for_update().get(pk=first.pk)
        for waiting, person in enumerate(people, 1):
            person.start()
            wait_for_locks(waiting)
    for person in people:
        person.join(60)
    assert sorted(said) == ["copy", "order"]
    names = Watchlist.objects.filter(user=user).order_by("sort_order").values_list("name", flat=True)
    assert list(names) == ["second", "first", "copy"]


def do(deed: Callable[[], None], said: list[str]) -> None:
    try:
        deed()
        said.append(deed.__name__)
    finally:
        connection.close()
