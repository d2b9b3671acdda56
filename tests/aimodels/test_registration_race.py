"""A version is renamed while somebody registers one of that name."""

import threading

import pytest
from django.db import connection, transaction

from aimodels.models import AIModel
from aimodels.services.registration import change_version, register_version
from system.exceptions import ConflictError
from tests.factories import AdminFactory, AIModelFactory
from tests.locks import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
NEW = {
    "name": "outside",
    "version": "v1",
    "architecture": "lstm",
    "model_type": "asset",
    "training_data_timeframe": "1d",
    "target_variable": "return",
}


def test_the_second_is_told_that_it_exists() -> None:
    admin, free = AdminFactory(), AIModelFactory(name="free", version="v1", architecture="lstm")
    said: list[Exception] = []

    def rename() -> None:
        try:
            change_version(AIModel.objects.get(pk=free.pk), {"name": "outside"}, actor=admin)
        except Exception as error:  # noqa: BLE001 - judged below
            said.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=rename)
    with transaction.atomic():
        register_version(NEW, actor=admin)
        other.start()
        wait_for_locks(1)
    other.join(60)
    (error,) = said
    assert isinstance(error, ConflictError)
    assert error.code == "version_exists"
    assert sorted(AIModel.objects.values_list("name", flat=True)) == ["free", "outside"]
