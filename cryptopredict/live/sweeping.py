"""Sending events from the process that serves: the worker may be busy with a run for minutes."""

import logging
import threading
import time

import redis
from django.db import DatabaseError, close_old_connections

from cryptopredict.live.outbox import send_events
from system.acting import for_everyone

logger = logging.getLogger(__name__)
EVERY_SECONDS = 1
PATIENCE_SECONDS = 10
"""Pause after a fault."""


def keep_sending() -> threading.Thread:
    """Send waiting events every second, as long as the process lives. The sweep of the worker may go on beside it."""
    thread = threading.Thread(target=_send_forever, daemon=True, name="events")
    thread.start()
    return thread


@for_everyone()
def _send_forever() -> None:
    while True:
        time.sleep(EVERY_SECONDS)
        try:
            close_old_connections()
            send_events()
        except (DatabaseError, redis.exceptions.RedisError, OSError) as error:
            logger.warning("Live events wait: %s", type(error).__name__)
            time.sleep(PATIENCE_SECONDS)
        except Exception:
            logger.exception("Live events wait")
            time.sleep(PATIENCE_SECONDS)
