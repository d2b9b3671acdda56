"""Room for archived candles."""

from typing import Any

import pytest
from django.db import connections


@pytest.fixture(scope="session")
def archived_2020(django_db_setup: None, django_db_blocker: Any) -> None:
    """A partition of the archive, made before any test's transaction."""
    with django_db_blocker.unblock(), connections["owner"].cursor() as cursor:
        cursor.execute(
            'CREATE TABLE archived_2020 PARTITION OF "price_data_archive_1d" '
            "FOR VALUES FROM ('2020-01-01+00') TO ('2021-01-01+00')"
        )
