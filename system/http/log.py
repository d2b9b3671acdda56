"""One row per attempt, also when the caller's transaction fails."""

import logging
from typing import Any

import psycopg
from django.db import Error, connection

from system import figures
from system.models import ExternalApiLog

logger = logging.getLogger(__name__)
DJANGOS_OWN = {"context", "cursor_factory", "prepare_threshold"}


def record(**columns: Any) -> None:
    """Write a row of ``external_api_logs`` now, to stay.

    Inside a transaction of the caller it goes over a connection of its own: the call was made, whatever becomes of that
    transaction, and a refused row must not spoil it. A row that cannot be written never fails the call; the fault is in
    the program's log.
    """
    figures.count(figures.OUTSIDE_CALLS, columns["api_provider"], str(columns["response_status"]))
    figures.observe(figures.OUTSIDE_SECONDS, columns["response_time_ms"] / 1000, columns["api_provider"])
    try:
        if connection.in_atomic_block:
            insert_apart(columns)
        else:
            ExternalApiLog.objects.create(**columns)
    except (Error, psycopg.Error):
        logger.exception("A call to %s could not be recorded", columns["api_provider"])


def insert_apart(columns: dict[str, Any]) -> None:
    arguments = {name: value for name, value in connection.get_connection_params().items() if name not in DJANGOS_OWN}
    with psycopg.connect(**arguments, autocommit=True) as own:
        own.execute(
            "INSERT INTO external_api_logs (api_provider, endpoint, http_method, response_status, response_time_ms) "
            "VALUES (%(api_provider)s, %(endpoint)s, %(http_method)s, %(response_status)s, %(response_time_ms)s)",
            columns,
        )
