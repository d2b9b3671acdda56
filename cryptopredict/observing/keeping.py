"""A thread of the process that serves: every few seconds it hands over what was counted and writes what is to stay."""

import logging
import threading
import time

from django.db import close_old_connections, connection
from django.db.utils import Error

from system.acting import for_everyone
from system.services.faults import write_faults
from system.services.figures import hand_over
from system.services.request_log import write_requests

EVERY_SECONDS = 5
_at_it = threading.Lock()
logger = logging.getLogger(__name__)


def keep_recording() -> threading.Thread:
    """As long as the process lives."""
    thread = threading.Thread(target=_forever, daemon=True, name="recording")
    thread.start()
    return thread


def _forever() -> None:
    while True:
        time.sleep(EVERY_SECONDS)
        try:
            record()
        except Exception:
            logger.exception("What happened is not recorded")


@for_everyone()
def record() -> None:
    """Once. What cannot be handed over now stays in memory. Who calls it finds everything done when it returns, what
    another thread had begun to write too."""
    with _at_it:
        hand_over()
        close_old_connections()
        write_faults()
        try:
            write_requests()
        except Error as error:
            logger.warning("Rows about requests wait: %s", type(error).__name__)
            connection.close()
