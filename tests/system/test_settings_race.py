"""Two admins who change one group of settings at the same moment both have their way."""

import threading

import pytest
from django.db import connection, transaction

from system.services import ensure_settings, setting
from system.services.settings import merge_settings
from tests.factories import AdminFactory
from tests.locks import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_a_change_reads_what_the_change_before_it_has_written() -> None:
    ensure_settings()
    admin = AdminFactory()

    def second() -> None:
        try:
            merge_settings({"delivery": {"most_attempts": 7}}, actor=admin)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        merge_settings({"delivery": {"give_up_days": 5}}, actor=admin)
        thread.start()
        wait_for_locks(1)
    thread.join()
    assert (setting("delivery")["give_up_days"], setting("delivery")["most_attempts"]) == (5, 7)
